"""Trace folder of a raw program's run: locked while it is written, never a folder of anything else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from neurosyn.analysis.run_summary import TIMINGS
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.checkpoint import FOLDER
from neurosyn.run.folder import claimed_folder
from neurosyn.trace.recorder import ParquetRecorder, partial_file
from neurosyn.trace.schema import MANIFEST, TABLES

__all__ = ["REPORT", "SUMMARY", "require_whole_trace", "trace_folder"]

SUMMARY = "summary.json"
"""Summary beside the trace, with which the folder can be analysed like a run folder."""

REPORT = "report.html"
"""Page that `neurosyn report` makes of the trace."""


@contextlib.contextmanager
def trace_folder(folder: Path, outputs: Path | None = None) -> Iterator[Path]:
    """Make a folder for a trace, lock it against other runs, and remove what a killed run left half-written in it.

    Parameters
    ----------
    folder
        Where the trace is to be written.
    outputs
        File of the output spikes, which may not be one of the trace's.

    Raises
    ------
    ScenarioError
        If a file has the folder's name, the folder is a run folder or holds other files, or `outputs` is a file of the
        trace.
    DataError
        If another run is using the folder.
    """
    own = {MANIFEST, SUMMARY, TIMINGS, REPORT, *(table.file for table in TABLES.values())}
    if outputs is not None and outputs.resolve().parent == folder.resolve() and outputs.name in own:
        raise ScenarioError(f"--out {outputs}: is a file of the trace; choose another name or folder")
    with claimed_folder(folder, "the folder of the trace", "--trace"):
        _refuse_other_contents(folder, own | ({outputs.name} if outputs is not None else set()))
        yield folder


def require_whole_trace(recorder: ParquetRecorder, probes: ProbeDispatcher) -> None:
    """Refuse to end well if the trace could not be recorded.

    Raises
    ------
    DataError
        With the reason.
    """
    reason = probes.why_off(recorder)
    if reason is not None:
        raise DataError(f"{recorder.folder}: the trace is lost ({reason}); correct the cause and run again")


def _refuse_other_contents(folder: Path, own: set[str]) -> None:
    own = own | {FOLDER} | {partial_file(folder, table).name for table in TABLES.values()}
    for path in sorted(folder.iterdir()):
        if path.name == "stages.json":
            raise ScenarioError(f"--trace {folder}: is a run folder; choose another folder for the trace")
        if path.name not in own:
            raise ScenarioError(f"--trace {folder}: holds {path.name}, which is no trace; choose a folder of its own")
