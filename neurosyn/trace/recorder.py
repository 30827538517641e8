"""Recorder of traces: a probe that writes Parquet tables in bounded memory, whole or not at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neurosyn.engine.probes.probe import Probe, RunInfo, TickColumns
from neurosyn.engine.state import State, gather, number, part_of
from neurosyn.support.files import write_json
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.schema import MANIFEST, TABLES, Rows, TraceTable
from neurosyn.trace.selection import chosen_cores, chosen_packets
from neurosyn.trace.tallies import Counts

__all__ = ["ParquetRecorder", "RowCount", "partial_file"]

_SORTED = ("tick", "core", "send_ps", "arrival_ps", "neuron", "source_neuron", "link", "finish_ps")
"""Columns that differ little from row to row and are stored as differences."""

_MOST_PIECES = 256
"""Pieces of a table that wait separately."""


class RowCount(NamedTuple):
    """Rows that count towards `TraceOptions.max_rows`: spikes and packets together, and rows of ``core_ticks``."""

    rows: int = 0
    core_ticks: int = 0


class ParquetRecorder(Probe):
    """Writes the tables of `neurosyn.trace.schema` into a folder.

    Rows are written in groups of `TraceOptions.row_group` to files with temporary names. When the run has ended without
    an error, the files get their names and the folder its list of tables. A run that ends in an error leaves no trace,
    nor an older one. The files' bytes depend on the run and the options alone: at a checkpoint the rows so far are
    sealed in files of their own, which at the end are written once more, in the groups of an uninterrupted run.

    Parameters
    ----------
    folder
        The folder of the trace; made if it is missing.
    options
        Amount to record.
    derived
        Names of files in the folder that describe an older trace; they are removed with it.
    before
        Rows that were kept of ticks that another recorder has recorded.
    checkpoint
        Folder of the checkpoint, for the rows that are sealed with it; without it the recording cannot be resumed.
    """

    def __init__(
        self,
        folder: Path,
        options: TraceOptions | None = None,
        derived: Sequence[str] = (),
        before: RowCount = RowCount(),  # noqa: B008  (frozen)
        checkpoint: Path | None = None,
    ) -> None:
        self.folder = folder
        self.options = TraceOptions() if options is None else options
        self._derived = tuple(derived)
        self._before = before
        self._checkpoint = checkpoint
        self._tables: dict[str, _TableWriter] = {}
        self._counts: Counts | None = None
        self._rows, self._core_ticks = before
        self._chosen: NDArray[np.bool_] | None = None
        self._outer_error: BaseException | None = None

    def started(self, info: RunInfo) -> None:
        """Remove an older trace and start the recording."""
        self._begin(info)
        if self.options.keeps_ticks():
            self._table("ticks")

    def _begin(self, info: RunInfo) -> None:
        # The engine calls `finished` after an error too; an error from before the run is not the run's.
        self._outer_error = sys.exception()
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (*self._derived, MANIFEST):
            (self.folder / name).unlink(missing_ok=True)
        for table in TABLES.values():
            (self.folder / table.file).unlink(missing_ok=True)
            partial_file(self.folder, table).unlink(missing_ok=True)
        self._tables = {}
        self._rows, self._core_ticks = self._before
        self._chosen = chosen_cores(self.options, info.program)
        self._counts = self._new_counts(info)

    def _new_counts(self, info: RunInfo) -> Counts:
        return Counts(info)

    def tick(self, columns: TickColumns) -> None:
        """Record one tick."""
        if self._counts is None:
            return
        try:
            self._record(self._counts, columns)
        except BaseException:
            self._discard()
            raise

    def finished(self) -> None:
        """Rename the files to their final names; after an error, remove them."""
        if self._counts is None:
            return
        failed = sys.exception() not in (None, self._outer_error)
        try:
            if not failed:
                self._finish(self._counts)
        finally:
            self._discard()

    def state(self) -> State | None:
        """Seal the rows so far in files of their own, and return counts and the number of these files."""
        if self._counts is None or self._checkpoint is None:
            return None
        try:
            tables = {name: np.array(table.seal(), np.int64) for name, table in self._tables.items()}
        except BaseException:
            self._discard()
            raise
        kept = {"rows": np.array(self._rows, np.int64), "core_ticks": np.array(self._core_ticks, np.int64)}
        return kept | gather(counts=self._counts.state(), tables=tables)

    def resumed(self, info: RunInfo, state: State) -> None:
        """Go on after the rows that were sealed."""
        self._begin(info)
        assert self._counts is not None
        self._counts.include(part_of(state, "counts"), 0)
        self._rows, self._core_ticks = number(state, "rows"), number(state, "core_ticks")
        tables = part_of(state, "tables")
        for name in tables:
            self._table(name).continue_after(number(tables, name))

    def _record(self, counts: Counts, columns: TickColumns) -> None:
        counts.add(columns)
        if self.options.keeps_ticks():
            self._table("ticks").add(counts.tick_rows(columns))
        if self.options.in_window(columns.tick):
            self._record_rows(counts, columns)

    def _record_rows(self, counts: Counts, columns: TickColumns) -> None:
        timed, rows = columns.columns is not None, self._rows
        if self.options.keeps_core_ticks(timed, self._core_ticks):
            self._core_ticks += self._table("core_ticks").add(counts.core_tick_rows(columns, self._chosen))
        if self.options.keeps_spikes(timed, rows):
            self._rows += self._table("spikes").add(counts.spike_rows(columns, self._chosen))
        if columns.columns is not None and self.options.keeps_packets(timed, rows):
            packets = columns.columns if self._chosen is None else chosen_packets(columns.columns, self._chosen)
            self._rows += self._table("packets").add(counts.packet_rows(columns.tick, packets))

    def _finish(self, counts: Counts) -> None:
        self._table("cores").add(counts.core_rows())
        if counts.timed_ticks:
            self._table("links").add(counts.link_rows())
        self._table("energy").add(counts.energy_rows())
        for table in self._tables.values():
            table.close()
        listed = {}
        for name, table in ((name, self._tables[name]) for name in TABLES if name in self._tables):
            path = table.rename()
            listed[name] = {"rows": table.rows, "bytes": path.stat().st_size}
        write_json(self.folder / MANIFEST, counts.about() | self._kept() | {"tables": listed})

    def _kept(self) -> dict[str, Any]:
        """Return the part of the trace's list that describes the chosen rows."""
        return self.options.model_dump(mode="json", include={"level"}) | {
            "selected": self.options.model_dump(mode="json", include={"ticks", "cores", "layers"}, exclude_none=True)
        }

    def _table(self, name: str) -> _TableWriter:
        """Return a table's writer, which is made when it is first needed."""
        if name not in self._tables:
            self._tables[name] = _TableWriter(self.folder, TABLES[name], self.options, self._checkpoint)
        return self._tables[name]

    def _discard(self) -> None:
        for table in self._tables.values():
            table.discard()
        # An interrupt may fall between the making of a file and its entry in the dictionary.
        for known in TABLES.values():
            partial_file(self.folder, known).unlink(missing_ok=True)
        self._tables = {}
        self._counts = None


class _TableWriter:
    """Parquet file under a temporary name."""

    def __init__(self, folder: Path, table: TraceTable, options: TraceOptions, checkpoint: Path | None) -> None:
        self.path = folder / table.file
        self.partial = partial_file(folder, table)
        self.rows = 0
        self._schema = table.schema
        self._row_group = options.row_group
        self._compression_level = options.compression_level
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._pieces = 0
        self._checkpoint = checkpoint
        self._sealed = 0
        self._writer: pq.ParquetWriter | None = self._open()

    def _open(self) -> pq.ParquetWriter:
        names = self._schema.names
        return pq.ParquetWriter(
            self.partial,
            self._schema,
            compression="zstd",
            compression_level=self._compression_level,
            use_dictionary=[name for name in names if name not in _SORTED],
            column_encoding={name: "DELTA_BINARY_PACKED" for name in names if name in _SORTED},
            write_page_checksum=True,
        )

    def add(self, rows: Rows) -> int:
        """Add rows and return their number; they are written in groups."""
        table = pa.table({name: rows[name] for name in self._schema.names}, schema=self._schema)
        self._add_table(table)
        return int(table.num_rows)

    def _add_table(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        self._pieces += 1
        if self._pieces == _MOST_PIECES:
            # A table of one row takes kilobytes; many of them as one take what their rows do.
            self._waiting[-_MOST_PIECES:] = [pa.concat_tables(self._waiting[-_MOST_PIECES:]).combine_chunks()]
            self._pieces = 0
        if self._waiting_rows >= self._row_group:
            # Full groups alone, so that the groups do not depend on the portions in which rows are added.
            self._write(self._waiting_rows // self._row_group * self._row_group)

    def _write(self, count: int) -> None:
        """Write the first `count` of the waiting rows."""
        assert self._writer is not None
        if count:
            rows = pa.concat_tables(self._waiting).combine_chunks()
            self._writer.write_table(rows.slice(0, count), row_group_size=self._row_group)
            # Not a slice, which would keep all rows in memory.
            self._waiting = [rows.take(np.arange(count, rows.num_rows))]
            self._waiting_rows -= count
            self._pieces = 0
        self.rows += count

    def _end(self) -> None:
        """Write the waiting rows and the file's end."""
        self._write(self._waiting_rows)
        assert self._writer is not None
        self._writer.close()
        self._writer = None

    def seal(self) -> int:
        """Close the file, which becomes the next part, and begin another; return the number of parts."""
        path = self._part(self._sealed)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._end()
        self.partial.replace(path)
        self._writer = self._open()
        self._sealed += 1
        return self._sealed

    def continue_after(self, parts: int) -> None:
        """Go on after a number of parts."""
        self._sealed = parts

    def close(self) -> None:
        """Write the waiting rows and the file's end; after checkpoints, write the rows of all parts once more."""
        if self._sealed:
            parts = self.seal()
            self.rows = 0
            for index in range(parts):
                with pq.ParquetFile(self._part(index), page_checksum_verification=True) as sealed:
                    for group in range(sealed.num_row_groups):
                        self._add_table(sealed.read_row_group(group))
        self._end()

    def _part(self, index: int) -> Path:
        if self._checkpoint is None:
            raise ValueError("there is no folder for sealed rows")
        return self._checkpoint / f"{self.path.stem}-{index}.parquet"

    def rename(self) -> Path:
        """Rename the closed file to its final name."""
        return self.partial.replace(self.path)

    def discard(self) -> None:
        """Drop the waiting rows and close the file."""
        self._waiting, self._waiting_rows, self._pieces = [], 0, 0
        if self._writer is not None:
            # The cause may be a full disk, on which closing fails too.
            with contextlib.suppress(OSError, pa.ArrowException):
                self._writer.close()
            self._writer = None


def partial_file(folder: Path, table: TraceTable) -> Path:
    """Return the temporary file of a table that is being written."""
    return folder / f".{table.file}.partial"
