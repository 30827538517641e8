"""Tables of a trace as CSV, JSON or Parquet files, in pieces."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from neurosyn.errors import DataError
from neurosyn.support.files import atomic_path
from neurosyn.trace.schema import TraceTable

__all__ = ["EXPORTS", "export_table"]

EXPORTS = (".csv", ".json", ".parquet")
"""Endings of the files that `export_table` writes."""


def export_table(
    table: TraceTable, batches: Iterator[pa.RecordBatch], path: Path, *, recorded: Path | None = None
) -> None:
    """Write rows of a table to `path` in the format of its suffix, whole or not at all.

    Parameters
    ----------
    table
        The table, with its columns.
    batches
        The rows, in pieces: together they may exceed the memory.
    path
        The file; it ends in ``.csv``, ``.json`` (a list of records) or ``.parquet``.
    recorded
        The recorded Parquet file, where `batches` are all of its rows: then Parquet is a copy.

    Raises
    ------
    DataError
        If the suffix is another one; otherwise what `batches` raises.
    """
    suffix = path.suffix.lower()
    if suffix not in EXPORTS:
        raise DataError(f"{path}: cannot export to '{suffix}'; end the name in one of {', '.join(EXPORTS)}")
    with atomic_path(path) as temporary:
        if suffix == ".parquet" and recorded is not None:
            shutil.copyfile(recorded, temporary)
            return
        {".parquet": _write_parquet, ".csv": _write_csv, ".json": _write_json}[suffix](table, batches, temporary)


def _write_parquet(table: TraceTable, batches: Iterator[pa.RecordBatch], path: Path) -> None:
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(table.schema))


def _write_csv(table: TraceTable, batches: Iterator[pa.RecordBatch], path: Path) -> None:
    schema = pa.schema([(column.name, _plain(column.type)) for column in table.columns])
    with pyarrow.csv.CSVWriter(path, schema) as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).select(schema.names).cast(schema))


def _write_json(_: TraceTable, batches: Iterator[pa.RecordBatch], path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        separator = "[\n"
        for batch in batches:
            for record in batch.to_pylist():
                stream.write(separator + json.dumps(record, ensure_ascii=False))
                separator = ",\n"
        stream.write("[]\n" if separator == "[\n" else "\n]\n")


def _plain(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_
