"""Reader of traces: tables as pandas data frames or Arrow tables, only the parts that are needed."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from neurosyn.errors import DataError, did_you_mean
from neurosyn.trace.manifest import read_manifest
from neurosyn.trace.row_filter import RowFilter, Ticks
from neurosyn.trace.schema import MANIFEST, TABLES, TraceTable, table_named

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trace"]

_BATCH = 65_536


class Trace:
    """The trace in a folder.

    Only its list of tables is read at once; a table is read when it is used. The files are plain Parquet: any program
    that reads Parquet can use them without neurosyn.

    Parameters
    ----------
    folder
        The folder of the trace, or the run folder around it.

    Attributes
    ----------
    folder : Path
    level : str
        Level of the recording (`TraceOptions.level`).
    layers : tuple of str
        Layers of the program, in order.
    n_cores : int
        Cores of the program.
    mesh : dict
        ``rows`` and ``columns`` of chips, ``side``: cores along a side of a chip.
    ticks_simulated, ticks_timed : int
        Numbers of simulated ticks and of those that were played in time.
    longest_tick, longest_ps : int or None
        The longest timed tick and its length; None if none was timed.
    timing : str
        Name of the timing engine.
    axons, neurons : int
        Numbers of axons and neurons of a core.
    chip : ChipOptions
        The board, the voltage and the assumed times.
    selected : dict
        Those of the options ``ticks``, ``cores`` and ``layers`` that were set to choose rows.
    rows : dict
        Number of rows of each table that was recorded.

    Raises
    ------
    DataError
        If there is no whole trace in the folder.

    Examples
    --------
    >>> trace = Trace("runs/svhn/trace")  # doctest: +SKIP
    >>> trace.ticks()[["tick", "spikes", "makespan_ps"]]  # doctest: +SKIP
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if not (self.folder / MANIFEST).exists() and (self.folder / "trace").is_dir():
            self.folder = self.folder / "trace"
        manifest = read_manifest(self.folder / MANIFEST)
        self.level = manifest.level
        self.layers = tuple(manifest.layers)
        self.n_cores = manifest.cores
        self.mesh = manifest.mesh.model_dump()
        self.ticks_simulated, self.ticks_timed = manifest.ticks.simulated, manifest.ticks.timed
        self.longest_tick, self.longest_ps = manifest.ticks.longest, manifest.ticks.longest_ps
        self.timing = manifest.timing
        self.axons, self.neurons = manifest.axons, manifest.neurons
        self.chip = manifest.chip_options
        self.selected = manifest.selected
        self.rows = {name: table.rows for name, table in manifest.tables.items()}
        self._bytes = {name: table.bytes for name, table in manifest.tables.items()}

    def spikes(
        self, columns: Sequence[str] | None = None, *, ticks: Ticks = None, cores: Sequence[int] | None = None
    ) -> pd.DataFrame:
        """Return the spikes of the recorded ticks."""
        return self.frame("spikes", columns, ticks=ticks, cores=cores)

    def packets(
        self, columns: Sequence[str] | None = None, *, ticks: Ticks = None, cores: Sequence[int] | None = None
    ) -> pd.DataFrame:
        """Return the packets of timed ticks, as far as they were kept; `cores` may be at either end."""
        return self.frame("packets", columns, ticks=ticks, cores=cores)

    def ticks(self, columns: Sequence[str] | None = None, *, ticks: Ticks = None) -> pd.DataFrame:
        """Return one row per simulated tick."""
        return self.frame("ticks", columns, ticks=ticks)

    def core_ticks(
        self, columns: Sequence[str] | None = None, *, ticks: Ticks = None, cores: Sequence[int] | None = None
    ) -> pd.DataFrame:
        """Return one row per core and recorded tick."""
        return self.frame("core_ticks", columns, ticks=ticks, cores=cores)

    def cores(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per core."""
        return self.frame("cores", columns)

    def links(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per link that carried packets in timed ticks."""
        return self.frame("links", columns)

    def energy(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the active energy by layer and part."""
        return self.frame("energy", columns)

    def has(self, name: str) -> bool:
        """Whether a table was recorded."""
        return table_named(name).name in self.rows

    def cores_of(self, layers: Sequence[str]) -> list[int]:
        """Return the cores of some layers.

        Raises
        ------
        DataError
            If there is no such layer.
        """
        for name in layers:
            if name not in self.layers:
                raise DataError(
                    f"{self.folder}: there is no layer '{name}'{did_you_mean(name, self.layers)} "
                    f"(there are: {', '.join(self.layers)})"
                )
        cores = self.cores(["core", "layer"])
        return [int(core) for core in cores["core"][cores["layer"].isin(list(layers))]]

    def frame(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        *,
        ticks: Ticks = None,
        cores: Sequence[int] | None = None,
    ) -> pd.DataFrame:
        """Return a table, or a part of its columns and rows, as a data frame; layers and parts are categorical.

        Parameters
        ----------
        name
            Name of the table.
        columns
            Names of columns; all by default.
        ticks
            A tick, or a window (first, last) of ticks. Only the parts of the file that have them are read.
        cores
            Cores of the rows; of packets, at either end.

        Raises
        ------
        DataError
            If the table was not recorded, its rows are not of ticks or cores, or its file is missing, cut, damaged or
            not neurosyn's.
        """
        return _to_frame(table_named(name), self.arrow(name, columns, ticks=ticks, cores=cores))

    def arrow(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        *,
        ticks: Ticks = None,
        cores: Sequence[int] | None = None,
    ) -> pa.Table:
        """Return a table as an Arrow table whose fields carry descriptions and units; otherwise as `frame`.

        Raises
        ------
        DataError
            As `frame`.
        """
        if ticks is None and cores is None:
            with self._open(name, columns) as file:
                table = file.read(columns=None if columns is None else list(columns))
                # Text that is not UTF-8 is found here; conversions beyond would fail on it.
                table.validate(full=True)
                return table
        batches = list(self.batches(name, columns, ticks=ticks, cores=cores))
        schema = table_named(name).schema
        if columns is not None:
            schema = pa.schema([schema.field(column) for column in columns], metadata=schema.metadata)
        return pa.Table.from_batches(batches, schema=schema if not batches else None)

    def batches(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        *,
        ticks: Ticks = None,
        cores: Sequence[int] | None = None,
        rows: int = _BATCH,
    ) -> Iterator[pa.RecordBatch]:
        """Yield a table in pieces of at most `rows` rows, for tables that exceed the memory.

        Raises
        ------
        DataError
            As `frame`.
        """
        wanted = RowFilter.of(table_named(name), ticks, cores)
        with self._open(name, columns) as file:
            names = list(file.schema_arrow.names) if columns is None else list(columns)
            needed = wanted.needs(file.schema_arrow.names)
            read = list(dict.fromkeys([*names, *needed]))
            groups = wanted.groups(file.metadata)
            for batch in file.iter_batches(batch_size=rows, row_groups=groups, columns=read):
                batch.validate(full=True)
                matching = wanted.apply(batch).select(names) if needed else batch
                if matching.num_rows or not needed:
                    yield matching

    def head(self, name: str, n: int = 10, *, ticks: Ticks = None, cores: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the first `n` rows of a table, without reading the rest."""
        table = table_named(name)
        taken: list[pa.RecordBatch] = []
        left = n
        batches = self.batches(name, ticks=ticks, cores=cores, rows=_BATCH if ticks or cores else max(n, 1))
        while left > 0 and (batch := next(batches, None)) is not None:
            taken.append(batch.slice(0, left))
            left -= taken[-1].num_rows
        return _to_frame(table, pa.Table.from_batches(taken, schema=None if taken else table.schema))

    def file(self, name: str) -> Path:
        """Return the path of a table's Parquet file, after a check that it is the recorded one.

        Raises
        ------
        DataError
            As `frame`.
        """
        with self._open(name):
            return self.folder / table_named(name).file

    def export(self, name: str, path: Path, *, ticks: Ticks = None, cores: Sequence[int] | None = None) -> None:
        """Write a table, or some of its rows, to a .csv, .json or .parquet file, whole or not at all.

        Raises
        ------
        DataError
            If `path` ends otherwise; else as `frame`.
        """
        from neurosyn.trace.export import export_table

        recorded = self.file(name) if ticks is None and cores is None else None
        export_table(table_named(name), self.batches(name, ticks=ticks, cores=cores), path, recorded=recorded)

    @contextlib.contextmanager
    def _open(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pq.ParquetFile]:
        """Open a table's file, after a check that it is the recorded one."""
        table = table_named(name)
        if name not in self.rows:
            raise DataError(
                f"{self.folder}: {name} were not recorded (trace level '{self.level}', {self.ticks_timed:,} ticks "
                "timed); simulate with another `trace.level` or `trace.ticks`, or with timing"
            )
        path = self.folder / table.file
        try:
            size = path.stat().st_size
            if size != self._bytes[name]:
                raise DataError(
                    f"{path}: has {size:,} bytes where {self._bytes[name]:,} were written: it was cut or replaced; "
                    "simulate again"
                )
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                problem = table.problem(file.schema_arrow)
                if problem is None and file.metadata.num_rows != self.rows[name]:
                    problem = f"has {file.metadata.num_rows:,} rows where {self.rows[name]:,} were written"
                if problem is not None:
                    raise DataError(f"{path}: {problem}; simulate again")
                unknown = [column for column in columns or () if column not in file.schema_arrow.names]
                if unknown:
                    raise DataError(
                        f"trace: {name} have no column '{unknown[0]}' (there are: {', '.join(file.schema_arrow.names)})"
                    )
                yield file
        except FileNotFoundError as error:
            raise DataError(f"{path}: is missing; simulate again") from error
        # PyArrow raises UnicodeDecodeError for names that are not UTF-8.
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: cannot be read ({error}); simulate again") from error

    def _repr_html_(self) -> str:
        """Return the tables and their rows as HTML for notebooks."""
        rows = "".join(
            f"<tr><th>{name}</th><td>{self.rows[name]:,}</td><td>{html.escape(table.about)}</td></tr>"
            for name, table in TABLES.items()
            if name in self.rows
        )
        return (
            f"<p><b>Trace</b> <code>{html.escape(str(self.folder))}</code><br>{self.n_cores:,} cores in "
            f"{len(self.layers)} layers, {self.ticks_simulated:,} ticks, {self.ticks_timed:,} of them timed "
            f"({html.escape(self.timing)}), level {html.escape(self.level)}</p>"
            f"<table><thead><tr><th>table</th><th>rows</th><th>what</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def __repr__(self) -> str:
        tables = ", ".join(f"{name} {self.rows[name]:,}" for name in TABLES if name in self.rows)
        return (
            f"Trace('{self.folder}'): {self.n_cores:,} cores in {len(self.layers)} layers, "
            f"{self.ticks_simulated:,} ticks ({self.ticks_timed:,} timed); rows: {tables}"
        )


def _to_frame(table: TraceTable, arrow: pa.Table) -> pd.DataFrame:
    """Convert to a data frame, with nullable integers in place of floats."""
    import pandas as pd

    frame: pd.DataFrame = arrow.to_pandas()
    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.uint32(): pd.UInt32Dtype()}
    for column in table.columns:
        if column.nullable and column.name in frame:
            frame[column.name] = arrow[column.name].to_pandas(types_mapper=whole.get)
    return frame
