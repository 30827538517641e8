"""Statistics of a trace: sizes of its tables, and least, mean and largest values of their columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from neurosyn.trace.reader import Trace
from neurosyn.trace.schema import TABLES, table_named

__all__ = ["column_statistics", "table_statistics"]


def table_statistics(trace: Trace) -> list[dict[str, Any]]:
    """Return a row for each table: its name, rows, bytes and the meaning of a row."""
    return [
        {"table": name, "rows": trace.rows[name], "bytes": trace.file(name).stat().st_size, "about": table.about}
        for name, table in TABLES.items()
        if trace.has(name)
    ]


def column_statistics(trace: Trace, name: str) -> list[dict[str, Any]]:
    """Return a row for each column of a table: its unit, missing values, and ``least``, ``mean`` and ``largest``.

    Texts have the number of different ones in place of a mean. The table is read in pieces.

    Raises
    ------
    DataError
        As `Trace.frame`.
    """
    table = table_named(name)
    sums = {column.name: _Column() for column in table.columns}
    for batch in trace.batches(name):
        for column in table.columns:
            sums[column.name].add(batch.column(column.name))
    return [
        {"column": column.name, "unit": column.unit or None, **sums[column.name].result(), "about": column.about}
        for column in table.columns
    ]


class _Column:
    def __init__(self) -> None:
        self._missing = self._known = 0
        self._total: float = 0
        self._least: Any = None
        self._largest: Any = None
        self._texts: set[str] = set()

    def add(self, values: pa.Array) -> None:
        self._missing += values.null_count
        self._known += len(values) - values.null_count
        if pa.types.is_dictionary(values.type):
            self._texts.update(pc.unique(values.cast(pa.string())).to_pylist())
        elif pa.types.is_string(values.type):
            self._texts.update(pc.unique(values).to_pylist())
        elif len(values) > values.null_count:
            numbers = values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values
            ends = pc.min_max(numbers).as_py()
            self._least = ends["min"] if self._least is None else min(self._least, ends["min"])
            self._largest = ends["max"] if self._largest is None else max(self._largest, ends["max"])
            self._total += pc.sum(numbers).as_py()

    def result(self) -> dict[str, Any]:
        mean = self._total / self._known if self._least is not None else None
        return {
            "missing": self._missing,
            "least": self._least,
            "mean": mean,
            "largest": self._largest,
            "different": len(self._texts) if self._texts else None,
        }
