"""Traces of a run in parts, and the trace of the whole run made of them: the same bytes as recorded at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neurosyn.engine.chip_function import Outcome
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.probes.probe import RunInfo
from neurosyn.errors import DataError
from neurosyn.support.files import write_npz
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.recorder import ParquetRecorder, RowCount
from neurosyn.trace.schema import TABLES, Rows
from neurosyn.trace.selection import chosen_cores
from neurosyn.trace.tallies import Counts

__all__ = ["QUICK", "EarlierRows", "PartRecorder", "TraceJoiner"]

QUICK = 1
"""Compression of parts, which are read once: a fifth of the time of the usual one, and a tenth more bytes."""
_COUNTS = "counts.npz"
_BY_TICK = ("spikes", "packets", "ticks", "core_ticks")
"""Tables whose rows belong to a tick; the others are sums."""
_FROM_ZERO = ("start_ps", "send_ps", "arrival_ps")
"""Columns that count from the beginning of the run."""


class EarlierRows:
    """Rows that a recorder keeps of the ticks before a part, as far as those of the part depend on them.

    Ticks are played once, in their order and only as far as needed, for all parts that are asked for.

    Parameters
    ----------
    options, info
        As of the recorder.
    outcomes
        The ticks of the run, from any that is not timed yet.
    timed
        Ticks that are timed.
    """

    def __init__(self, options: TraceOptions, info: RunInfo, outcomes: Iterable[Outcome], timed: range) -> None:
        self._options, self._timed = options, timed
        self._outcomes = (outcome for outcome in outcomes if outcome.tick in timed)
        self._chosen = chosen_cores(options, info.program)
        self._cores = info.program.cores if self._chosen is None else int(self._chosen.sum())
        # Rows before each tick, until there are enough of them.
        self._core_ticks, self._rows = [0], [0]

    def before(self, end: int) -> RowCount:
        """Return the rows of the timed ticks before `end`."""
        options = self._options
        if options.level != "auto" or end <= self._timed.start:
            return RowCount()
        ticks = self._timed[: end - self._timed.start]
        while len(self._core_ticks) <= len(ticks) and options.keeps_core_ticks(True, self._core_ticks[-1]):
            counted = options.in_window(ticks[len(self._core_ticks) - 1])
            self._core_ticks.append(self._core_ticks[-1] + counted * self._cores)
        # Spikes and packets are known only once a tick has been played.
        while len(self._rows) <= len(ticks) and options.keeps_spikes(True, self._rows[-1]):
            outcome = next(self._outcomes)
            counted = options.in_window(outcome.tick)
            self._rows.append(self._rows[-1] + (_rows_of(outcome, self._chosen) if counted else 0))
        last = len(ticks)
        return RowCount(
            self._rows[min(last, len(self._rows) - 1)], self._core_ticks[min(last, len(self._core_ticks) - 1)]
        )


def _rows_of(outcome: Outcome, chosen: NDArray[np.bool_] | None) -> int:
    packets = outcome.packets
    if chosen is None:
        return len(outcome.spikes) + len(packets)
    ends = [(core >= 0) & chosen[np.maximum(core, 0)] for core in (packets.source_core, packets.dest_core)]
    return int(chosen[outcome.spike_core].sum()) + int((ends[0] | ends[1]).sum())


class PartRecorder(ParquetRecorder):
    """Writes the rows of a part's ticks, and the sums of the other tables, into a folder for `TraceJoiner`.

    Parameters
    ----------
    folder, options
        As of `ParquetRecorder`.
    before
        Rows that were kept of the ticks before the part (`EarlierRows`).
    routes
        Lengths of the program's routes.
    """

    def __init__(self, folder: Path, options: TraceOptions, before: RowCount, routes: Routes) -> None:
        super().__init__(folder, options, (_COUNTS,), before)
        self._routes = routes

    def _new_counts(self, info: RunInfo) -> Counts:
        return Counts(info, self._routes)

    def _finish(self, counts: Counts) -> None:
        for table in self._tables.values():
            table.close()
            table.rename()
        # Sums of so few ticks fit narrow numbers, which are written sooner.
        arrays = {name: narrow(array) for name, array in counts.state().items()}
        write_npz(self.folder / _COUNTS, arrays, level=QUICK)


def narrow(array: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return whole numbers in the smallest type that holds them all."""
    ends = [np.min_scalar_type(int(value)) for value in (array.min(initial=0), array.max(initial=0))]
    return array.astype(np.result_type(*ends))


class TraceJoiner(ParquetRecorder):
    """Writes the trace of a run from those of its parts, in their order.

    Use it as a recorder whose ticks are added by `add_part`.
    """

    def add_part(self, folder: Path, start_ps: int) -> None:
        """Add the ticks of a part, whose times count from `start_ps` on.

        Raises
        ------
        DataError
            If the part's trace is not whole.
        """
        counts = self._counts
        assert counts is not None
        try:
            for name in _BY_TICK:
                path = folder / TABLES[name].file
                if path.is_file():
                    table = self._table(name)
                    for rows in _by_tick(path, TABLES[name].column_names):
                        table.add(_on_the_board(rows, counts, start_ps))
            with np.load(folder / _COUNTS, allow_pickle=False) as state:
                counts.include({key: state[key] for key in state.files}, start_ps)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise DataError(
                f"{folder}: the trace of this part is damaged ({error}); simulate the part again"
            ) from error


def _by_tick(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of a table tick by tick."""
    waiting: pa.Table | None = None
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=columns):
            rows = pa.Table.from_batches([batch])
            rows = rows if waiting is None else pa.concat_tables([waiting, rows])
            tick = rows["tick"].to_numpy()
            edges = [0, *(np.flatnonzero(tick[1:] != tick[:-1]) + 1).tolist()]
            for first, end in pairwise(edges):
                yield rows.slice(first, end - first)
            # The next batch may begin within the last tick.
            waiting = rows.slice(edges[-1])
    if waiting is not None:
        yield waiting


def _on_the_board(table: pa.Table, counts: Counts, start_ps: int) -> Rows:
    rows: Rows = {name: table[name] for name in table.column_names}
    if "layer" in rows:
        # Parquet files keep the values of such a column, not its dictionary.
        rows["layer"] = counts.layers_of(rows["core"].to_numpy())
    for name in _FROM_ZERO:
        if name in rows and start_ps:
            rows[name] = pc.add(rows[name], start_ps)
    return rows
