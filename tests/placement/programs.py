"""Programs to place, written by hand, random or compiled from convolutions, and placing them."""

import numpy as np

from neurosyn.chip.mesh import Board
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.options import CompileOptions
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.placement.place import place_program
from neurosyn.registry import registry
from neurosyn.testing.models import random_model
from neurosyn.testing.programs import random_program


def wire(cores, packets, inputs=(), outputs=()):
    """A program in which core a sends `packets[a, b]` spikes a tick to core b, neuron by neuron.

    `inputs` and `outputs` name cores with one input line, and with one neuron that spikes to the host each tick.
    """
    neurons = max([sum(a == source for a, _ in packets) for source in range(cores)], default=0) + 1
    shape = (cores, neurons)
    dest_core = np.full(shape, NO_DESTINATION, np.int32)
    activity = np.zeros(shape, np.float32)
    used = [0] * cores
    for (source, target), spikes in packets.items():
        dest_core[source, used[source]] = target
        activity[source, used[source]] = spikes
        used[source] += 1
    dest_core[list(outputs), -1] = OUTPUT
    activity[list(outputs), -1] = 1
    return Program(
        axons=1,
        neurons=neurons,
        crossbars=np.zeros((1, 1, neurons), np.uint64),
        crossbar=np.zeros(cores, np.int32),
        axon_types=np.zeros((cores, 1), np.uint8),
        neuron_types=np.zeros(1, NEURON_TYPE),
        neuron_type=np.zeros(shape, np.int32),
        initial_potential=np.zeros(shape, np.int32),
        dest_core=dest_core,
        dest_axon=np.zeros(shape, np.int32),
        delay=np.ones(shape, np.uint8),
        seeds=np.ones(cores, np.uint32),
        input_core=np.array(inputs, np.int32),
        input_axon=np.zeros(len(inputs), np.int32),
        pins=1,
        pin_class=np.full(1, -1, np.int32),
        layer_names=("cores",),
        core_layer=np.zeros(cores, np.int32),
        activity=activity,
    )


def convolve(height, width, seed=0):
    """A program of three convolutions on small cores: 93 cores for 12 × 12 inputs."""
    specs = [
        {"kind": "conv2d", "features": 8, "kernel": 2, "stride": 2},
        {"kind": "conv2d", "features": 12, "kernel": 3, "padding": 1, "groups": 4},
        {"kind": "conv2d", "features": 8, "kernel": 2, "stride": 2, "groups": 4},
        {"kind": "readout"},
    ]
    network = build_network(specs, MapShape(height, width, 2), 2, seed)
    return compile_network(random_model(network, seed), CompileOptions(axons=64, neurons=128))


def draw_program(cores, seed=0):
    """A program of `cores` small cores whose synapses and destinations are drawn."""
    types = np.zeros(1, NEURON_TYPE)
    return random_program(np.random.default_rng(seed), types, cores=cores, axons=8, neurons=6, pins=3, lines=4)


def place(program, mesh, name, seed=0, *, input_side="west", output_side="east", **options):
    """Place a program on a board by the placer of that name, with its options."""
    board = Board(mesh, input_side=input_side, output_side=output_side)
    return place_program(program, board, registry.get("placers", name)(**options), seed)
