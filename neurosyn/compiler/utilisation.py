"""Utilisation of a program's cores, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.chip.usage import used_neurons
from neurosyn.network.layer import AXONS_PER_INPUT

__all__ = ["summarise"]


def summarise(program: Program) -> dict[str, Any]:
    """Return the utilisation table of a program as plain JSON values.

    Returns
    -------
    dict
        ``layers`` : one row for each layer with ``layer``, ``cores``, ``groups``, ``tile`` (rows, columns of sites in a
        core), ``parts`` (cores that share a site's features), ``copies`` (neurons of a feature), ``bound`` (resources
        that limit a core: "axons", "neurons"), ``axons_mean``, ``axons_max`` (axons driven by a neuron or an input
        line), ``neurons_mean``, ``neurons_max``, ``neurons`` (with a synapse or a destination), ``synapses`` and
        ``density`` (share of the layer's crossbar points that are on), ``bounds`` (least number of cores for its axons,
        neurons and synapses, see `neurosyn.compiler.bounds`), ``fewest`` (the largest of them) and ``fewest_for`` (its
        name). Entries that a raw program lacks are None.
        ``total`` : the same sums and means over all cores, with ``crossbars`` (number of distinct ones),
        ``input_lines``, ``pins``, ``depth`` (ticks from input to output), ``filters`` and ``complemented_filters``
        (their numbers, of a compiled network) and ``published`` (published number of cores).
    """
    axons = _driven_axons(program)
    neurons = used_neurons(program)
    synapses = np.bitwise_count(program.crossbars).sum(axis=(1, 2), dtype=np.int64)[program.crossbar]
    plans = program.about.get("layers", [{} for _ in program.layer_names])
    rows = []
    for number, (name, plan) in enumerate(zip(program.layer_names, plans, strict=True)):
        here = program.core_layer == number
        row = {"layer": name, **_use(program, axons[here], neurons[here], synapses[here])}
        row |= {key: plan.get(key) for key in ("groups", "tile", "parts", "copies", "bound")}
        rows.append(row | _bounds(program, plan.get("demand")))
    total = _use(program, axons, neurons, synapses)
    total |= {
        "crossbars": len(program.crossbars),
        "input_lines": len(program.input_core),
        "pins": program.pins,
        "depth": program.about.get("depth"),
        "published": program.about.get("options", {}).get("published_cores"),
        "fewest": sum(row["fewest"] for row in rows) if all(row["fewest"] for row in rows) else None,
    }
    total |= {key: program.about[key] for key in ("filters", "complemented_filters") if key in program.about}
    return {"layers": rows, "total": total}


def _use(
    program: Program, axons: NDArray[np.int64], neurons: NDArray[np.int64], synapses: NDArray[np.int64]
) -> dict[str, Any]:
    cores = len(axons)
    return {
        "cores": cores,
        "axons_mean": float(axons.mean()) if cores else 0.0,
        "axons_max": int(axons.max(initial=0)),
        "neurons_mean": float(neurons.mean()) if cores else 0.0,
        "neurons_max": int(neurons.max(initial=0)),
        "neurons": int(neurons.sum()),
        "synapses": int(synapses.sum()),
        "density": float(synapses.sum()) / (max(cores, 1) * program.axons * program.neurons),
    }


def _bounds(program: Program, demand: dict[str, int] | None) -> dict[str, Any]:
    """Return the least number of cores of a layer, by limiting resource."""
    if demand is None:
        return {"bounds": None, "fewest": None, "fewest_for": None}
    # At most one axon of a pair has a synapse with a neuron.
    room = {
        "axons": program.axons,
        "neurons": program.neurons,
        "synapses": program.axons * program.neurons // AXONS_PER_INPUT,
    }
    bounds = {name: -(-demand[name] // of_core) for name, of_core in room.items()}
    fewest_for = max(bounds, key=lambda name: bounds[name])
    return {"bounds": bounds, "fewest": bounds[fewest_for], "fewest_for": fewest_for}


def _driven_axons(program: Program) -> NDArray[np.int64]:
    """Return the number of axons of each core that a neuron or an input line drives, int64 (cores,)."""
    driven = np.zeros((program.cores, program.axons), bool)
    inside = program.dest_core >= 0
    driven[program.dest_core[inside], program.dest_axon[inside]] = True
    driven[program.input_core, program.input_axon] = True
    counts: NDArray[np.int64] = driven.sum(axis=1)
    return counts
