"""Interface of a compute backend: it integrates all cores for a tick, or many frames at once.

Backends differ in speed alone; the bits of their results are the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend.blocks import BLOCK, axon_words, frame_words
from neurosyn.chip.lfsr import initial_states
from neurosyn.chip.program import NO_DESTINATION, Program
from neurosyn.chip.scheduler import Schedulers
from neurosyn.chip.stateless import is_stateless
from neurosyn.errors import BackendError, ForkedError, did_you_mean

__all__ = ["BACKENDS", "Backend", "LoadedProgram", "StepResult", "get_backend"]

BACKENDS = ("cupy", "numba", "numpy")
"""Names of the backends, in the order in which ``auto`` tries them."""


@dataclass(frozen=True)
class StepResult:
    """Result of one tick.

    Attributes
    ----------
    fired : bool array (C, N)
    synaptic_events : uint16 array (C, N)
        Active axons whose synapse onto the neuron is on.
    """

    fired: NDArray[np.bool_]
    synaptic_events: NDArray[np.uint16]

    def spikes(self) -> NDArray[np.intp]:
        """Return the neurons that fired, in order, by the number core × N + neuron."""
        return np.flatnonzero(self.fired)

    def events_of_cores(self) -> NDArray[np.int64]:
        """Return the synaptic events (C,) of each core."""
        sums: NDArray[np.int64] = self.synaptic_events.sum(axis=1, dtype=np.int64)
        return sums


class LoadedProgram(ABC):
    """A program on a backend. It keeps no state of the simulation: those arrays are the caller's.

    Attributes
    ----------
    program : Program
    stateless : bool
        Whether `evaluate_frames` may be used (`neurosyn.chip.stateless.is_stateless`).
    """

    def __init__(self, program: Program) -> None:
        if program.axons > np.iinfo(np.uint16).max:
            raise BackendError(
                f"backend: cores of {program.axons} axons; synaptic events are counted up to {np.iinfo(np.uint16).max} "
                "for a neuron; use smaller cores"
            )
        self.program = program
        self.stateless = is_stateless(program)

    def initial_state(self) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """Return potentials and registers before the first tick, kept where the backend computes.

        For a backend on a device these are the device's arrays, so that nothing but axons and spikes travels in a tick.
        """
        return self.program.initial_potential.copy(), initial_states(self.program.seeds)

    def read(self, state: NDArray[Any]) -> NDArray[Any]:
        """Return a copy of an array of `initial_state` in NumPy."""
        return state.copy()

    def write(self, state: NDArray[Any], values: NDArray[Any]) -> None:
        """Replace the contents of an array of `initial_state` by those of a NumPy array of the same type and shape."""
        state[...] = values

    def schedulers(self) -> Schedulers:
        """Return the program's schedulers, empty."""
        return Schedulers(self.program)

    @abstractmethod
    def step(self, active: NDArray[np.uint64], potential: NDArray[np.int32], rng: NDArray[np.uint32]) -> StepResult:
        """Play one tick of all cores.

        Parameters
        ----------
        active : uint64 array (C, W)
            Axons that are active in this tick; bits beyond the last axon are ignored.
        potential : int32 array (C, N), C-contiguous
            V; updated in place. Of NumPy, or what `initial_state` returned.
        rng : uint32 array (C,)
            States of the cores' random number registers; likewise.
        """

    @abstractmethod
    def evaluate_frames(
        self, cores: NDArray[np.int32], active: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Evaluate single ticks from the initial potential; for stateless programs only.

        Parameters
        ----------
        cores : int32 array (K,)
            The cores to evaluate.
        active : uint64 array (F, K, W)
            Active axons of each frame and core.

        Returns
        -------
        spikes : uint64 array (F, K, ⌈N/64⌉)
            Bit n mod 64 of word n div 64: neuron n fires.
        synaptic_events : int64 array (F, K)

        Raises
        ------
        BackendError
            If the program is not stateless.
        """

    def evaluate_block(
        self, cores: NDArray[np.int32], active: NDArray[np.uint64], frames: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
        """Evaluate a block of frames whose spikes are words of frames; results as of `evaluate_frames`.

        Parameters
        ----------
        cores : int32 array (K,)
            The cores to evaluate.
        active : uint64 array (C, A), C-contiguous
            Bit f: frame f activates the axon.
        frames
            At most 64; bits beyond the last frame are 0.

        Returns
        -------
        fired : uint64 array (K, N)
            Bit f: the neuron fires in frame f.
        synaptic_events, active_axons : int64 arrays (K,)
            In all frames.
        """
        self._check_block(cores, active, frames)
        here = active[cores]
        spikes, events = self.evaluate_frames(
            cores, np.ascontiguousarray(axon_words(here, self.program.words)[:frames])
        )
        fired = frame_words(spikes, self.program.neurons)
        return fired, events.sum(axis=0), np.bitwise_count(here).sum(axis=1, dtype=np.int64)

    def send_words(
        self,
        words: NDArray[np.uint64],
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        into: NDArray[np.uint64],
        *,
        shared: bool,
    ) -> None:
        """OR ``words[source]`` into ``into[target]``, in place.

        Parameters
        ----------
        words : uint64 array (n,)
        source, target : int64 arrays (m,)
        into : uint64 array (k,)
        shared
            Some targets are equal.
        """
        if shared:
            np.bitwise_or.at(into, target, words[source])
        else:
            into[target] |= words[source]

    def look_up_packets(self, spikes: NDArray[np.intp], table: NDArray[np.int32], room: int) -> NDArray[np.int32]:
        """Look up the packets of spikes.

        Parameters
        ----------
        spikes : intp array (n,)
            Neurons that fired, ascending, by the number core × N + neuron.
        table : int32 array (C × N, K), C-contiguous
            Packet of each neuron; `NO_DESTINATION` in the first column if it sends none.
        room
            Columns of the result that are left free before the packets.

        Returns
        -------
        int32 array (2 + K, room + packets)
            Core, neuron and the columns of the table, one row each.
        """
        packets = table[spikes]
        sends = packets[:, 0] != NO_DESTINATION
        spikes, packets = spikes[sends], packets[sends]
        values = np.empty((2 + table.shape[1], room + len(spikes)), np.int32)
        values[0, room:], values[1, room:] = divmod(spikes, self.program.neurons)
        values[2:, room:] = packets.T
        return values

    def _check_state(self, active: NDArray[np.uint64], potential: NDArray[np.int32], rng: NDArray[np.uint32]) -> None:
        program = self.program
        for name, array, shape, dtype in (
            ("active", active, (program.cores, program.words), np.uint64),
            ("potential", potential, (program.cores, program.neurons), np.int32),
            ("rng", rng, (program.cores,), np.uint32),
        ):
            if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
                raise ValueError(f"{name} is {array.dtype} {array.shape}, not a contiguous {np.dtype(dtype)} {shape}")

    def _check_frames(self, cores: NDArray[np.int32], active: NDArray[np.uint64]) -> None:
        if not self.stateless:
            raise BackendError("backend: this program keeps state between ticks; play it tick by tick")
        program = self.program
        if cores.ndim != 1 or (cores.size and (cores.min() < 0 or cores.max() >= program.cores)):
            raise ValueError(f"cores must be a list of cores 0…{program.cores - 1}")
        if active.ndim != 3 or active.shape[1:] != (len(cores), program.words) or active.dtype != np.uint64:
            raise ValueError(f"active is {active.dtype} {active.shape}, not uint64 (F, {len(cores)}, {program.words})")

    def _check_block(self, cores: NDArray[np.int32], active: NDArray[np.uint64], frames: int) -> None:
        program = self.program
        self._check_frames(cores, np.empty((0, len(cores), program.words), np.uint64))
        shape = (program.cores, program.axons)
        if active.shape != shape or active.dtype != np.uint64 or not active.flags.c_contiguous:
            raise ValueError(f"active is {active.dtype} {active.shape}, not a contiguous uint64 {shape}")
        if not 0 <= frames <= BLOCK:
            raise ValueError(f"a block has 0…{BLOCK} frames, not {frames}")


class Backend(ABC):
    """Compute backend.

    Attributes
    ----------
    name : str
    about : str
        What it computes with, for people: versions, threads, device.
    """

    name: str
    about: str = ""

    @abstractmethod
    def load(self, program: Program) -> LoadedProgram:
        """Convert a program to the form that this backend computes with."""


def get_backend(name: str = "auto") -> Backend:
    """Return a backend; ``auto`` is CuPy on a CUDA device, else Numba, else NumPy, whichever works first.

    That a backend works is not guessed: it has run compiled code here before it is returned.

    Raises
    ------
    BackendError
        If there is no such backend, or it does not work on this machine; the message says why and what to install.
    """
    if name == "auto":
        for candidate in BACKENDS[:-1]:
            try:
                return get_backend(candidate)
            except ForkedError:
                # NumPy would do, but ten times slower and without a word.
                raise
            except BackendError:
                pass
        return get_backend(BACKENDS[-1])
    if name not in BACKENDS:
        raise BackendError(
            f"backend: there is no '{name}'{did_you_mean(name, BACKENDS)}; use 'auto', {', '.join(map(repr, BACKENDS))}"
        )
    try:
        module = import_module(f"neurosyn.backend.{name}_backend")
        backend: Backend = getattr(module, f"{name.capitalize()}Backend")()
    except BackendError:
        raise
    except Exception as error:
        raise BackendError(
            f"backend {name}: does not work on this machine ({type(error).__name__}: {error}); "
            f"repair {name} or use another backend"
        ) from error
    return backend
