"""Trace folder of a raw program's run: locked while it is written, never a folder of anything else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from neurosyn.analysis.run_summary import TIMINGS
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.checkpoint import FOLDER
from neurosyn.run.folder import claimed_folder
from neurosyn.support.untrusted import open_file, read_json
from neurosyn.trace.recorder import ParquetRecorder, partial_file
from neurosyn.trace.schema import MANIFEST, TABLES

__all__ = ["REPORT", "SUMMARY", "require_whole_trace", "trace_folder"]

SUMMARY = "summary.json"
"""Summary beside the trace, with which the folder can be analysed like a run folder."""

REPORT = "report.html"
"""Page that `neurosyn report` makes of the trace."""

_MOST_BYTES = 64 << 20


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
    _refuse_namesakes(folder)


def _refuse_namesakes(folder: Path) -> None:
    """Refuse files that have the name of a part of a trace and are something else.

    A killed run may leave tables without their list, but neither a summary nor a report.
    """
    has_list = (folder / MANIFEST).exists()
    if has_list and "format" not in _list_of(folder / MANIFEST):
        raise ScenarioError(f"--trace {folder}: its {MANIFEST} is no list of a trace; choose another folder")
    for name in (SUMMARY, REPORT):
        if (folder / name).exists() and not has_list:
            raise ScenarioError(f"--trace {folder}: holds {name} but no trace; choose a folder of its own")
    for table in TABLES.values():
        path = folder / table.file
        if path.exists() and not _is_table(path, table.name):
            raise ScenarioError(f"--trace {folder}: its {path.name} is no table of a trace; choose another folder")


def _list_of(path: Path) -> dict[str, Any]:
    try:
        document = read_json(path, _MOST_BYTES)
    except DataError:
        return {}
    return document if isinstance(document, dict) else {}


def _is_table(path: Path, name: str) -> bool:
    try:
        with open_file(path) as stream:
            metadata = pq.read_schema(stream).metadata or {}
    except (DataError, OSError, ValueError, pa.ArrowException):
        return False
    return bool(metadata.get(b"neurosyn.table") == name.encode())
