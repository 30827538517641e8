"""Filter of a table's rows by a window of ticks and by cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neurosyn.errors import DataError
from neurosyn.trace.schema import TraceTable

__all__ = ["RowFilter", "Ticks"]

Ticks = int | tuple[int, int] | None
"""A tick; a window (first, last) of them, both included; or None for all."""

_ENDS = ("core", "source_core", "dest_core")
"""Columns that name a core of the row."""


@dataclass(frozen=True)
class RowFilter:
    """Filter of rows.

    Attributes
    ----------
    ticks : (int, int) or None
        First and last tick; None for all.
    cores : tuple of int or None
        Cores of the rows; of packets, at either end. None for all.
    """

    ticks: tuple[int, int] | None = None
    cores: tuple[int, ...] | None = None

    @classmethod
    def of(cls, table: TraceTable, ticks: Ticks, cores: Sequence[int] | None) -> RowFilter:
        """Return a filter of a table's rows.

        Raises
        ------
        DataError
            If the table's rows are not of ticks, or not of cores.
        """
        names = {column.name for column in table.columns}
        if ticks is not None and "tick" not in names:
            raise DataError(f"trace: {table.name} are of all ticks together; leave the ticks away")
        if cores is not None and not names & set(_ENDS):
            raise DataError(f"trace: {table.name} are of all cores together; leave the cores away")
        window = (ticks, ticks) if isinstance(ticks, int) else ticks
        return cls(window, None if cores is None else tuple(int(core) for core in cores))

    def needs(self, names: Sequence[str]) -> list[str]:
        """Return those of the columns `names` that the filter reads."""
        wanted = (*(("tick",) if self.ticks else ()), *(_ENDS if self.cores is not None else ()))
        return [name for name in wanted if name in names]

    def groups(self, metadata: Any) -> list[int]:
        """Return the row groups of a Parquet file that may have matching rows."""
        index = next((i for i in range(metadata.num_columns) if metadata.schema.column(i).name == "tick"), None)
        if self.ticks is None or index is None:
            return list(range(metadata.num_row_groups))
        first, last = self.ticks
        groups = []
        for group in range(metadata.num_row_groups):
            known = metadata.row_group(group).column(index).statistics
            if known is None or not known.has_min_max or (known.min <= last and known.max >= first):
                groups.append(group)
        return groups

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the matching rows of a batch, which must have the columns of `needs`."""
        kept = None
        if self.ticks is not None:
            tick = batch.column("tick")
            kept = pc.and_(pc.greater_equal(tick, self.ticks[0]), pc.less_equal(tick, self.ticks[1]))
        if self.cores is not None:
            wanted = pa.array(np.array(self.cores, np.int32))
            ends = [pc.is_in(batch.column(name), wanted) for name in _ENDS if name in batch.schema.names]
            at_either = ends[0] if len(ends) == 1 else pc.or_(ends[0], ends[1])
            kept = at_either if kept is None else pc.and_(kept, at_either)
        return batch if kept is None else batch.filter(kept)
