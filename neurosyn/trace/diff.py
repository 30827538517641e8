"""Difference of two traces: the first tick, core and neuron, packet or number that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from neurosyn.trace.reader import Trace
from neurosyn.trace.schema import TABLES

__all__ = ["Difference", "TraceDiff", "compare_traces"]

_IN_TIME = ("spikes", "packets", "core_ticks", "ticks")
"""Tables with rows of single ticks, in the order in which they are compared within a tick."""
_IN_SUM = ("cores", "links", "energy")
_KEYS = {
    "spikes": ("tick", "core", "neuron"),
    "packets": ("tick", "source_core", "source_neuron", "dest_core", "dest_axon"),
    "core_ticks": ("tick", "core"),
    "ticks": ("tick",),
    "cores": ("core",),
    "links": ("link",),
    "energy": ("layer", "part"),
}
"""Columns that identify a row."""


@dataclass(frozen=True)
class Difference:
    """The first difference in a table.

    Attributes
    ----------
    table : str
    where : dict
        Columns that identify the row: tick, core, neuron, …
    column : str or None
        The first column that differs; None if only one of the runs has the row.
    first, second : object
        Values of the two runs; for a row that only one of them has, whether the run has it.
    """

    table: str
    where: dict[str, Any]
    column: str | None
    first: Any
    second: Any

    def __str__(self) -> str:
        where = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in self.where.items())
        if self.column is None:
            return f"{self.table}: {where}: only in the {'first' if self.first else 'second'} run"
        return f"{self.table}: {where}: {self.column} is {self.first} in the first run, {self.second} in the second"


@dataclass(frozen=True)
class TraceDiff:
    """The differences of two traces.

    Attributes
    ----------
    settings : tuple of str
        Differences of the simulated programs, boards and chip options.
    first : Difference or None
        The earliest difference; within a tick, spikes come before packets, and these before sums.
    by_table : dict
        The first difference in each table that has one.
    compared_ticks : int
        Ticks whose spikes or packets both runs recorded.
    """

    settings: tuple[str, ...]
    first: Difference | None
    by_table: dict[str, Difference]
    compared_ticks: int

    @property
    def same(self) -> bool:
        """Whether nothing differs among what both recorded."""
        return self.first is None and not self.settings

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "same": self.same,
            "settings": list(self.settings),
            "first": None if self.first is None else asdict(self.first),
            "by_table": {name: asdict(difference) for name, difference in self.by_table.items()},
            "compared_ticks": self.compared_ticks,
        }


def compare_traces(first: Trace, second: Trace) -> TraceDiff:
    """Find the first difference of two traces, tick by tick, in the memory that a tick takes.

    Tables and ticks that only one of them recorded are skipped.

    Raises
    ------
    DataError
        If a trace is damaged.
    """
    by_table: dict[str, Difference] = {}
    compared: set[int] = set()
    for name in _IN_TIME:
        if first.has(name) and second.has(name):
            difference = _in_time(name, first, second, compared)
            if difference is not None:
                by_table[name] = difference
    for name in _IN_SUM:
        if first.has(name) and second.has(name):
            tables = first.arrow(name), second.arrow(name)
            if not tables[0].equals(tables[1]):
                by_table[name] = _first_difference(name, *tables)
    in_time = [by_table[name] for name in _IN_TIME if name in by_table]
    earliest = min(in_time, key=lambda difference: difference.where["tick"], default=None)
    return TraceDiff(_settings(first, second), earliest or next(iter(by_table.values()), None), by_table, len(compared))


def _settings(first: Trace, second: Trace) -> tuple[str, ...]:
    settings = []
    for name, what in (("n_cores", "cores"), ("layers", "layers"), ("mesh", "board"), ("ticks_simulated", "ticks")):
        values = getattr(first, name), getattr(second, name)
        if values[0] != values[1]:
            settings.append(f"{what}: {_short(values[0])} and {_short(values[1])}")
    chips = first.chip.model_dump(), second.chip.model_dump()
    differing = [key for key in chips[0] if chips[0][key] != chips[1][key]]
    return (*settings, *(f"chip.{key}: {chips[0][key]} and {chips[1][key]}" for key in differing))


def _short(value: Any) -> str:
    return f"{len(value)} of them" if isinstance(value, tuple) else str(value)


def _in_time(name: str, first: Trace, second: Trace, compared: set[int]) -> Difference | None:
    """Return the first difference of a table in ticks that both recorded."""
    ones, others = _by_tick(name, first), _by_tick(name, second)
    one, other = next(ones, None), next(others, None)
    silent = _silent_ticks(name, first), _silent_ticks(name, second)
    while one is not None or other is not None:
        tick = min(part[0] for part in (one, other) if part is not None)
        here = one[1] if one is not None and one[0] == tick else None
        there = other[1] if other is not None and other[0] == tick else None
        if here is not None:
            one = next(ones, None)
        if there is not None:
            other = next(others, None)
        if here is None and tick in silent[0]:
            assert there is not None
            here = there.slice(0, 0)
        if there is None and tick in silent[1]:
            assert here is not None
            there = here.slice(0, 0)
        if here is None or there is None:
            continue
        compared.add(tick)
        if not here.equals(there):
            return _first_difference(name, here, there)
    return None


def _silent_ticks(name: str, trace: Trace) -> set[int]:
    """Return the ticks without rows because nothing happened in them, not because they were left out."""
    if name not in ("spikes", "packets") or not trace.has("ticks") or {"cores", "layers"} & set(trace.selected):
        return set()
    ticks = trace.ticks(["tick", "spikes", "packets", "input_packets"])
    none = ticks["spikes"] == 0 if name == "spikes" else ticks["packets"] + ticks["input_packets"] == 0
    return set(ticks["tick"][none].tolist())


def _by_tick(name: str, trace: Trace) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of a table tick by tick."""
    waiting: list[pa.RecordBatch] = []
    tick = None
    for batch in trace.batches(name, [column.name for column in TABLES[name].columns]):
        ticks = batch.column("tick").to_numpy()
        start = 0
        while start < len(ticks):
            if tick is not None and ticks[start] != tick:
                yield tick, pa.Table.from_batches(waiting)
                waiting = []
            tick = int(ticks[start])
            end = int(ticks.searchsorted(tick, side="right"))
            waiting.append(batch.slice(start, end - start))
            start = end
    if tick is not None:
        yield tick, pa.Table.from_batches(waiting)


def _first_difference(name: str, first: pa.Table, second: pa.Table) -> Difference:
    """Return the first row, in the order of `_KEYS`, in which two unequal tables differ."""
    keys = list(_KEYS[name])
    # Several packets of the host may be equal in all keys; their order distinguishes them.
    frames = [_plain(table) for table in (first, second)]
    for frame in frames:
        frame["_order"] = frame.groupby(keys, sort=False, dropna=False).cumcount()
    both = frames[0].merge(frames[1], on=[*keys, "_order"], how="outer", suffixes=("", "_2"), indicator=True, sort=True)
    columns = [column.name for column in TABLES[name].columns if column.name not in keys]
    parted = both["_merge"] != "both"
    for column in columns:
        left, right = both[column], both[f"{column}_2"]
        parted |= ~((left == right).fillna(False).astype(bool) | (left.isna() & right.isna()))
    for row in both[parted].head(1).to_dict("records"):
        where = {str(key): _value(row[key]) for key in keys}
        if row["_merge"] != "both":
            return Difference(name, where, None, row["_merge"] == "left_only", row["_merge"] == "right_only")
        values = ((column, _value(row[column]), _value(row[f"{column}_2"])) for column in columns)
        return next(Difference(name, where, *both_values) for both_values in values if both_values[1] != both_values[2])
    # The rows are equal, but their order is not.
    where = {str(key): _value(frames[0].iloc[0][key]) for key in keys}
    return Difference(name, where, "order", "one", "another")


def _plain(table: pa.Table) -> Any:
    """Return a data frame with nullable integers, and texts in place of categories."""
    import pandas as pd

    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.uint32(): pd.UInt32Dtype()}
    texts = pa.schema(
        [
            pa.field(field.name, pa.string()) if pa.types.is_dictionary(field.type) else field.remove_metadata()
            for field in table.schema
        ]
    )
    return table.cast(texts).to_pandas(types_mapper=whole.get)


def _value(value: Any) -> Any:
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
