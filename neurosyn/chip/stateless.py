"""Analysis of programs: stateless ones, and those that run as a pipeline of stages.

In a stateless program every neuron's potential is after any tick what it was before the first, whatever came in, and no
random number is drawn. Networks compiled from Eedn are (V = 0, and a neuron fires iff Σ w·u + λ ≥ 1). If besides all
paths from the inputs to a core take equally many ticks, one frame can follow another at every tick, and many frames can
be integrated at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import count_synapses, type_masks
from neurosyn.chip.neuron import NeuronParameters, apply_leak
from neurosyn.chip.program import OUTPUT, Program

__all__ = ["Pipeline", "firing_sums", "is_stateless", "pipeline"]

_CHUNK = 256
"""Cores processed together, to bound memory."""


def is_stateless(program: Program) -> bool:
    """Return True if every tick leaves every potential as it was at the start, without random numbers.

    Sound, not complete: true is a proof from the parameters (an interval that holds every potential that synapses and
    leak can reach from the initial one, and what threshold and reset make of it); false may mean that the proof does
    not cover the program. Potentials that could saturate within a tick are not covered.
    """
    if _types_return(program):
        return True
    masks = type_masks(program.axon_types, program.weights)
    for start in range(0, program.cores, _CHUNK):
        some = slice(start, start + _CHUNK)
        neurons = NeuronParameters.of_types(program.neuron_types, program.neuron_type[some], program.limits)
        initial = program.initial_potential[some]
        sure = _returns_whatever_is_active(neurons, initial, program.axons)
        if sure.all():
            continue
        cores = np.flatnonzero(~sure.all(axis=-1))
        crossbars = program.crossbars[program.crossbar[some][cores]]
        neurons, initial = neurons[cores], initial[cores]
        weights = neurons.weights.astype(np.int64)
        low, high = initial.astype(np.int64), initial.astype(np.int64)
        draws = neurons.stochastic_leak | (neurons.threshold_mask_bits > 0)
        for kind in range(program.weights):
            counts = count_synapses(crossbars, masks[some][cores, kind])
            low += np.minimum(weights[kind], 0) * counts
            high += np.maximum(weights[kind], 0) * counts
            draws |= neurons.stochastic_weights[kind] & (counts > 0)
        if draws.any() or not (_returns(neurons, initial, low, high, draws)).all():
            return False
    return True


def _types_return(program: Program) -> bool:
    """Return True if all types of neurons are sure to return to one common initial potential: the quick proof.

    Compiled networks have a million neurons of some hundred types, all of which begin at 0.
    """
    initial = program.initial_potential
    if not initial.size or (initial != initial.flat[0]).any():
        return False
    used = np.flatnonzero(np.bincount(program.neuron_type.ravel())).astype(np.int32)
    neurons = NeuronParameters.of_types(program.neuron_types, used, program.limits)
    alike = np.full(len(used), initial.flat[0], np.int32)
    return bool(_returns_whatever_is_active(neurons, alike, program.axons).all())


def _returns_whatever_is_active(neurons: NeuronParameters, initial: NDArray[np.int32], axons: int) -> NDArray[np.bool_]:
    """Return True if V is `initial` after a tick with any synapses, on or off, and any active axons."""
    widest = (axons * np.abs(neurons.weights.astype(np.int64))).max(axis=0)
    return _returns(neurons, initial, initial - widest, initial + widest)


def _returns(
    neurons: NeuronParameters,
    initial: NDArray[np.int32],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    draws: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Return True if V is `initial` after a tick for every V in low … high after the synapses."""
    least, most = neurons.limits.potential_min, neurons.limits.potential_max
    inside = (low >= least) & (high <= most)
    # The leak never changes the order of two potentials, with leak reversal or without.
    low = apply_leak(neurons, low.clip(least, most).astype(np.int32)).astype(np.int64)
    high = apply_leak(neurons, high.clip(least, most).astype(np.int32)).astype(np.int64)
    mode, threshold, floor = neurons.reset_mode, neurons.threshold, -neurons.negative_threshold

    # γ = 2 and TM = 0: what fires is clipped to the threshold.
    constant = np.select([mode == 0, mode == 2], [neurons.reset, threshold], initial)
    fires_at = np.maximum(low, threshold)
    fires = (fires_at > high) | np.where(
        mode == 1, (fires_at == high) & (high - threshold == initial), constant == initial
    )
    falls_at = np.minimum(high, floor - 1)
    single = low == falls_at
    after_fall = np.select(
        [neurons.negative_saturation, mode == 0, mode == 1], [floor, -neurons.reset, low - floor], low
    )
    falls = (falls_at < low) | ((after_fall == initial) & (neurons.negative_saturation | (mode == 0) | single))
    keeps_from, keeps_to = np.maximum(low, floor), np.minimum(high, threshold - 1)
    keeps = (keeps_from > keeps_to) | ((keeps_from == initial) & (keeps_to == initial))
    certain: NDArray[np.bool_] = inside & ~(neurons.stochastic if draws is None else draws)
    result: NDArray[np.bool_] = certain & fires & falls & keeps
    return result


def firing_sums(program: Program, cores: NDArray[np.int32] | slice = slice(None)) -> NDArray[np.int32]:
    """Return, for neurons (…, N) of a stateless program, the smallest sum of the synapses with which they fire."""
    neurons = NeuronParameters.of_types(program.neuron_types, program.neuron_type[cores], program.limits)
    threshold, leak = neurons.threshold, neurons.leak.astype(np.int32)
    # With leak reversal V moves by λ away from 0 (λ > 0) or towards it, where it stops.
    reversed_ = np.where(threshold > 0, np.maximum(threshold - leak, 1), np.minimum(leak, 0))
    needed = np.where(neurons.leak_reversal, reversed_, threshold - leak)
    sums: NDArray[np.int32] = (needed - program.initial_potential[cores]).astype(np.int32)
    return sums


@dataclass(frozen=True)
class Pipeline:
    """The stages of a program.

    Attributes
    ----------
    stage : int32 array (C,)
        Ticks from the injection of a frame to its integration by the core: a frame whose spikes are stamped t is
        integrated at t + 1 by the cores that the inputs enter (stage 1), and at t + stage by the others. Cores without
        a path from an input do the same at every tick; their stage is the one that fits their targets, at least 1.
    depth : int
        Ticks from the injection of a frame to the firing of the last output neurons: the largest stage of a core with
        an output (of any core, if there are no outputs).
    """

    stage: NDArray[np.int32]
    depth: int


def pipeline(program: Program) -> Pipeline | None:
    """Return the stages of a program, or None if it is no pipeline.

    A program is a pipeline if all paths from the inputs to a core take equally many ticks; then it has no cycle.
    """
    cores = program.cores
    inside = program.dest_core >= 0
    source = np.broadcast_to(np.arange(cores)[:, None], inside.shape)[inside].astype(np.int64)
    slots = program.limits.delay_slots
    edges = np.unique((source * cores + program.dest_core[inside]) * slots + program.delay[inside])
    delay, source, target = edges % slots, edges // slots // cores, edges // slots % cores

    # Walk along the edges in both directions: neighbours fix each other's stage.
    order = np.argsort(np.concatenate([source, target]), kind="stable")
    neighbour = np.concatenate([target, source])[order]
    step = np.concatenate([delay, -delay])[order]
    first = np.searchsorted(np.concatenate([source, target])[order], np.arange(cores + 1))

    unknown = np.iinfo(np.int64).min
    stage = np.full(cores, unknown)
    inputs = np.unique(program.input_core)
    stage[inputs] = 1
    _spread(stage, list(inputs), unknown, first, neighbour, step)
    for core in range(cores):
        if stage[core] == unknown:
            stage[core] = 0
            members = _spread(stage, [core], unknown, first, neighbour, step)
            stage[members] += 1 - stage[members].min()
    if (stage[target] - stage[source] != delay).any() or stage.min() < 1:
        return None
    leaves = (program.dest_core == OUTPUT).any(axis=-1)
    depth = int(stage[leaves].max() if leaves.any() else stage.max())
    return Pipeline(stage.astype(np.int32), depth)


def _spread(
    stage: NDArray[np.int64],
    found: list[int],
    unknown: int,
    first: NDArray[np.int64],
    neighbour: NDArray[np.int64],
    step: NDArray[np.int64],
) -> list[int]:
    """Give stages to all cores connected with those in `found`; return all of them."""
    for core in found:
        some = slice(first[core], first[core + 1])
        for other, ticks in zip(neighbour[some].tolist(), step[some].tolist(), strict=True):
            if stage[other] == unknown:
                stage[other] = stage[core] + ticks
                found.append(other)
    return found
