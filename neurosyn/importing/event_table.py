"""Samples of spikes from Parquet tables of events: a row for each spike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError
from neurosyn.support.untrusted import open_file

__all__ = ["MAGIC", "read_event_table"]

MAGIC = b"PAR1"
"""First bytes of a Parquet file."""
_MOST_EVENTS = 1 << 28
_COLUMNS = {"sample": ("sample",), "step": ("tick", "step"), "element": ("channel", "element")}
_LABEL = "label"

Events = dict[str, NDArray[np.int64]]


def read_event_table(path: Path) -> Events:
    """Return the columns ``sample``, ``step`` and ``element``, and ``label`` if there is one, int64 (events,).

    In the file, step and element may also be called ``tick`` and ``channel``.

    Raises
    ------
    DataError
        If the file is missing, damaged or too large, or a column is missing, empty in places, or no whole numbers.
    """
    import pyarrow
    import pyarrow.parquet

    with open_file(path) as stream:
        try:
            file = pyarrow.parquet.ParquetFile(stream, page_checksum_verification=True)
            rows, present = file.metadata.num_rows, set(file.schema_arrow.names)
            if rows > _MOST_EVENTS:
                raise DataError(f"{path}: has {rows:,} events, more than {_MOST_EVENTS:,}; give fewer samples")
            chosen = {}
            for column, names in _COLUMNS.items():
                there = [name for name in names if name in present]
                if not there:
                    raise DataError(f"{path}: has no column '{names[0]}'; a row is a spike: sample, tick and channel")
                chosen[column] = there[0]
            if _LABEL in present:
                chosen[_LABEL] = _LABEL
            for name in chosen.values():
                kind = file.schema_arrow.field(name).type
                if not pyarrow.types.is_integer(kind):
                    raise DataError(f"{path}: column '{name}' is {kind}; give whole numbers")
            table = file.read(columns=list(chosen.values()))
            empty = [name for name in chosen.values() if table.column(name).null_count]
            if empty:
                raise DataError(f"{path}: column '{empty[0]}' is empty in places; give a number in every row")
            return {key: table.column(name).to_numpy().astype(np.int64) for key, name in chosen.items()}
        except (pyarrow.ArrowException, OSError, MemoryError, OverflowError, ValueError) as error:
            raise DataError(f"{path}: is not a readable Parquet file ({error}); write it again") from error
