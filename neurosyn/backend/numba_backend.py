"""The Numba backend: compiled kernels on all cores of the machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import numba
import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import Backend, LoadedProgram, StepResult
from neurosyn.backend.copies import Places
from neurosyn.backend.numba_frames import (
    count_synapses_of_axons,
    evaluate_block,
    evaluate_tiles,
    send_shared_words,
    send_words,
)
from neurosyn.backend.numba_kernels import (
    PARAMETERS,
    QUAD,
    TILE,
    list_bits,
    look_up_packets,
    pop_slot,
    popcount_probe,
    send_spikes,
    step_tiles,
    sum_rows,
)
from neurosyn.chip.crossbar import pack_bits, type_masks
from neurosyn.chip.program import NO_DESTINATION, Program, type_table
from neurosyn.chip.scheduler import Schedulers
from neurosyn.chip.stateless import firing_sums
from neurosyn.errors import BackendError, ForkedError
from neurosyn.support.processors import usable_processors

__all__ = ["NumbaBackend"]

_CORES_A_THREAD = 128
"""Least cores of a tick for threads; fewer take less time than waking a thread."""
_CORES_TOGETHER = 32
"""Cores of which a thread fetches frames at once: their axons and spikes, 160 KB, stay in the second cache."""
_SHARES = 4
"""Parts that each thread should have at least, so that threads end together."""
_WORDS_A_THREAD = 2**14
"""Least words for threads; fewer take less time than waking a thread."""


class NumbaBackend(Backend):
    """Compiled loops over tiles of neurons, parallel over cores.

    Parameters
    ----------
    threads : int, optional
        Threads to use; by default as many as this process may run on and Numba is set to use.

    Raises
    ------
    BackendError
        If compiled code does not work here.
    """

    name = "numba"

    def __init__(self, threads: int | None = None) -> None:
        _require_unforked()
        # Read when Numba starts its threads: spinning ones make a tick several times longer on a busy machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        if popcount_probe(np.uint64(0xFF00_0000_0000_0001)) != 9:
            raise BackendError("backend numba: compiled code counts bits wrongly; use backend 'numpy'")
        self.threads = max(1, min(threads or usable_processors(), numba.get_num_threads()))
        self.about = f"Numba {numba.__version__}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    def load(self, program: Program) -> LoadedProgram:
        """Lay out crossbars and parameters in tiles."""
        return _NumbaProgram(program, self.threads)


class _Process:
    """State of parallel kernels in this process.

    GNU's OpenMP ends a process that was forked from one that has used it as soon as a parallel kernel starts.
    """

    has_run = False
    is_forked = False

    @classmethod
    def after_fork(cls) -> None:
        cls.is_forked = cls.is_forked or (cls.has_run and numba.threading_layer() == "omp")  # type: ignore[attr-defined]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Process.after_fork)


def _require_unforked() -> None:
    if _Process.is_forked:
        raise ForkedError(
            "backend numba: this process was forked from one that has used the backend, which OpenMP does not survive; "
            'start workers with multiprocessing.get_context("spawn"), fork before the first simulation, or choose '
            'simulate.backend = "numpy"'
        )


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    _require_unforked()
    _Process.has_run = True
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)


class _NumbaResult(StepResult):
    def spikes(self) -> NDArray[np.intp]:
        words = pack_bits(self.fired.reshape(-1))
        numbers = np.empty(self.fired.size, np.intp)
        return numbers[: list_bits(words, numbers)].copy()

    def events_of_cores(self) -> NDArray[np.int64]:
        sums = np.empty(len(self.synaptic_events), np.int64)
        sum_rows(self.synaptic_events, sums)
        return sums


class _NumbaSchedulers(Schedulers):
    def pop(self, tick: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        slot = tick % self.slots
        active = np.empty(self.ring.shape[1:], np.uint64)
        merged = np.empty(len(active), np.int64)
        pop_slot(self.ring[slot], self.received[slot], active, merged)
        return active, merged

    def send(self, tick: int, neurons: NDArray[np.intp]) -> None:
        send_spikes(self.targets, neurons, tick, self.ring, self.received)


class _NumbaProgram(LoadedProgram):
    def __init__(self, program: Program, threads: int) -> None:
        super().__init__(program)
        self._threads = threads
        tiles, words = -(-program.neurons // TILE), -(-program.words // QUAD) * QUAD
        padded = np.zeros((len(program.crossbars), words, tiles * TILE), np.uint64)
        padded[:, : program.words, : program.neurons] = program.crossbars
        self._crossbars = np.ascontiguousarray(padded.reshape(-1, words, tiles, TILE).transpose(0, 2, 1, 3)).reshape(-1)
        self._crossbar = np.ascontiguousarray(program.crossbar)
        self._words = np.uint64(words)
        self._type_masks = type_masks(program.axon_types, program.weights)
        used = self._type_masks.any(axis=-1)
        self._kinds = np.argsort(~used, axis=-1, kind="stable").astype(np.uint8)
        self._pairs = -(-used.sum(axis=-1, dtype=np.int32) // 2)
        self._axon_types = np.ascontiguousarray(program.axon_types)
        self._table = type_table(program.neuron_types)
        self._neuron_type = np.ascontiguousarray(program.neuron_type)
        self._lay_out_parameters(tiles)
        if self.stateless:
            self._lay_out_frames(tiles)

    def _lay_out_parameters(self, tiles: int) -> None:
        """Assign each tile of each core a row of parameters; equal rows are stored once."""
        program = self.program
        quiet = len(program.neuron_types)
        types = np.full((program.cores, tiles * TILE), quiet, np.int32)
        types[:, : program.neurons] = program.neuron_type
        rows: dict[bytes, int] = {}
        tile_row = [rows.setdefault(tile.tobytes(), len(rows)) for tile in types.reshape(-1, TILE)]
        self._tile_row = np.array(tile_row, np.int32).reshape(program.cores, tiles)
        members = np.frombuffer(b"".join(rows), np.int32).reshape(-1, TILE)

        limits = program.limits
        self._limits = np.array([limits.potential_min, limits.potential_max], np.int32)
        table = _deterministic(program.neuron_types, limits.potential_max)
        self._parameters = np.ascontiguousarray(table[members].transpose(0, 2, 1)).reshape(-1)
        reversal = np.append(program.neuron_types["leak_reversal"], False)
        self._row_reversal: NDArray[np.bool_] = np.any(reversal[members], axis=-1)
        heaviest = np.append(np.abs(program.neuron_types["weights"].astype(np.int32)).max(axis=-1), 0)
        self._largest_weight = heaviest[members].max(axis=-1)[self._tile_row].max(axis=-1).astype(np.int32)
        noisy = (
            program.neuron_types["stochastic_weights"].any(axis=-1)
            | program.neuron_types["stochastic_leak"]
            | (program.neuron_types["threshold_mask_bits"] > 0)
        )
        noisy_row: NDArray[np.bool_] = np.any(np.append(noisy, False)[members], axis=-1)
        self._stochastic: NDArray[np.bool_] = np.any(noisy_row[self._tile_row], axis=-1)

    def _lay_out_frames(self, tiles: int) -> None:
        """Prepare the data that only frames without state need."""
        program = self.program
        signs = self._signs_of_types()
        needed = np.full((program.cores, tiles * TILE), np.iinfo(np.int32).max, np.int32)
        needed[:, : program.neurons] = firing_sums(program)
        counted = np.flatnonzero(signs)
        weights = program.neuron_types["weights"][program.neuron_type[counted], self._kinds[counted, :1]]
        levels = _levels(needed[counted, : program.neurons], weights).astype(np.int32)
        self._for_frames = (
            self._crossbars,
            self._crossbar,
            self._words,
            self._type_masks,
            self._kinds,
            self._pairs,
            signs,
            _synapses_in_planes(program.crossbars if signs.any() else program.crossbars[:0]),
            self._parameters,
            self._tile_row,
            needed.reshape(-1),
            *Places.find(program.crossbars, program.crossbar, counted, levels, weights < 0),
        )

    def _signs_of_types(self) -> NDArray[np.int8]:
        """Return (C,) ±1 where a core's neurons all weigh the second of two axon types like the first, or opposite."""
        program = self.program
        if program.words != QUAD:
            return np.zeros(program.cores, np.int8)
        weights = program.neuron_types["weights"].astype(np.int32)
        kinds = self._kinds[:, None, :2]
        first, second = weights[program.neuron_type[..., None], kinds].transpose(2, 0, 1)
        opposite, equal = ((second == sign * first).all(axis=1) for sign in (-1, 1))
        return np.where(self._pairs == 1, np.select([opposite, equal], [-1, 1], 0), 0).astype(np.int8)

    def schedulers(self) -> Schedulers:
        return _NumbaSchedulers(self.program)

    def step(self, active: NDArray[np.uint64], potential: NDArray[np.int32], rng: NDArray[np.uint32]) -> StepResult:
        self._check_state(active, potential, rng)
        fired = np.empty(potential.shape, np.bool_)
        events = np.empty(potential.shape, np.uint16)
        with _threads(min(self._threads, 1 + self.program.cores // _CORES_A_THREAD)):
            step_tiles(
                self._crossbars,
                self._crossbar,
                self._words,
                self._type_masks,
                self._kinds,
                self._pairs,
                self._parameters,
                self._tile_row,
                self._row_reversal,
                self._largest_weight,
                self._stochastic,
                self._axon_types,
                self._table,
                self._neuron_type,
                self._limits,
                active,
                potential,
                rng,
                fired,
                events,
            )
        return _NumbaResult(fired, events)

    def evaluate_frames(
        self, cores: NDArray[np.int32], active: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        self._check_frames(cores, active)
        spikes = np.empty((*active.shape[:2], self._tile_row.shape[1]), np.uint64)
        events = np.empty(active.shape[:2], np.int64)
        if len(cores):
            cores, active = np.ascontiguousarray(cores, np.int32), np.ascontiguousarray(active)
            with _threads(self._threads):
                evaluate_tiles(self._for_frames, cores, self._together(len(cores)), active, spikes, events)
        return spikes, events

    def _together(self, cores: int) -> int:
        return max(1, min(_CORES_TOGETHER, cores // (_SHARES * self._threads)))

    def evaluate_block(
        self, cores: NDArray[np.int32], active: NDArray[np.uint64], frames: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
        self._check_block(cores, active, frames)
        fired = np.empty((len(cores), self.program.neurons), np.uint64)
        events, integrated = np.empty((2, len(cores)), np.int64)
        if len(cores):
            cores = np.ascontiguousarray(cores, np.int32)
            with _threads(self._threads):
                evaluate_block(
                    self._for_frames, cores, self._together(len(cores)), active, frames, fired, events, integrated
                )
        return fired, events, integrated

    def look_up_packets(self, spikes: NDArray[np.intp], table: NDArray[np.int32], room: int) -> NDArray[np.int32]:
        values = np.empty((2 + table.shape[1], room + len(spikes)), np.int32)
        return values[:, : look_up_packets(spikes, self.program.neurons, table, NO_DESTINATION, values, room)]

    def send_words(
        self,
        words: NDArray[np.uint64],
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        into: NDArray[np.uint64],
        *,
        shared: bool,
    ) -> None:
        if shared:
            send_shared_words(words, source, target, into)
            return
        with _threads(min(self._threads, 1 + len(source) // _WORDS_A_THREAD)):
            send_words(words, source, target, into)


def _levels(sums: NDArray[np.int32], weights: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return the least count c with c × weight ≥ sum; for negative weights, the least −1 − c."""
    sums, weights = sums.astype(np.int64), weights.astype(np.int64)
    levels = -(-sums // np.maximum(np.abs(weights), 1)) - (weights < 0)
    limits = np.iinfo(np.int32)
    always = np.where(sums <= 0, limits.min, limits.max)
    return np.where(weights == 0, always, levels)


def _synapses_in_planes(crossbars: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Count the synapses that are on at each axon of crossbars (K, QUAD, N): (K, QUAD, P), bit p in column p."""
    size, words, neurons = crossbars.shape
    planes = np.zeros((size, words, neurons.bit_length()), np.uint64)
    count_synapses_of_axons(crossbars, planes)
    return planes


def _deterministic(types: NDArray[np.void], potential_max: int) -> NDArray[np.int32]:
    """Return rows (T + 1, PARAMETERS + G) for the fast kernel; the last is a neuron that never fires.

    With TM = 0, every outcome of the threshold is a constant or V plus a constant.
    """
    table = np.zeros((len(types) + 1, PARAMETERS + types["weights"].shape[1]), np.int32)
    table[-1, 2] = np.iinfo(np.int32).max
    table[-1, 3] = np.iinfo(np.int32).min
    rows = table[:-1]
    mode, threshold, floor, reset = (
        types["reset_mode"],
        types["threshold"],
        -types["negative_threshold"],
        types["reset"],
    )
    rows[:, PARAMETERS:] = types["weights"]
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = types["leak"], types["leak_reversal"], threshold, floor
    rows[:, 4] = np.select([mode == 0, mode == 1], [reset, -threshold], threshold)
    rows[:, 5] = np.where(mode == 1, -1, 0)
    saturates = types["negative_saturation"]
    rows[:, 6] = np.select([saturates, mode == 0, mode == 1], [floor, np.minimum(-reset, potential_max), -floor], 0)
    rows[:, 7] = np.where(~saturates & (mode > 0), -1, 0)
    return table
