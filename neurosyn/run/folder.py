"""Run folder: the files that stages leave, and the record of the stages that are up to date."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neurosyn.analysis.run_summary import TIMINGS
from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.checkpoint import FOLDER, TickCheckpoint
from neurosyn.run.provenance import code_digest
from neurosyn.support.files import atomic_path, locked_folder, make_folder, sha256_file, sweep, write_json, write_text
from neurosyn.support.untrusted import read_json
from neurosyn.version import __version__

__all__ = ["RunFolder", "claimed_folder"]

_MOST_RECORD = 1 << 26
"""Bytes of the record of the stages; that of a trace with ten thousand files has 2 MB."""
_SHARED = ("model.safetensors", "program.npz", "placement.npz")
"""Outputs of the stages that do not depend on the simulation."""


@contextlib.contextmanager
def claimed_folder(folder: Path, what: str, option: str, *below: Path, wait: bool = False) -> Iterator[None]:
    """Make a folder, lock it against other runs, and remove what a killed run left half-written in it.

    Parameters
    ----------
    folder
        The folder.
    what, option
        Name of the kind of folder and the option that chooses it, for the message.
    below
        Folders in it that are cleared of half-written files, too.
    wait
        Wait for another run that is using it.

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
        make_folder(folder)
    except NotADirectoryError as error:
        raise ScenarioError(
            f"{folder}: cannot be {what}, a file is in its way; choose another with {option}"
        ) from error
    with locked_folder(folder, wait=wait):
        sweep(folder, *below)
        yield


class RunFolder:
    """A folder with the outputs of each stage of a run.

    A stage is up to date when its key (a hash of everything that decides its outcome) is the recorded one and its
    output files still have the recorded contents. A file that is missing or damaged, the record itself included, is
    thus made again. The summary is written last and removed first: while it exists, all files beside it belong to it.

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
    timings = property(lambda self: self.path / TIMINGS)
    provenance = property(lambda self: self.path / "provenance.json")
    report = property(lambda self: self.path / "report.html")
    parts = property(lambda self: self.path / "parts")
    jobs = property(lambda self: self.path / "jobs")
    checkpoints = property(lambda self: self.path / "checkpoints")

    @property
    def results(self) -> tuple[Path, ...]:
        """Files and folders that the simulation stage leaves."""
        return self.outputs, self.trace, self.probes, self.provenance, self.timings, self.summary

    @contextlib.contextmanager
    def in_use(self, *, wait: bool = False) -> Iterator[None]:
        """Make the folder, lock it against other runs, and remove half-written files of a run that was killed.

        With `wait`, wait for another run that is using it.

        Raises
        ------
        ScenarioError
            If there is a file in its place.
        DataError
            If another run is using it.
        OSError
            If it cannot be made.
        """
        with claimed_folder(self.path, "the run folder", "--out", self.checkpoints, self.trace, self.probes, wait=wait):
            self._stages = _read_record(self.path / "stages.json")
            yield

    def write_scenario(self, text: str) -> None:
        """Write the scenario file, unless it has these contents."""
        if not (self.scenario.is_file() and self.scenario.read_bytes() == text.encode()):
            write_text(self.scenario, text)

    def tick_checkpoint(self, key: str, every_s: float) -> TickCheckpoint:
        """Return the checkpoint of a simulation with a stage's key."""
        return TickCheckpoint(self.path / FOLDER, key, every_s)

    def drop_checkpoint(self) -> None:
        """Remove the checkpoint of a finished simulation, unless its trace is lost and has to be recorded again."""
        from neurosyn.trace.schema import MANIFEST

        if (self.trace / MANIFEST).is_file():
            shutil.rmtree(self.path / FOLDER, ignore_errors=True)

    @staticmethod
    def key(stage: str, *parts: Any, code: bool = True) -> str:
        """Return the key of a stage from everything that decides its outcome.

        The source code is one of the parts unless `code` is False, as for training, which takes too long to be repeated
        after every change.
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

    def require_unchanged(self) -> None:
        """Refuse a summary or answers that are not those that were recorded, if any were.

        Raises
        ------
        DataError
            With the file that is missing or was changed.
        """
        for file in (self.summary, self.outputs):
            digests = [entry["outputs"][file.name] for entry in self._stages.values() if file.name in entry["outputs"]]
            if not all(self._holds(file.name, digest) for digest in digests):
                raise DataError(f"{file}: is missing or was changed after the run; run `neurosyn simulate` again")

    def _holds(self, name: str, digest: str) -> bool:
        path = self.path / name
        return path.is_file() and sha256_file(path) == digest

    def done(self, stage: str, key: str, outputs: list[Path]) -> None:
        """Record that `stage` is finished; of a folder among the outputs, all files are recorded.

        Wall-clock times are not: equal runs have equal records.
        """
        files = [
            file
            for path in outputs
            for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
            if file.is_file() and file != self.timings
        ]
        digests = {str(file.relative_to(self.path)): sha256_file(file) for file in files}
        self._stages[stage] = {"key": key, "outputs": digests}
        write_json(self.path / "stages.json", self._stages)

    def adopt(self, folder: Path) -> None:
        """Take over the first stages' files of another run folder, unless this one has its own.

        They are used as far as their keys are those of this run.
        """
        shared = {
            stage: entry
            for stage, entry in _read_record(folder / "stages.json").items()
            if {*entry["outputs"]} <= {*_SHARED} and stage not in self._stages
        }
        for name in (name for entry in shared.values() for name in entry["outputs"]):
            if not (folder / name).is_file():
                return
            with atomic_path(self.path / name) as partial:
                shutil.copyfile(folder / name, partial)
        if shared:
            self._stages |= shared
            write_json(self.path / "stages.json", self._stages)

    def forget(self, stage: str) -> bool:
        """Drop the record of a stage, and return whether there was one."""
        if stage not in self._stages:
            return False
        del self._stages[stage]
        write_json(self.path / "stages.json", self._stages)
        return True

    def retract(self) -> None:
        """Remove summary and report and their records, before files that they describe change."""
        for file in (self.summary, self.report):
            file.unlink(missing_ok=True)
            for stage in [s for s, entry in self._stages.items() if file.name in entry["outputs"]]:
                self.forget(stage)


def _read_record(path: Path) -> dict[str, dict[str, Any]]:
    """Return the record by stage; empty if it is missing or damaged."""
    try:
        record = read_json(path, _MOST_RECORD, what="record of stages")
    except DataError:
        return {}
    return {stage: entry for stage, entry in record.items() if _is_entry(entry)} if isinstance(record, dict) else {}


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
        return False
    outputs = entry.get("outputs")
    return isinstance(outputs, dict) and bool(outputs) and all(isinstance(digest, str) for digest in outputs.values())
