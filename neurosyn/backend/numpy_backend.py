"""The NumPy backend, which works everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import Backend, LoadedProgram, StepResult
from neurosyn.chip.core import Cores, tick
from neurosyn.chip.crossbar import pack_bits, type_masks, unpack_bits
from neurosyn.chip.neuron import NeuronParameters
from neurosyn.chip.program import Program
from neurosyn.chip.stateless import firing_sums

__all__ = ["NumpyBackend"]

_CHUNK_BITS = 2**21
"""Bits processed together, so that the arrays made of them stay in the cache."""


class NumpyBackend(Backend):
    """Whole-array NumPy on one thread."""

    name = "numpy"
    about = f"NumPy {np.__version__}, 1 thread"

    def load(self, program: Program) -> LoadedProgram:
        """Look up the parameters of every neuron."""
        return _NumpyProgram(program)


class _NumpyProgram(LoadedProgram):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._neurons = NeuronParameters.of_program(program)
        self._type_masks = type_masks(program.axon_types, program.weights)
        self._stochastic: NDArray[np.bool_] = np.any(self._neurons.stochastic, axis=-1)
        self._chunk = max(1, _CHUNK_BITS // (64 * program.words * program.neurons))

    def _cores(self, cores: slice) -> Cores:
        program = self.program
        return Cores(
            program.crossbars[program.crossbar[cores]],
            program.axon_types[cores],
            self._type_masks[cores],
            self._neurons[cores],
            self._stochastic[cores],
        )

    def step(self, active: NDArray[np.uint64], potential: NDArray[np.int32], rng: NDArray[np.uint32]) -> StepResult:
        self._check_state(active, potential, rng)
        fired = np.empty(potential.shape, np.bool_)
        events = np.empty(potential.shape, np.uint16)
        for start in range(0, len(active), self._chunk):
            some = slice(start, start + self._chunk)
            fired[some], events[some] = tick(self._cores(some), active[some], potential[some], rng[some])
        return StepResult(fired, events)

    def evaluate_frames(
        self, cores: NDArray[np.int32], active: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        self._check_frames(cores, active)
        program = self.program
        needed = firing_sums(program, cores)
        spikes = np.empty((*active.shape[:2], -(-program.neurons // 64)), np.uint64)
        events = np.empty(active.shape[:2], np.int64)
        for core, alike in self._alike(cores).items():
            on, weights = self._matrices(core)
            fan_out = on.sum(axis=1, dtype=np.float32)
            together = max(1, _CHUNK_BITS // max(1, len(active) * program.axons))
            for start in range(0, len(alike), together):
                some = alike[start : start + together]
                # Sums below 2^24 are exact in float32, where matrix products are fastest.
                bits = unpack_bits(active[:, some], program.axons).astype(np.float32)
                spikes[:, some] = pack_bits(bits @ weights >= needed[some])
                events[:, some] = bits @ fan_out
        return spikes, events

    def _alike(self, cores: NDArray[np.int32]) -> dict[int, list[int]]:
        """Group indices into `cores` by equal synapses and weights, under the first core of each group."""
        groups: dict[tuple[int, bytes, bytes], tuple[int, list[int]]] = {}
        for k, core in enumerate(cores.tolist()):
            synapses = int(self.program.crossbar[core]), self.program.axon_types[core].tobytes()
            groups.setdefault((*synapses, self._neurons.weights[:, core].tobytes()), (core, []))[1].append(k)
        return dict(groups.values())

    def _matrices(self, core: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Return a core's synapses and their weights, both (A, N)."""
        program = self.program
        on = unpack_bits(program.crossbars[program.crossbar[core]].T, program.axons).T
        weights = self._neurons.weights[program.axon_types[core], core]
        return on, np.where(on, weights, 0).astype(np.float32)
