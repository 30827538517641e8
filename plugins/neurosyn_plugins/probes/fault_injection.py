"""Probe ``fault_injection``: the network on a chip with defects.

Faults are permanent and drawn once, before the simulation, among what the program uses: dead cores, dead and stuck
neurons, flipped synapses, cut routes. The program stays compiled for a sound chip, so faults have the effect of defects
that are not known at compile time. Placement, timing and energy are those of the faulty chip.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import NEURON_TYPE, NO_DESTINATION, Columns, Disturbance, ProbePlugin, Program, ScenarioError

__all__ = ["FaultInjection"]

_FAULTS = {
    "dead_core": "cores are dead",
    "dead_neuron": "neurons never fire",
    "stuck_neuron": "neurons fire at every tick",
    "flipped_synapse": "synapses are flipped",
    "cut_route": "neurons' packets get lost",
}


class FaultInjection(ProbePlugin):
    """Dead cores, dead and stuck neurons, flipped synapses and cut routes, drawn from a seed."""

    dead_cores: float = Field(0.0, ge=0, le=1, description="share of the cores of which no neuron fires")
    cores: list[int] = Field([], description="cores that are dead in any case")
    dead_neurons: float = Field(0.0, ge=0, le=1, description="share of the neurons in use that never fire")
    stuck_neurons: float = Field(0.0, ge=0, le=1, description="share of the neurons in use that fire at every tick")
    flipped_synapses: float = Field(
        0.0, ge=0, le=1, description="share of the crossbar points of neurons in use that are on for off and off for on"
    )
    cut_routes: float = Field(
        0.0, ge=0, le=1, description="share of the neurons in use whose packets are lost before they enter the network"
    )
    draw: int = Field(0, ge=0, le=2**32 - 1, description="which of all such faults; the scenario's seed counts, too")

    _found: Columns

    def unused(self) -> dict[str, str]:
        """Return `draw` if no fault is drawn."""
        drawn = self.changed("dead_cores", "dead_neurons", "stuck_neurons", "flipped_synapses", "cut_routes")
        return {} if drawn else dict.fromkeys(self.changed("draw"), "no share of faults is above 0")

    def disturb(self, program: Program, seed: int) -> Disturbance | None:
        """Return the program with its faults."""
        wrong = [core for core in self.cores if not 0 <= core < program.cores]
        if wrong:
            raise ScenarioError(f"cores: {wrong[0]} is not one of the program's cores 0 … {program.cores - 1}")
        # A stream of its own for each fault: more of one does not move the others.
        streams = dict(zip(_FAULTS, np.random.SeedSequence([seed, self.draw]).spawn(len(_FAULTS)), strict=True))
        draw = {fault: np.random.default_rng(stream) for fault, stream in streams.items()}

        cores = _draw(draw["dead_core"], np.arange(program.cores), self.dead_cores)
        cores = np.union1d(cores, np.array(self.cores, np.int64))
        used = program.dest_core != NO_DESTINATION
        used[cores] = False
        places = np.flatnonzero(used)
        dead = _draw(draw["dead_neuron"], places, self.dead_neurons)
        alive = np.setdiff1d(places, dead, assume_unique=True)
        stuck = _draw(draw["stuck_neuron"], alive, self.stuck_neurons)
        cut = _draw(draw["cut_route"], np.setdiff1d(alive, stuck, assume_unique=True), self.cut_routes)
        working = np.setdiff1d(alive, stuck, assume_unique=True)
        points = _draw_points(draw["flipped_synapse"], len(working) * program.axons, self.flipped_synapses)
        flipped, axon = working[points // program.axons], points % program.axons

        counts = {
            "dead_core": (len(cores), program.cores),
            "dead_neuron": (len(dead), len(places)),
            "stuck_neuron": (len(stuck), len(places)),
            "flipped_synapse": (len(points), len(working) * program.axons),
            "cut_route": (len(cut), len(places)),
        }
        self._found = _faults(
            program.neurons, dead_core=cores * program.neurons, dead_neuron=dead, stuck_neuron=stuck, cut_route=cut
        )
        deviations = tuple(f"{n:,} of {of:,} {_FAULTS[fault]}" for fault, (n, of) in counts.items() if n)
        if not deviations:
            return None
        program = _silence(program, cores, dead, stuck)
        program = _flip(program, flipped, axon)
        dest_core, dest_axon, delay = program.dest_core.copy(), program.dest_axon.copy(), program.delay.copy()
        dest_core.flat[cut], dest_axon.flat[cut], delay.flat[cut] = NO_DESTINATION, 0, 1
        return Disturbance(replace(program, dest_core=dest_core, dest_axon=dest_axon, delay=delay), deviations)

    def results(self) -> dict[str, Any]:
        """Return how many faults there are of each kind, flipped synapses apart."""
        faults, counts = np.unique(self._found["fault"], return_counts=True)
        return dict(zip((f"{fault}s" for fault in faults.tolist()), counts.tolist(), strict=True))

    def tables(self) -> dict[str, Columns]:
        """Return the faulty cores and neurons; a dead core stands for all of its neurons (neuron −1)."""
        return {"faults": self._found}


def _draw(random: np.random.Generator, things: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Return a share of things, in order."""
    return np.sort(random.permutation(things)[: round(share * len(things))]) if share else things[:0]


def _draw_points(random: np.random.Generator, points: int, share: float) -> NDArray[np.int64]:
    """Return a share of the numbers 0 … `points` − 1, each drawn by itself."""
    if not share:
        return np.zeros(0, np.int64)
    gaps = [random.geometric(share, round(points * share * 1.01) + 100)]
    while sum(int(gap.sum()) for gap in gaps) <= points:
        gaps.append(random.geometric(share, 1000))
    drawn: NDArray[np.int64] = np.cumsum(np.concatenate(gaps)) - 1
    return drawn[drawn < points]


def _silence(program: Program, cores: NDArray[np.int64], dead: NDArray[np.int64], stuck: NDArray[np.int64]) -> Program:
    """Give dead neurons a type that never fires, stuck ones one that always does; take dead cores' synapses away."""
    added = np.zeros(2, NEURON_TYPE)
    added["threshold"], added["negative_saturation"], added["leak"] = 1, True, (0, 1)
    neuron_type, initial = program.neuron_type.copy(), program.initial_potential.copy()
    neuron_type.flat[dead] = neuron_type[cores] = len(program.neuron_types)
    neuron_type.flat[stuck] = len(program.neuron_types) + 1
    initial.flat[dead] = initial.flat[stuck] = initial[cores] = 0
    crossbar = program.crossbar.copy()
    crossbar[cores] = len(program.crossbars)
    return replace(
        program,
        crossbars=np.concatenate([program.crossbars, np.zeros_like(program.crossbars[:1])]),
        crossbar=crossbar,
        neuron_types=np.concatenate([program.neuron_types, added]),
        neuron_type=neuron_type,
        initial_potential=initial,
    )


def _flip(program: Program, neurons: NDArray[np.int64], axons: NDArray[np.int64]) -> Program:
    """Flip synapses; a core with such a fault no longer shares its crossbar."""
    core, neuron = np.divmod(neurons, program.neurons)
    faulty, number = np.unique(core, return_inverse=True)
    crossbars = program.crossbars[program.crossbar[faulty]]
    bits = np.uint64(1) << (axons % 64).astype(np.uint64)
    np.bitwise_xor.at(crossbars, (number, axons // 64, neuron), bits)
    crossbar = program.crossbar.copy()
    crossbar[faulty] = len(program.crossbars) + np.arange(len(faulty))
    return replace(program, crossbars=np.concatenate([program.crossbars, crossbars]), crossbar=crossbar)


def _faults(neurons: int, **neurons_by_fault: NDArray[np.int64]) -> Columns:
    fault = np.repeat(
        np.array(list(neurons_by_fault), dtype=str), [len(places) for places in neurons_by_fault.values()]
    )
    core, neuron = np.divmod(np.concatenate(list(neurons_by_fault.values())), neurons)
    neuron = np.where(fault == "dead_core", -1, neuron)
    return {"fault": fault.astype(str), "core": core.astype(np.int32), "neuron": neuron.astype(np.int32)}
