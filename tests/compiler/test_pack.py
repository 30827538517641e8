"""Packing of layers into cores: numbers of cores, and refusals."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from neurosyn.backend.base import get_backend
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.stateless import is_stateless, pipeline
from neurosyn.compiler.bounds import find_demands
from neurosyn.compiler.compile import compile_network, count_cores
from neurosyn.compiler.corelets import make_corelet
from neurosyn.compiler.neurons import IDLE
from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.pack import pack_layer
from neurosyn.compiler.utilisation import summarise
from neurosyn.engine.event_counts import EventCounter
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.frame_batches import FrameBatches
from neurosyn.errors import ChipLimitError
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network
from neurosyn.registry import registry
from neurosyn.testing.models import random_model
from tests.compiler.stacks import stacks
from tests.networks import bind_topology

TIGHT = CompileOptions(pack="tight")


def eedn(side, kind="eedn_one_chip", **options):
    image = MapShape(side, side, 3)
    topology = registry.get("topologies", kind)(**options)
    return bind_topology(topology, image, 10)


def evaluate_batch(program, frames):
    """Return the output spikes of frames (n, elements), and the spikes of all neurons in sum."""
    number = np.arange(program.cores, dtype=np.int32)
    placement = Placement(Mesh(), np.stack([number % 64, number // 64], axis=1))
    routes = Routes.of(program, placement, ChipOptions())
    counter = EventCounter(program, routes)
    loaded = get_backend("numpy").load(program)
    stages = pipeline(program)
    assert stages is not None
    batches = FrameBatches(loaded, stages, routes, frames)
    while batches.done < len(frames):
        batches.advance()
    spikes = batches.result(counter)
    return spikes, int(counter.spikes.sum())


@settings(max_examples=30, deadline=None)
@given(stack=stacks(), seed=st.integers(0, 2**16))
def test_packed_and_plain_programs_give_the_same_spikes(stack, seed, bind):
    layers, inputs = stack
    model = random_model(bind(*layers, inputs=inputs), seed)
    core = {"axons": 48, "neurons": 40}
    try:
        plain = compile_network(model, CompileOptions(**core))
        packed = compile_network(model, CompileOptions(pack="tight", **core))
    except ChipLimitError:
        reject()
    assert is_stateless(packed)
    frames = (np.random.default_rng(seed).random((70, inputs.size)) < 0.5).astype(np.uint8)
    spikes, fired = evaluate_batch(packed, frames)
    expected, fired_plain = evaluate_batch(plain, frames)
    assert np.array_equal(spikes, expected)
    # Only copies without a destination are dropped; all copies of a feature fire alike.
    assert fired <= fired_plain or packed.cores < plain.cores
    for program in (plain, packed):
        for row in summarise(program)["layers"]:
            assert row["cores"] >= row["fewest"] == max(row["bounds"].values())


@pytest.mark.parametrize(
    ("side", "kind", "plain", "tight", "fewest"),
    [
        (32, "eedn_one_chip", 4042, 3721, 3649),
        (30, "eedn_one_chip", 3236, 2444, 2298),
        (32, "eedn_tiny", 41, 35, 27),
    ],
)
def test_cores_of_known_networks(side, kind, plain, tight, fewest):
    """On 30×30 pooling leaves the last rows and columns out, which only a tight program does without."""
    network = eedn(side, kind)
    assert count_cores(network) == plain
    assert count_cores(network, TIGHT) == tight
    dense = [np.ones((c.n_banks, c.fan_in, c.features), np.int8) for c in (x.connectivity for x in network.on_chip)]
    demands = find_demands(network, dense, TIGHT)
    assert sum(-(-max(d.axons, d.neurons) // 256) for d in demands) == fewest


def test_windows_at_the_edge_make_larger_tiles():
    """8×8 positions of 3×3 windows over 8 channels: ten tiles in place of sixteen; those of the corners are 2×4."""
    network = eedn(32)
    layer = network.on_chip[3]
    copies = np.full(layer.output.size, 2, np.int64)
    plan = pack_layer(layer, copies, TIGHT)
    assert len(plan.sites) == 10 * 32
    sizes = np.sort((plan.sites[:10] >= 0).sum(axis=1)).tolist()
    assert sizes == [4, 4, 6, 6, 6, 6, 8, 8, 8, 8]
    assert sorted(plan.sites[plan.sites >= 0]) == list(range(64 * 32))
    corelet = make_corelet(plan, None, TIGHT)
    assert corelet.inputs.shape[1] == 128
    assert (corelet.inputs >= 0).sum(axis=1).max() == 128


def test_tiles_of_different_groups_share_cores():
    """Sixteen groups of one input and three features: pairs and neurons of all of them fit one core."""
    specs = [{"kind": "conv2d", "features": 48, "kernel": 1, "groups": 16}, {"kind": "readout"}]
    network = build_network(specs, MapShape(1, 1, 16), 2, seed=0)
    model = random_model(network)
    assert compile_network(model).cores == 1 + 16 + 15
    packed = compile_network(model, TIGHT)
    assert packed.cores == 2
    assert (packed.neuron_type[1] != IDLE).sum() == 48
    table = summarise(packed)
    assert [row["fewest"] for row in table["layers"]] == [1, 1]
    assert table["layers"][1]["tile"] is None


def test_a_site_larger_than_a_core_is_divided_as_before(evaluate_network, evaluate_program):
    specs = [
        {"kind": "conv2d", "features": 24, "kernel": 1},
        {"kind": "conv2d", "features": 24, "kernel": 3, "groups": 8},
        {"kind": "readout"},
    ]
    model = random_model(build_network(specs, MapShape(5, 5, 1), 2, seed=0))
    program = compile_network(model, CompileOptions(axons=64, neurons=64, pack="tight"))
    frames = np.random.default_rng(1).random((2, 25)) < 0.5
    assert np.array_equal(evaluate_program(program, frames), evaluate_network(model, frames))


def test_bounds_by_hand():
    """Cores of 8 axons and 6 neurons; 3 pixels; two windows of 2 pixels; then both their features in one neuron."""
    specs = [
        {"kind": "conv2d", "features": 1, "kernel": 2, "name": "pairs"},
        {"kind": "conv2d", "features": 2, "kernel": 1, "name": "each"},
        {"kind": "readout"},
    ]
    network = build_network(specs, MapShape(2, 3, 1), 2, seed=0)
    weights = [np.array([[[1], [0], [-1], [1]]], np.int8), np.array([[[1, 0]]], np.int8)]
    options = CompileOptions(axons=8, neurons=6)
    splitters, pairs, each = find_demands(network, weights, options)
    # `each`: two positions of two neurons; their two inputs take a pair of axons each; one synapse a position.
    assert (each.axons, each.neurons, each.synapses) == (4, 4, 2)
    # `pairs`: one output at each of two positions, two copies; four pixels are seen once, two by both windows, whose
    # six pixels exceed the four pairs of a core: 4·1 + 2·2 entries of two axons. Three synapses in each of 4 columns.
    assert (pairs.axons, pairs.neurons, pairs.synapses) == (2 * (4 + 4), 4, 12)
    assert (splitters.axons, splitters.neurons) == (6, 16)
