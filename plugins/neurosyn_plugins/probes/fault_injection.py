"""Probe ``fault_injection``: the network on a chip with defects.

Faults are permanent and drawn once, before the simulation, among what the program uses: dead cores, dead, stuck and
weak neurons, flipped and stuck synapses, cut routes. The program stays compiled for a sound chip, so faults have the
effect of defects that are not known at compile time. Placement, timing and energy are those of the faulty chip.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import (
    NO_DESTINATION,
    Columns,
    Disturbance,
    ProbePlugin,
    Program,
    ScenarioError,
    with_faulty_neurons,
)

__all__ = ["FaultInjection"]

_FAULTS = {
    "dead_core": "cores are dead",
    "dead_neuron": "neurons never fire",
    "stuck_neuron": "neurons fire at every tick",
    "flipped_synapse": "synapses are flipped",
    "cut_route": "neurons' packets get lost",
    "weak_neuron": "neurons have a raised threshold",
    "synapse_stuck_at_0": "synapses are stuck at 0",
    "synapse_stuck_at_1": "synapses are stuck at 1",
}


class FaultInjection(ProbePlugin):
    """Dead cores, dead, stuck and weak neurons, flipped and stuck synapses and cut routes, drawn from a seed."""

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
    weak_neurons: float = Field(
        0.0, ge=0, le=1, description="share of the neurons in use whose threshold is raised by `weakness`"
    )
    weakness: int = Field(1, ge=1, le=2**31 - 1, description="how far the threshold of weak neurons is raised")
    synapses_stuck_at_0: float = Field(
        0.0, ge=0, le=1, description="share of the crossbar points of neurons in use that are off in any case"
    )
    synapses_stuck_at_1: float = Field(
        0.0, ge=0, le=1, description="share of the crossbar points of neurons in use that are on in any case"
    )
    draw: int = Field(0, ge=0, le=2**32 - 1, description="which of all such faults; the scenario's seed counts, too")

    _found: Columns

    def unused(self) -> dict[str, str]:
        """Return `draw` if no fault is drawn, and `weakness` if no neuron is weak."""
        drawn = self.changed(*(name for name, field in type(self).model_fields.items() if field.annotation is float))
        unused = {} if drawn else dict.fromkeys(self.changed("draw"), "no share of faults is above 0")
        if not self.weak_neurons:
            unused |= dict.fromkeys(self.changed("weakness"), "no neuron is weak")
        return unused

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
        weak = _draw(draw["weak_neuron"], working, self.weak_neurons)
        all_points = len(working) * program.axons
        shares = {
            "flipped_synapse": self.flipped_synapses,
            "synapse_stuck_at_0": self.synapses_stuck_at_0,
            "synapse_stuck_at_1": self.synapses_stuck_at_1,
        }
        points = {fault: _draw_points(draw[fault], all_points, share) for fault, share in shares.items()}

        counts = {
            "dead_core": (len(cores), program.cores),
            "dead_neuron": (len(dead), len(places)),
            "stuck_neuron": (len(stuck), len(places)),
            "cut_route": (len(cut), len(places)),
            "weak_neuron": (len(weak), len(places)),
            **{fault: (len(drawn), all_points) for fault, drawn in points.items()},
        }
        self._found = _faults(
            program.neurons,
            dead_core=cores * program.neurons,
            dead_neuron=dead,
            stuck_neuron=stuck,
            cut_route=cut,
            weak_neuron=weak,
        )
        deviations = tuple(f"{n:,} of {of:,} {_FAULTS[fault]}" for fault, (n, of) in counts.items() if n)
        if not deviations:
            return None
        program = with_faulty_neurons(program, cores, dead, stuck)
        program = _weaken(program, weak, self.weakness)
        for fault, drawn in points.items():
            program = _change_synapses(program, working[drawn // program.axons], drawn % program.axons, fault)
        dest_core, dest_axon, delay = program.dest_core.copy(), program.dest_axon.copy(), program.delay.copy()
        dest_core.flat[cut], dest_axon.flat[cut], delay.flat[cut] = NO_DESTINATION, 0, 1
        return Disturbance(replace(program, dest_core=dest_core, dest_axon=dest_axon, delay=delay), deviations)

    def results(self) -> dict[str, Any]:
        """Return how many faults there are of each kind, those of synapses apart."""
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


def _weaken(program: Program, weak: NDArray[np.int64], weakness: int) -> Program:
    """Raise the threshold of neurons, at most to the chip's largest."""
    types, number = np.unique(program.neuron_type.flat[weak], return_inverse=True)
    added = program.neuron_types[types]
    added["threshold"] = np.minimum(added["threshold"] + np.int64(weakness), program.limits.threshold)
    neuron_type = program.neuron_type.copy()
    neuron_type.flat[weak] = len(program.neuron_types) + number
    return replace(program, neuron_types=np.concatenate([program.neuron_types, added]), neuron_type=neuron_type)


def _change_synapses(program: Program, neurons: NDArray[np.int64], axons: NDArray[np.int64], fault: str) -> Program:
    """Flip synapses, or set them to 0 or 1; a core with such a fault no longer shares its crossbar."""
    core, neuron = np.divmod(neurons, program.neurons)
    faulty, number = np.unique(core, return_inverse=True)
    crossbars = program.crossbars[program.crossbar[faulty]]
    bits = np.uint64(1) << (axons % 64).astype(np.uint64)
    at = (number, axons // 64, neuron)
    if fault == "flipped_synapse":
        np.bitwise_xor.at(crossbars, at, bits)
    elif fault == "synapse_stuck_at_0":
        np.bitwise_and.at(crossbars, at, ~bits)
    else:
        np.bitwise_or.at(crossbars, at, bits)
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
