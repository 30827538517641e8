"""Reading a trace: tables as pandas data frames or Arrow tables, only what is asked for."""

from __future__ import annotations

import contextlib
import html
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from neurosyn.chip.options import ChipOptions
from neurosyn.errors import DataError, did_you_mean
from neurosyn.trace.row_filter import RowFilter, Ticks
from neurosyn.trace.schema import FORMAT, MANIFEST, TABLES, TraceTable, table_named

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trace"]

_BATCH = 65_536


class Trace:
    """The trace in a folder.

    Opening one reads only its list of tables; a table is read when it is asked for. The files are plain Parquet: any
    program that reads Parquet can use them without neurosyn.

    Parameters
    ----------
    folder
        Where a recorder wrote it, or the run folder around it.

    Attributes
    ----------
    folder : Path
    level : str
        How much was recorded.
    layers : tuple of str
        Layers of the program, in order.
    n_cores : int
        Cores of the program.
    mesh : dict
        ``rows`` and ``columns`` of chips, ``side``: cores along a side of a chip.
    ticks_simulated, ticks_timed : int
        Ticks in all, and those that were played in time.
    longest_tick, longest_ps : int or None
        The timed tick that took longest, and how long; None if none was timed.
    timing : str
        What timed them.
    axons, neurons : int
        Of each core.
    chip : ChipOptions
        The board, the voltage and the assumed times.
    selected : dict
        The options ``ticks``, ``cores`` and ``layers`` by which rows were chosen, as far as they were given.
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
        manifest = _read_manifest(self.folder / MANIFEST)
        try:
            self.level = str(manifest["level"])
            self.layers = tuple(str(name) for name in manifest["layers"])
            self.n_cores = int(manifest["cores"])
            self.mesh = {key: int(manifest["mesh"][key]) for key in ("rows", "columns", "side")}
            self.ticks_simulated = int(manifest["ticks"]["simulated"])
            self.ticks_timed = int(manifest["ticks"]["timed"])
            longest, longest_ps = manifest["ticks"]["longest"], manifest["ticks"]["longest_ps"]
            self.longest_tick = None if longest is None else int(longest)
            self.longest_ps = None if longest_ps is None else int(longest_ps)
            self.timing = str(manifest["timing"])
            self.axons, self.neurons = int(manifest["axons"]), int(manifest["neurons"])
            self.chip = ChipOptions.from_table(manifest["chip"])
            self.selected = dict(manifest["selected"])
            self.rows = {str(name): int(entry["rows"]) for name, entry in manifest["tables"].items()}
            self._bytes = {str(name): int(entry["bytes"]) for name, entry in manifest["tables"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{self.folder / MANIFEST}: is damaged ({error!r}); simulate again") from error

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
        """Return a table, or some columns and rows of it, as a data frame; layers and parts are categorical.

        Parameters
        ----------
        name
            Of the table.
        columns
            All by default.
        ticks
            A tick, or a window (first, last) of them. Only the parts of the file that have them are read.
        cores
            Cores whose rows are wanted; of packets, at either end.

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
                return file.read(columns=None if columns is None else list(columns))
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
        """Go through a table in pieces of at most `rows` rows, for tables that exceed the memory.

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
                found = wanted.apply(batch).select(names) if needed else batch
                if found.num_rows or not needed:
                    yield found

    def head(self, name: str, n: int = 10, *, ticks: Ticks = None, cores: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the first `n` rows of a table, without reading the rest."""
        table = table_named(name)
        found: list[pa.RecordBatch] = []
        left = n
        batches = self.batches(name, ticks=ticks, cores=cores, rows=_BATCH if ticks or cores else max(n, 1))
        while left > 0 and (batch := next(batches, None)) is not None:
            found.append(batch.slice(0, left))
            left -= found[-1].num_rows
        return _to_frame(table, pa.Table.from_batches(found, schema=None if found else table.schema))

    def file(self, name: str) -> Path:
        """Return the Parquet file of a table, checked to be the one that was recorded.

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
        """Give a table's file, checked to be the one that was recorded."""
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
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path}: cannot be read ({error}); simulate again") from error

    def _repr_html_(self) -> str:
        """Show in a notebook what was recorded."""
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


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"{path.parent}: holds no whole trace (no {path.name}); simulate again") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read ({error}); simulate again") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise DataError(f"{path}: is not the list of a trace; name the folder of one")
    if manifest["format"] != FORMAT:
        raise DataError(
            f"{path}: has trace format {manifest['format']!r}, this neurosyn reads {FORMAT}; simulate again"
        )
    return manifest


def _to_frame(table: TraceTable, arrow: pa.Table) -> pd.DataFrame:
    """Convert without turning integers that may be absent into floats."""
    import pandas as pd

    frame: pd.DataFrame = arrow.to_pandas()
    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.uint32(): pd.UInt32Dtype()}
    for column in table.columns:
        if column.nullable and column.name in frame:
            frame[column.name] = arrow[column.name].to_pandas(types_mapper=whole.get)
    return frame
