"""The run folder: one file for each arrow between the stages, and a record of what is up to date."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.provenance import code_digest
from neurosyn.support.files import make_folder, sha256_file, sweep, write_json
from neurosyn.version import __version__

__all__ = ["RunFolder"]


class RunFolder:
    """A folder with the outputs of each stage of a run.

    A stage is up to date when its key (a hash of everything that decides its outcome) is the recorded one and its
    output files still have the recorded contents. What is missing or damaged, the record itself included, is thus made
    anew. The summary is written last and taken away first: while there is one, everything beside it belongs to it.

    Parameters
    ----------
    path
        The folder; made when it is first used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stages = _read_record(path / "stages.json")

    scenario = property(lambda self: self.path / "scenario.toml")
    model = property(lambda self: self.path / "model.safetensors")
    learning_table = property(lambda self: self.path / "learning_curve.csv")
    learning_curve = property(lambda self: self.path / "learning_curve.png")
    program = property(lambda self: self.path / "program.npz")
    placement = property(lambda self: self.path / "placement.npz")
    outputs = property(lambda self: self.path / "outputs.npz")
    trace = property(lambda self: self.path / "trace")
    probes = property(lambda self: self.path / "probes")
    summary = property(lambda self: self.path / "summary.json")
    provenance = property(lambda self: self.path / "provenance.json")
    report = property(lambda self: self.path / "report.html")
    checkpoints = property(lambda self: self.path / "checkpoints")

    @property
    def results(self) -> tuple[Path, ...]:
        """What the simulation leaves."""
        return self.outputs, self.trace, self.probes, self.provenance, self.summary

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Make the folder, keep other runs out of it, and remove what a run that was killed left half-written.

        Raises
        ------
        ScenarioError
            If there is a file in its place.
        DataError
            If another run is using it.
        OSError
            If it cannot be made.
        """
        try:
            make_folder(self.path)
        except NotADirectoryError as error:
            raise ScenarioError(
                f"{self.path}: cannot be the run folder, a file is in its way; choose another with --out"
            ) from error
        with _locked(self.path):
            sweep(self.path, self.checkpoints, self.trace, self.probes)
            self._stages = _read_record(self.path / "stages.json")
            yield

    @staticmethod
    def key(stage: str, *parts: Any, code: bool = True) -> str:
        """Return the key of a stage from everything that decides its outcome.

        The source code counts too unless `code` is False: training takes too long to be repeated for any change.
        """
        content = json.dumps([stage, code_digest() if code else __version__, *parts], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()

    def up_to_date(self, stage: str, key: str) -> bool:
        """Whether `stage` was finished with this key and its files are unchanged."""
        entry = self._stages.get(stage)
        return (
            entry is not None
            and entry["key"] == key
            and all(self._holds(name, digest) for name, digest in entry["outputs"].items())
        )

    def intact(self, file: Path) -> bool:
        """Whether an output file still has the contents that were recorded, if any were."""
        name = str(file.relative_to(self.path))
        return all(
            self._holds(name, entry["outputs"][name]) for entry in self._stages.values() if name in entry["outputs"]
        )

    def _holds(self, name: str, digest: str) -> bool:
        path = self.path / name
        return path.is_file() and sha256_file(path) == digest

    def done(self, stage: str, key: str, outputs: list[Path]) -> None:
        """Record that `stage` is finished; a folder among the outputs stands for all its files."""
        files = [
            file
            for path in outputs
            for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
            if file.is_file()
        ]
        digests = {str(file.relative_to(self.path)): sha256_file(file) for file in files}
        self._stages[stage] = {"key": key, "outputs": digests}
        write_json(self.path / "stages.json", self._stages)

    def forget(self, stage: str) -> bool:
        """Drop the record of a stage, and return whether there was one."""
        if stage not in self._stages:
            return False
        del self._stages[stage]
        write_json(self.path / "stages.json", self._stages)
        return True

    def retract(self) -> None:
        """Remove summary and report, and what is recorded of them: files that they describe are about to change."""
        for file in (self.summary, self.report):
            file.unlink(missing_ok=True)
            for stage in [s for s, entry in self._stages.items() if file.name in entry["outputs"]]:
                self.forget(stage)


def _read_record(path: Path) -> dict[str, dict[str, Any]]:
    """Return what is recorded; nothing if the record is missing or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return {}
    return {stage: entry for stage, entry in record.items() if _is_entry(entry)} if isinstance(record, dict) else {}


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
        return False
    outputs = entry.get("outputs")
    return isinstance(outputs, dict) and bool(outputs) and all(isinstance(digest, str) for digest in outputs.values())


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, which also ends when the process is killed."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"{folder}: another run is using this folder; wait for it or choose another with --out"
            ) from error
        except OSError:
            # Some network file systems have no locks.
            pass
        yield
    finally:
        os.close(handle)
