"""Small circuits on one core, simulated by the engine and, for the potentials, by the plain reference."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.probes.probe import Probe, TickColumns
from neurosyn.testing.reference import ReferenceChip
from verification.small_programs import equal_cores, play

__all__ = ["OUT", "Circuit", "CircuitNeuron", "CircuitRecording", "record"]

OUT = "out"
"""Name of the output neuron of a circuit, whose behaviour is recorded."""
EXCITATORY, INHIBITORY = 0, 1
"""Axon types of the input current."""
_UNITS = 32
"""Number of axons of each sign, which limits the current."""


@dataclass(frozen=True)
class CircuitNeuron:
    """A neuron of a circuit: parameters of `neurosyn.chip.program.NEURON_TYPE`, and its connections.

    Attributes
    ----------
    weights : tuple of int
        s^0 … s^3: weights of excitatory current, inhibitory current, and axon types 2 and 3. A neuron has synapses
        with a current if its weight is not 0.
    hears : tuple of str
        Names of the neurons whose spikes it receives.
    sends_as : int
        Type of the axon that it drives.
    delay : int
        Delay of its spikes in ticks.
    """

    weights: tuple[int, int, int, int]
    threshold: int
    leak: int = 0
    leak_reversal: bool = False
    reset: int = 0
    reset_mode: int = 0
    negative_threshold: int = 0
    negative_saturation: bool = True
    hears: tuple[str, ...] = ()
    sends_as: int = 2
    delay: int = 1


@dataclass(frozen=True)
class Circuit:
    """Neurons by name; `OUT` is the output neuron."""

    neurons: dict[str, CircuitNeuron] = field(default_factory=dict)

    def program(self) -> Program:
        """Return the program: one axon for each unit of current of each sign, then one for each neuron."""
        names, size = list(self.neurons), len(self.neurons)
        kinds = np.zeros(size, NEURON_TYPE)
        synapses = np.zeros((size, 2 * _UNITS + size), np.bool_)
        for number, neuron in enumerate(self.neurons.values()):
            for parameter in NEURON_TYPE.names or ():
                if hasattr(neuron, parameter):
                    kinds[parameter][number] = getattr(neuron, parameter)
            for current in (EXCITATORY, INHIBITORY):
                synapses[number, current * _UNITS : (current + 1) * _UNITS] = neuron.weights[current] != 0
            for source in neuron.hears:
                synapses[number, 2 * _UNITS + names.index(source)] = True
        types = [EXCITATORY] * _UNITS + [INHIBITORY] * _UNITS + [neuron.sends_as for neuron in self.neurons.values()]
        has_listeners = synapses[:, 2 * _UNITS :].any(axis=0)
        return equal_cores(
            kinds,
            synapses,
            axon_types=np.array(types, np.uint8),
            dest_axon=np.where(has_listeners, 2 * _UNITS + np.arange(size), -1).astype(np.int32),
            delay=np.array([neuron.delay for neuron in self.neurons.values()], np.uint8),
        )


@dataclass(frozen=True)
class CircuitRecording:
    """Recorded current, potential and spikes of a circuit.

    Attributes
    ----------
    current : int array (T,)
        Units of excitatory (positive) or inhibitory (negative) current in each tick.
    potential : int array (T,)
        V of `OUT` at the end of each tick.
    spikes : int array (n,)
        Ticks in which `OUT` fired.
    """

    current: NDArray[np.int64]
    potential: NDArray[np.int64]
    spikes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.current)


def record(circuit: Circuit, current: NDArray[np.int64]) -> CircuitRecording:
    """Simulate a circuit by the engine and by the plain reference, and return the recording.

    Raises
    ------
    RuntimeError
        If their spikes differ.
    """
    program = circuit.program()
    out = list(circuit.neurons).index(OUT)
    tick, axon = _inputs(current)
    fired = _SpikesOf(out)
    # `InputSpikes` has the tick before the one of integration.
    spikes = InputSpikes.to_axons(tick - 1, np.zeros(len(tick), np.int32), axon)
    play(program, len(current), spikes=spikes, probes=[fired])
    chip = ReferenceChip(program)
    potential, expected = [], []
    for now in range(len(current)):
        for active in axon[tick == now].tolist():
            chip.deliver(0, active, now)
        if (0, out) in chip.tick():
            expected.append(now)
        potential.append(chip.potential[0][out])
    if fired.ticks != expected:
        raise RuntimeError(f"the engine's spikes {fired.ticks} are not the reference's {expected}")
    return CircuitRecording(current, np.array(potential), np.array(fired.ticks, np.int64))


def _inputs(current: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    if np.abs(current).max(initial=0) > _UNITS:
        raise ValueError(f"a current of {np.abs(current).max()}; at most {_UNITS} units")
    tick = np.repeat(np.arange(len(current)), np.abs(current))
    unit = np.concatenate([np.zeros(0, np.int64), *(np.arange(abs(units)) for units in current.tolist())])
    return tick, (unit + np.where(current[tick] < 0, _UNITS, 0)).astype(np.int32)


class _SpikesOf(Probe):
    """Ticks in which a neuron of the single core fired."""

    def __init__(self, neuron: int) -> None:
        self.neuron = neuron
        self.ticks: list[int] = []

    def tick(self, columns: TickColumns) -> None:
        if self.neuron in columns.spike_neuron:
            self.ticks.append(columns.tick)
