"""Job files: all that a process needs to know of its share of a run, as JSON beside the run's files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from neurosyn.errors import DataError
from neurosyn.run.provenance import code_digest
from neurosyn.support.files import write_json
from neurosyn.support.untrusted import read_json

__all__ = ["Job", "Outcome", "read_job"]

_MOST_BYTES = 16 << 20


class Job(BaseModel):
    """A share of the work.

    Attributes
    ----------
    kind
        ``part``: a part of a run's frames; ``point``: a run of a sweep; ``handshake``: a worker's check.
    folder
        The run folder.
    code
        Hash of the source files: a worker with others refuses the job.
    cwd
        Folder to which relative paths refer, that of `folder` among them.
    argv
        The command whose job it is, for the provenance of the result.
    number, frames, key
        Of a part: its number, the frames of each part, and the key of the run's simulation, which stands for scenario,
        seeds, code, versions and data.
    scenario, profile, changes, force, wait, adopt
        Of a point: the scenario's file, profile and changed values; repeat stages; wait for another process that is
        using the folder; a run folder whose first stages are taken over.
    token
        Of a handshake: a text that a worker must find in the file ``token`` in `folder`.
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    kind: Literal["part", "point", "handshake"]
    folder: str
    code: str
    cwd: str
    argv: list[str]
    number: int = 0
    frames: int = 0
    key: str = ""
    scenario: str = ""
    profile: str | None = None
    changes: dict[str, Any] = {}
    force: bool = False
    wait: bool = False
    adopt: str | None = None
    token: str = ""

    @classmethod
    def of(cls, kind: Literal["part", "point", "handshake"], folder: Path, **values: Any) -> Job:
        """Return a job of this process's code and working folder."""
        return cls(kind=kind, folder=str(folder), code=code_digest(), cwd=str(Path.cwd()), argv=sys.argv, **values)

    def write(self, path: Path) -> Path:
        """Write the job to a file, and return the absolute path."""
        write_json(path, self.model_dump(mode="json"))
        return path.resolve()


class Outcome(BaseModel):
    """Outcome of a job, which is small: results are in the run folder.

    Attributes
    ----------
    job
        Its file.
    error, exit_code
        Why it failed, and the exit code of the error's class; None and 0 if it did not.
    in_use
        Whether it failed because another process is working in its folder.
    host, process
        Where it ran.
    seconds
        How long it took.
    peak_bytes
        The most memory that the process has had so far.
    """

    model_config = ConfigDict(strict=True)
    job: str
    error: str | None = None
    exit_code: int = 0
    in_use: bool = False
    host: str = ""
    process: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0


def read_job(path: Path) -> Job:
    """Read a job file and go to its working folder.

    Raises
    ------
    DataError
        If it is missing or damaged, or of other code than this process's.
    """
    try:
        job = Job.model_validate(read_json(path, _MOST_BYTES, what="job file"))
    except ValidationError as error:
        raise DataError(
            f"{path}: is no job file of this version of neurosyn ({error.error_count()} mistakes); repeat the command"
        ) from error
    if job.code != code_digest():
        raise DataError(
            f"{path}: was written by other code than this process's ({job.code[:12]}, here {code_digest()[:12]}); "
            "install the same version of neurosyn on all machines"
        )
    if Path(job.cwd).is_dir():
        os.chdir(job.cwd)
    folder = Path(job.folder)
    if not folder.is_dir() and not folder.parent.is_dir():
        raise DataError(f"{folder}: is not a folder here; workers and the command need a folder that all share")
    return job
