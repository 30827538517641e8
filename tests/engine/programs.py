"""Small programs for the engine's tests."""

from __future__ import annotations

import numpy as np

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program


def neuron_type(**values):
    kind = np.zeros(1, NEURON_TYPE)
    kind["weights"] = (1, -1, 0, 0)
    kind["threshold"] = 1
    kind["negative_saturation"] = True
    for name, value in values.items():
        kind[name] = value
    return kind


def make_program(
    crossbars,
    dest_core,
    dest_axon,
    *,
    delay=1,
    types=None,
    neuron_type_of=None,
    inputs=(),
    pins=0,
    core_layer=None,
    axon_types=None,
    input_line=None,
):
    """A program from synapses (C, A, N) and destinations (C, N); by default V = 0 after every tick."""
    crossbars = np.asarray(crossbars, bool)
    cores, axons, neurons = crossbars.shape
    layers = np.zeros(cores, np.int32) if core_layer is None else np.asarray(core_layer, np.int32)
    inputs = np.array(inputs, np.int32).reshape(-1, 2)
    return Program(
        axons=axons,
        neurons=neurons,
        crossbars=np.ascontiguousarray(pack_bits(crossbars.transpose(0, 2, 1)).transpose(0, 2, 1)),
        crossbar=np.arange(cores, dtype=np.int32),
        axon_types=np.zeros((cores, axons), np.uint8) if axon_types is None else np.asarray(axon_types, np.uint8),
        neuron_types=neuron_type() if types is None else types,
        neuron_type=np.zeros((cores, neurons), np.int32) if neuron_type_of is None else neuron_type_of,
        initial_potential=np.zeros((cores, neurons), np.int32),
        dest_core=np.asarray(dest_core, np.int32),
        dest_axon=np.asarray(dest_axon, np.int32),
        delay=np.broadcast_to(np.asarray(delay, np.uint8), (cores, neurons)).copy(),
        seeds=np.arange(1, cores + 1, dtype=np.uint32),
        input_core=np.ascontiguousarray(inputs[:, 0]),
        input_axon=np.ascontiguousarray(inputs[:, 1]),
        pins=pins,
        pin_class=np.full(pins, -1, np.int32),
        layer_names=tuple(f"layer{number}" for number in range(layers.max() + 1)),
        core_layer=layers,
        activity=np.ones((cores, neurons), np.float32),
        input_line=None if input_line is None else np.array(input_line, np.int32),
    )


def layered_program(rng, *, widths=(2, 3, 2), axons=70, neurons=66, delays=(1, 2, 1), stateful=False, free_axons=False):
    """Layers of cores that feed the next one; the last one drives pins.

    `free_axons`: several neurons (and lines) may go to one axon, and neurons of the last layer share a pin.
    """
    cores = sum(widths)
    layer = np.repeat(np.arange(len(widths)), widths)
    first = np.cumsum([0, *widths])
    dest_core = np.full((cores, neurons), NO_DESTINATION)
    dest_axon = np.zeros((cores, neurons), int)
    delay = np.ones((cores, neurons), int)
    pins = 0
    for number in range(len(widths)):
        some = np.flatnonzero(layer == number)
        if number == len(widths) - 1:
            pins = len(some) * neurons
            dest_core[some] = OUTPUT
            dest_axon[some] = np.arange(pins).reshape(len(some), neurons)
            if free_axons:
                dest_axon[some[0], : neurons // 3] = 1
        else:
            there = widths[number + 1] * axons
            size = len(some) * neurons
            if free_axons:
                to = rng.integers(0, there, size)
            else:
                to = np.concatenate([rng.permutation(there), np.full(max(0, size - there), -1)])[:size]
            used = (to >= 0).reshape(len(some), neurons)
            dest_core[some] = np.where(used, first[number + 1] + to.reshape(used.shape) // axons, NO_DESTINATION)
            dest_axon[some] = np.where(used, to.reshape(used.shape) % axons, 0)
            delay[some] = np.where(used, delays[number], 1)
    lines = rng.permutation(widths[0] * axons)[: widths[0] * axons - 5]
    if free_axons and len(lines) > 1:
        lines[1] = lines[0]
    types = np.concatenate(
        [neuron_type(leak=leak, reset_mode=1 if stateful else 0, threshold=3 if stateful else 1) for leak in (-1, 0, 1)]
    )
    return make_program(
        rng.random((cores, axons, neurons)) < 0.1,
        dest_core,
        dest_axon,
        delay=delay,
        types=types,
        neuron_type_of=rng.integers(0, 3, (cores, neurons)).astype(np.int32),
        inputs=np.stack([lines // axons, lines % axons], axis=1),
        input_line=rng.permutation(len(lines) + 3)[: len(lines)],
        pins=pins,
        core_layer=layer,
        axon_types=rng.integers(0, 2, (cores, axons)),
    )


def random_frames(rng, program, frames, density=0.3):
    return (rng.random((frames, int(program.input_line.max()) + 1)) < density).astype(np.uint8)


def place(program, rng=None, mesh=None, **options):
    """Cores on a small board, in order or at random; and the chip's options."""
    mesh = Mesh(1, 1, 4) if mesh is None else mesh
    where = np.arange(mesh.cores) if rng is None else rng.permutation(mesh.cores)
    where = where[: program.cores]
    xy = np.stack([where % mesh.width, where // mesh.width], axis=1).astype(np.int32)
    return Placement(mesh, xy), ChipOptions(chips=(mesh.rows, mesh.columns), **options)
