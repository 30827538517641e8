"""The NumPy backend: always there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.base import Backend, LoadedProgram, StepResult
from neurosyn.chip.core import Cores, tick
from neurosyn.chip.crossbar import AXON_TYPES, pack_bits, type_masks, unpack_bits
from neurosyn.chip.neuron import NeuronParameters
from neurosyn.chip.program import Program
from neurosyn.chip.stateless import firing_sums

__all__ = ["NumpyBackend"]

_CHUNK_BITS = 2**21
"""Synapses integrated at once: a few arrays of that many bits stay in the cache."""


class NumpyBackend(Backend):
    """Whole-array NumPy on one thread."""

    name = "numpy"

    def load(self, program: Program) -> LoadedProgram:
        """Look up the parameters of every neuron."""
        return _NumpyProgram(program)


class _NumpyProgram(LoadedProgram):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._neurons = NeuronParameters.of_program(program)
        self._type_masks = type_masks(program.axon_types)
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
        for k, core in enumerate(cores):
            # Sums below 2^24 are exact in float32, where matrix products are fastest.
            bits = unpack_bits(active[:, k], program.axons).astype(np.float32)
            on = unpack_bits(program.crossbars[program.crossbar[core]].T, program.axons)
            weights = self._neurons.weights[:, core].astype(np.float32)
            of_axon = np.zeros(on.shape, np.float32)
            for kind in range(AXON_TYPES):
                of_axon += weights[kind, :, None] * (program.axon_types[core] == kind)
            sums = bits @ (of_axon * on).T
            spikes[:, k] = pack_bits(sums >= needed[k])
            events[:, k] = bits @ on.sum(axis=0, dtype=np.float32)
        return spikes, events
