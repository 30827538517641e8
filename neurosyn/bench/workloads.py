"""Recurrent networks of tonic neurons, on which chips and simulators are measured.

Published power (Merolla et al. 2014) was measured on networks that fill a chip, with a given mean rate and a given
number of active synapses per neuron, each neuron sending to a core drawn uniformly from all. Here leak and threshold of
each neuron set its rate; its synapses excite and inhibit in equal parts, so they cost energy and hardly change the mean
rate.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.mesh import CHIP_SIDE, Mesh
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE, Program

__all__ = ["SIZE", "TICKS_PER_SECOND", "characterisation_program", "random_placement"]

SIZE = 256
"""Number of axons and of neurons of a core. [P] Merolla et al. 2014."""
TICKS_PER_SECOND = 1000
"""Nominal ticks per second, to which rates in Hz refer. [P] Merolla et al. 2014."""

_SILENT_THRESHOLD = 50
_LARGEST_LEAK, _LARGEST_THRESHOLD = 255, 2**18 - 1
_RATE_TOLERANCE = Fraction(1, 400)
_LEAST_RATIO = 10
"""Least ratio of the threshold to the standard deviation of the synaptic input of a tick. With low thresholds the input
alone makes neurons fire: at 200 Hz and 256 synapses a threshold of 5 doubles the rate."""
_PATTERNS = 4096
_CHUNK = 64
"""Number of cores whose crossbars are made together, to bound memory."""


def characterisation_program(
    side: int, rate_hz: float, synapses: int, seed: int = 0, *, merging: bool = False
) -> Program:
    """Return a network of side² cores whose neurons all fire at one rate.

    Each axon has exactly `synapses` of the 256 synapses on, drawn independently for every axon; axon types alternate,
    with the weights +1 and −1. A neuron adds its leak λ in every tick and fires at its threshold α with linear reset,
    hence at λ/α spikes per tick; λ is the smallest leak that gives the rate within 0.25 % and a threshold well above
    the synaptic input of a tick (20 Hz with 128 synapses: λ = 1, α = 50). Potentials start uniformly in 0 … α − 1, so
    that the network is near its steady state once the spikes of the first tick have arrived.

    Parameters
    ----------
    side
        Side of the square, in cores.
    rate_hz
        Spikes per second of each neuron with a tick of 1 ms: 0 or 1 … 1000.
    synapses
        Synapses that are on in each axon's row, and on average for each neuron.
    seed
        Same seed, same program.
    merging
        Whether neurons draw axon and core independently, so that spikes to a shared axon may merge; otherwise each axon
        of the network is driven by exactly one neuron.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    if side < 1 or not 0 <= synapses <= SIZE:
        raise ValueError(f"a square of side {side} with {synapses} synapses per axon; at least 1, and 0…{SIZE}")
    leak, threshold = _leak_and_threshold(rate_hz, synapses)
    cores = side * side
    shape = (cores, SIZE)
    random = np.random.default_rng(seed)
    axons = cores * SIZE
    target = random.integers(0, axons, axons) if merging else random.permutation(axons)
    target = target.reshape(shape)
    kind = np.zeros(1, NEURON_TYPE)
    kind["weights"] = (1, -1, 0, 0)
    kind["leak"] = leak
    kind["threshold"] = threshold
    kind["negative_threshold"] = _LARGEST_THRESHOLD
    kind["negative_saturation"] = True
    kind["reset_mode"] = 1
    return Program(
        axons=SIZE,
        neurons=SIZE,
        crossbars=_crossbars(random, cores, synapses),
        crossbar=np.arange(cores, dtype=np.int32),
        axon_types=np.tile(np.arange(SIZE, dtype=np.uint8) % 2, (cores, 1)),
        neuron_types=kind,
        neuron_type=np.zeros(shape, np.int32),
        initial_potential=random.integers(0, threshold, shape, dtype=np.int32),
        dest_core=(target // SIZE).astype(np.int32),
        dest_axon=(target % SIZE).astype(np.int32),
        delay=np.ones(shape, np.uint8),
        seeds=np.arange(1, cores + 1, dtype=np.uint32),
        input_core=np.zeros(0, np.int32),
        input_axon=np.zeros(0, np.int32),
        pins=0,
        pin_class=np.zeros(0, np.int32),
        layer_names=("characterisation",),
        core_layer=np.zeros(cores, np.int32),
        activity=np.full(shape, rate_hz / TICKS_PER_SECOND, np.float32),
        about={"made_by": f"characterisation_program, {rate_hz:g} Hz, {synapses} synapses, seed {seed}"},
    )


def random_placement(program: Program, side: int, seed: int = 0) -> Placement:
    """Place a program's cores at random in a square of side² cores, on the smallest square board that holds it."""
    chips = -(-side // CHIP_SIDE)
    cells = np.random.default_rng(seed).permutation(side * side)[: program.cores]
    return Placement(Mesh(chips, chips), np.stack([cells % side, cells // side], axis=1).astype(np.int32))


def _leak_and_threshold(rate_hz: float, synapses: int) -> tuple[int, int]:
    if rate_hz == 0:
        return 0, _SILENT_THRESHOLD
    # By the decimal text, not the nearest double: 11.58 Hz is 579/50000 of a spike per tick.
    rate = Fraction(str(rate_hz)) / TICKS_PER_SECOND
    if Fraction(1, TICKS_PER_SECOND) <= rate <= 1:
        least_threshold = _LEAST_RATIO * math.sqrt(synapses * rate)
        for leak in range(1, _LARGEST_LEAK + 1):
            threshold = round(leak / rate)
            if threshold >= least_threshold and abs(Fraction(leak, threshold) - rate) <= _RATE_TOLERANCE * rate:
                return leak, threshold
    raise ValueError(f"a rate of {rate_hz:g} Hz; with a tick of 1 ms it is 0 or 1…{TICKS_PER_SECOND}")


def _crossbars(random: np.random.Generator, cores: int, synapses: int) -> NDArray[np.uint64]:
    """Return crossbars (C, W, N): each axon's row is one of `_PATTERNS`, rotated by a random number of neurons."""
    pattern = random.random((_PATTERNS, SIZE), np.float32).argsort(axis=1) < synapses
    turns = np.lib.stride_tricks.sliding_window_view(np.concatenate([pattern, pattern], axis=1), SIZE, axis=1)
    crossbars = np.empty((cores, SIZE // 64, SIZE), np.uint64)
    for start in range(0, cores, _CHUNK):
        shape = (min(_CHUNK, cores - start), SIZE)
        rows = turns[random.integers(0, _PATTERNS, shape), random.integers(0, SIZE, shape)]
        crossbars[start : start + _CHUNK] = pack_bits(rows.swapaxes(1, 2)).swapaxes(1, 2)
    return crossbars
