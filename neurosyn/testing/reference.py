"""Reference chip in plain Python, written from the equations for comparison with the fast backends.

It shares no code with them: integers, loops over neurons and axons, and the shift register bit by bit.
`neurosyn.chip.neuron` and `neurosyn.chip.lfsr` define the arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from neurosyn.chip.program import OUTPUT, Program

__all__ = ["ReferenceChip", "ReferenceRegister", "tick_neuron"]

_TRUENORTH = (-524_288, 524_287)


class ReferenceRegister:
    """Shift register of a core, stepped bit by bit: Galois form, polynomial 0x04C11DB7."""

    def __init__(self, seed: int) -> None:
        self.state = seed if seed != 0 else 0xFFFF_FFFF

    def draw(self, bits: int) -> int:
        """Step by `bits` bits, rounded up to whole bytes, and return the low `bits` bits of the state."""
        steps = 8 * ((bits + 7) // 8)
        for _ in range(steps):
            out = self.state & 1
            self.state >>= 1
            if out:
                self.state ^= 0xEDB8_8320
        return self.state & ((1 << bits) - 1)


def _sign(x: int) -> int:
    if x > 0:
        return 1
    return -1 if x < 0 else 0


def _saturated(v: int, limits: tuple[int, int]) -> int:
    return max(limits[0], min(limits[1], v))


def _stochastic(value: int, register: ReferenceRegister) -> int:
    rho = register.draw(8)
    return _sign(value) if abs(value) >= rho else 0


def tick_neuron(
    p: dict[str, Any],
    potential: int,
    axon_types: Iterable[int],
    register: ReferenceRegister,
    limits: tuple[int, int] = _TRUENORTH,
) -> tuple[bool, int]:
    """Compute one tick of one neuron.

    Parameters
    ----------
    p : dict
        A row of the table of neuron types as Python numbers, by the names of `neurosyn.chip.program.NEURON_TYPE`.
    potential : int
        Potential before the tick.
    axon_types : iterable of int
        Types of the active axons whose synapse is on, the axons in ascending order.
    register : ReferenceRegister
        Register of the neuron's core; draws advance it.
    limits : (int, int)
        Lowest and highest potential.

    Returns
    -------
    fired : bool
    potential : int
    """
    v = potential
    for kind in axon_types:
        weight = p["weights"][kind]
        if p["stochastic_weights"][kind]:
            weight = _stochastic(weight, register)
        v = _saturated(v + weight, limits)

    leak = p["leak"]
    if p["stochastic_leak"]:
        leak = _stochastic(leak, register)
    if p["leak_reversal"]:
        before = v
        v = v + _sign(v) * leak
        if (before > 0 and v < 0) or (before < 0 and v > 0):
            v = 0
    else:
        v = v + leak
    v = _saturated(v, limits)

    mask = 2 ** p["threshold_mask_bits"] - 1
    eta = register.draw(p["threshold_mask_bits"]) if mask else 0
    alpha, beta, gamma, kappa = p["threshold"], p["negative_threshold"], p["reset_mode"], p["negative_saturation"]
    fired = v >= alpha + eta
    if fired:
        if gamma == 0:
            v = p["reset"]
        elif gamma == 1:
            v = v - (alpha + eta)
        else:
            v = min(v, alpha + mask)
    elif v < -(beta * kappa + (beta + eta) * (1 - kappa)):
        if kappa:
            v = -beta
        elif gamma == 0:
            v = -p["reset"]
        elif gamma == 1:
            v = v + (beta + eta)
    return fired, _saturated(v, limits)


class ReferenceChip:
    """Simulator of a whole program, tick by tick, without timing.

    Attributes
    ----------
    potential : list of lists of int
        Potential of each core's neurons.
    registers : list of ReferenceRegister
    synaptic_events : list of lists of int
        Synaptic events of each core and neuron in the last tick.
    collisions : int
        Number of spikes so far that merged with another spike for the same axon and tick.
    now : int
        Number of the next tick.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.now = 0
        self.collisions = 0
        self.potential = program.initial_potential.tolist()
        self.registers = [ReferenceRegister(seed) for seed in program.seeds.tolist()]
        self.synaptic_events = [[0] * program.neurons for _ in range(program.cores)]
        self._slots = program.limits.delay_slots
        half = 2 ** (program.limits.potential_bits - 1)
        self._limits = (-half, half - 1)
        self._pending: list[list[set[int]]] = [[set() for _ in range(program.cores)] for _ in range(self._slots)]
        self._axon_types = program.axon_types.tolist()
        self._synapses = [self._synapses_of(crossbar) for crossbar in range(len(program.crossbars))]
        self._types = [
            {name: row[name].tolist() for name in program.neuron_types.dtype.names or ()}
            for row in program.neuron_types
        ]

    def _synapses_of(self, crossbar: int) -> list[list[int]]:
        """Return the axons of each neuron, ascending."""
        words = self.program.crossbars[crossbar].tolist()
        return [
            [axon for axon in range(self.program.axons) if words[axon // 64][neuron] >> (axon % 64) & 1]
            for neuron in range(self.program.neurons)
        ]

    def deliver(self, core: int, axon: int, tick: int) -> None:
        """Put a spike into the scheduler of a core, for integration in `tick`."""
        slot = self._pending[tick % self._slots][core]
        if axon in slot:
            self.collisions += 1
        slot.add(axon)

    def integrate(self, core: int, active: set[int]) -> list[bool]:
        """Compute one tick of one core with the given active axons; return whether each neuron fires."""
        fired = []
        for neuron in range(self.program.neurons):
            kind_of = int(self.program.neuron_type[core, neuron])
            on = [axon for axon in self._synapses[int(self.program.crossbar[core])][neuron] if axon in active]
            self.synaptic_events[core][neuron] = len(on)
            spike, self.potential[core][neuron] = tick_neuron(
                self._types[kind_of],
                self.potential[core][neuron],
                [self._axon_types[core][axon] for axon in on],
                self.registers[core],
                self._limits,
            )
            fired.append(spike)
        return fired

    def tick(self, inputs: Iterable[int] = ()) -> list[tuple[int, int]]:
        """Compute one tick and return the (core, neuron) pairs that fired, in order.

        Parameters
        ----------
        inputs : iterable of int
            Input lines with a spike of this tick, which is integrated in the next one.
        """
        program = self.program
        row = self._pending[self.now % self._slots]
        self._pending[self.now % self._slots] = [set() for _ in range(program.cores)]
        fired = []
        for core in range(program.cores):
            for neuron, spike in enumerate(self.integrate(core, row[core])):
                if spike:
                    fired.append((core, neuron))
        for core, neuron in fired:
            target = int(program.dest_core[core, neuron])
            if target >= 0:
                self.deliver(target, int(program.dest_axon[core, neuron]), self.now + int(program.delay[core, neuron]))
        for line in inputs:
            self.deliver(int(program.input_core[line]), int(program.input_axon[line]), self.now + 1)
        self.now += 1
        return fired

    def outputs(self, fired: Iterable[tuple[int, int]]) -> list[int]:
        """Return the output pins that these neurons drive."""
        drives = ((self.program.dest_core[c, n], self.program.dest_axon[c, n]) for c, n in fired)
        return [int(pin) for target, pin in drives if target == OUTPUT]
