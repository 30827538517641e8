"""Input spikes as tables: CSV with a header line, or Parquet.

A row is a spike. Columns, in any order, all of whole numbers:

============ =====================================================================
``tick``     tick in which it is sent; it is integrated in the tick after
``line``     input line of the program, or in its place ``core`` and ``axon``
``delay``    1 … 15 ticks, 1 where there is no such column
============ =====================================================================

Rows may be in any order; other columns are refused.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import DataError
from neurosyn.formats.spikes.numbering import MAX_TICK, InputCollector, check_count
from neurosyn.support.untrusted import read_bytes

__all__ = ["TABLE_ENDINGS", "read_table"]

TABLE_ENDINGS = (".csv", ".parquet")
_MOST_BYTES = 1 << 30
_COLUMNS = ("tick", "line", "core", "axon", "delay")


def read_table(path: Path, program: Program) -> InputSpikes:
    """Read input spikes from a table.

    Parameters
    ----------
    path
        A file that ends in ``.csv`` or ``.parquet``.
    program
        The program that receives the spikes.

    Raises
    ------
    DataError
        If the file is missing or damaged, lacks a column, or a spike does not fit the program: with its row.
    """
    content = io.BytesIO(read_bytes(path, _MOST_BYTES, what="table of spikes"))
    try:
        if path.suffix == ".csv":
            table = pa_csv.read_csv(content)
        else:
            with pq.ParquetFile(content) as file:
                check_count(path, file.metadata.num_rows)
                table = file.read()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); repair the file") from error
    check_count(path, table.num_rows)
    names = table.column_names
    unknown = [name for name in names if name not in _COLUMNS]
    by_line = "line" in names
    if unknown or "tick" not in names or by_line == bool({"core", "axon"} & set(names)):
        raise DataError(
            f"{path}: has the columns {', '.join(names[:12])}; give tick and line, or tick, core and axon, and delay "
            "if it is not 1"
        )
    columns = {name: _whole_numbers(path, name, table[name]) for name in names}
    missing = {"line"} if by_line else {"core", "axon"}
    if missing - columns.keys():
        raise DataError(f"{path}: has no column {(missing - columns.keys()).pop()}; give tick, core and axon")
    order = np.argsort(columns["tick"], kind="stable")
    tick, delay = columns["tick"][order], columns.get("delay", np.ones(len(order), np.int64))[order]
    is_csv = path.suffix == ".csv"
    rows = order + 2 if is_csv else order
    row = ": line " if is_csv else ": row "
    if by_line:
        line, lines = columns["line"][order], len(program.input_core)
        for values, least, most, name in (
            (tick, 0, MAX_TICK, "tick"),
            (line, 0, lines - 1, "line"),
            (delay, 1, 15, "delay"),
        ):
            wrong = np.flatnonzero((values < least) | (values > most))
            if len(wrong):
                raise DataError(f"{path}{row}{rows[wrong[0]]}: {name} {values[wrong[0]]}; the range is {least}…{most}")
        return InputSpikes.on_lines(program, tick + delay - 1, line.astype(np.int32))
    collector = InputCollector(path, program, row)
    collector.add(tick, columns["core"][order], columns["axon"][order], delay, rows.tolist())
    return collector.spikes()


def _whole_numbers(path: Path, name: str, column: pa.ChunkedArray) -> NDArray[np.int64]:
    try:
        # An empty column of a CSV file has no type.
        if (pa.types.is_integer(column.type) or not len(column)) and not column.null_count:
            values: NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
            return values
    except pa.ArrowInvalid:  # beyond 64 bits
        pass
    raise DataError(f"{path}: column {name} has values that are no whole numbers; repair the file")
