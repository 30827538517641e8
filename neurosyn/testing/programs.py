"""Random chip programs, for tests and benchmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.limits import Limits
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
from neurosyn.chip.shipped import TRUENORTH

__all__ = ["random_program"]


def random_program(
    random: np.random.Generator,
    types: NDArray[np.void],
    *,
    cores: int,
    axons: int = 256,
    neurons: int = 256,
    crossbars: int | None = None,
    density: float = 0.5,
    potential: NDArray[np.int32] | None = None,
    pins: int = 0,
    lines: int = 1,
    seeded: bool = True,
    limits: Limits = TRUENORTH.limits,
) -> Program:
    """Return a program with random crossbars, types of axons and neurons, destinations and delays, all uniform.

    Parameters
    ----------
    random
        Generator of all random numbers.
    types : array of `neurosyn.chip.program.NEURON_TYPE`
        The table of neuron types.
    cores, axons, neurons
        Numbers of cores C, axons A and neurons N.
    crossbars
        Number of distinct crossbars; by default one for each core.
    density
        Share of synapses that are on.
    potential : int32 array (C, N), optional
        Initial potentials; by default 0.
    pins, lines
        Numbers of output pins and input lines. Without pins no spike leaves the board.
    seeded
        Whether cores have different random seeds; otherwise all are 0.
    limits
        Those of the chip.
    """
    shape = (cores, neurons)
    shared = cores if crossbars is None else crossbars
    dest_core = random.integers(OUTPUT if pins else NO_DESTINATION, cores, shape, dtype=np.int32)
    dest_axon = random.integers(0, axons, shape, dtype=np.int32)
    dest_axon[dest_core == OUTPUT] %= max(pins, 1)
    synapses = pack_bits(random.random((shared, neurons, axons), np.float32) < density)
    return Program(
        axons=axons,
        neurons=neurons,
        crossbars=np.ascontiguousarray(np.swapaxes(synapses, -1, -2)),
        crossbar=random.integers(0, shared, cores, dtype=np.int32),
        axon_types=random.integers(0, limits.axon_types, (cores, axons), dtype=np.uint8),
        neuron_types=types,
        neuron_type=random.integers(0, len(types), shape, dtype=np.int32),
        initial_potential=np.zeros(shape, np.int32) if potential is None else potential,
        dest_core=dest_core,
        dest_axon=dest_axon,
        delay=random.integers(1, limits.delay_slots, shape, dtype=np.uint8),
        seeds=random.integers(0, 2**32, cores, dtype=np.uint32) if seeded else np.zeros(cores, np.uint32),
        input_core=random.integers(0, cores, lines, dtype=np.int32),
        input_axon=random.integers(0, axons, lines, dtype=np.int32),
        pins=pins,
        pin_class=np.full(pins, -1, np.int32),
        layer_names=("all",),
        core_layer=np.zeros(cores, np.int32),
        activity=random.random(shape, dtype=np.float32),
        about={"made_by": "random_program"},
        limits=limits,
    )
