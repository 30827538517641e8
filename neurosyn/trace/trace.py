"""Reading a trace: tables as pandas data frames or Arrow tables, only what is asked for."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from neurosyn.errors import DataError
from neurosyn.files import atomic_path
from neurosyn.trace.schema import FORMAT, MANIFEST, TABLES, TraceTable, table_named

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXPORTS", "Trace"]

EXPORTS = (".csv", ".json", ".parquet")
"""Endings of the files that `Trace.export` writes."""

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
            self.rows = {str(name): int(entry["rows"]) for name, entry in manifest["tables"].items()}
            self._bytes = {str(name): int(entry["bytes"]) for name, entry in manifest["tables"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{self.folder / MANIFEST}: is damaged ({error!r}); simulate again") from error

    def spikes(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the spikes of the recorded ticks."""
        return self.frame("spikes", columns)

    def packets(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the packets of timed ticks, or of the first of them (`TraceOptions.max_rows`)."""
        return self.frame("packets", columns)

    def ticks(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per simulated tick."""
        return self.frame("ticks", columns)

    def cores(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per core."""
        return self.frame("cores", columns)

    def links(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return one row per link that carried packets in timed ticks."""
        return self.frame("links", columns)

    def energy(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the active energy by layer and part."""
        return self.frame("energy", columns)

    def frame(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table, or some columns of it, as a data frame; layers and parts are categorical.

        Raises
        ------
        DataError
            If the table was not recorded, or its file is missing, cut, damaged or not neurosyn's.
        """
        return _to_frame(table_named(name), self.arrow(name, columns))

    def arrow(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table as an Arrow table whose fields carry descriptions and units.

        Raises
        ------
        DataError
            As `frame`.
        """
        with self._open(name, columns) as file:
            return file.read(columns=None if columns is None else list(columns))

    def batches(
        self, name: str, columns: Sequence[str] | None = None, *, rows: int = _BATCH
    ) -> Iterator[pa.RecordBatch]:
        """Go through a table in pieces of at most `rows` rows, for tables that exceed the memory.

        Raises
        ------
        DataError
            As `frame`.
        """
        with self._open(name, columns) as file:
            yield from file.iter_batches(batch_size=rows, columns=None if columns is None else list(columns))

    def head(self, name: str, n: int = 10) -> pd.DataFrame:
        """Return the first `n` rows of a table, without reading the rest."""
        table = table_named(name)
        batch = next(self.batches(name, rows=n), None) if n > 0 else None
        whole = pa.Table.from_batches([] if batch is None else [batch], schema=table.schema if batch is None else None)
        return _to_frame(table, whole)

    def export(self, name: str, path: Path) -> None:
        """Write a table to `path` as its ending says: ``.csv``, ``.json`` (a list of records) or ``.parquet``.

        The file is written in pieces, whole or not at all.

        Raises
        ------
        DataError
            If the ending is another one; otherwise as `frame`.
        """
        suffix = path.suffix.lower()
        if suffix not in EXPORTS:
            raise DataError(f"{path}: cannot export to '{suffix}'; end the name in one of {', '.join(EXPORTS)}")
        table = table_named(name)
        with self._open(name):
            pass
        with atomic_path(path) as temporary:
            if suffix == ".parquet":
                shutil.copyfile(self.folder / table.file, temporary)
            elif suffix == ".csv":
                self._export_csv(table, temporary)
            else:
                self._export_json(table, temporary)

    def _export_csv(self, table: TraceTable, path: Path) -> None:
        schema = pa.schema([(column.name, _plain(column.type)) for column in table.columns])
        with pyarrow.csv.CSVWriter(path, schema) as writer:
            for batch in self.batches(table.name, schema.names):
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))

    def _export_json(self, table: TraceTable, path: Path) -> None:
        with path.open("w", encoding="utf-8") as stream:
            separator = "[\n"
            for batch in self.batches(table.name):
                for record in batch.to_pylist():
                    stream.write(separator + json.dumps(record, ensure_ascii=False))
                    separator = ",\n"
            stream.write("[]\n" if separator == "[\n" else "\n]\n")

    @contextlib.contextmanager
    def _open(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pq.ParquetFile]:
        """Give a table's file, checked to be the one that was recorded."""
        table = table_named(name)
        if name not in self.rows:
            raise DataError(
                f"{self.folder}: {name} were not recorded (trace level '{self.level}', {self.ticks_timed:,} ticks "
                "timed); simulate with another `trace.level` or with timing"
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

    def __repr__(self) -> str:
        tables = ", ".join(f"{name} {self.rows[name]:,}" for name in TABLES if name in self.rows)
        return (
            f"Trace('{self.folder}'): {self.n_cores:,} cores in {len(self.layers)} layers, "
            f"{self.ticks_simulated:,} ticks ({self.ticks_timed:,} timed); rows: {tables}"
        )


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
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


def _plain(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_
