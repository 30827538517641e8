"""Layer and topology ``reservoir``: a recurrent network of fixed random weights, unrolled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurosyn_plugins.layers.reservoir import BLOCK, REACH
from neurosyn_plugins.layers.reservoir import Reservoir as Step
from neurosyn_plugins.topologies.reservoir import Reservoir
from neurosyn_plugins.trainers.readout import Ridge

from neurosyn.compiler.compile import count_cores
from neurosyn.data.dataset import Split
from neurosyn.data.encoder import Encoder
from neurosyn.errors import ScenarioError
from neurosyn.model.inference import infer, predict, transduce
from neurosyn.network.layer import CORE_INPUTS, MapShape
from neurosyn.registry import registry
from neurosyn.testing import check_layer, check_topology
from neurosyn.testing.models import random_model
from neurosyn.training.trainer import TrainingContext, TrainingData
from tests.networks import bind_topology
from tests.runs import simulate_scenario


class Bits(Encoder):
    """The lowest bit of each value."""

    binary = True

    def encode(self, images):
        return (images & 1).astype(np.float32)


def state_after(model, layer, bits):
    """Return the state that an on-chip layer makes, (frames, neurons)."""
    kept = []
    infer(model, bits, lambda number, _frames, spikes: kept.append(spikes) if number == layer else None)
    return np.concatenate(kept)[:, : model.network.on_chip[layer].layer.neurons]


def matrices(step: Step, shape: MapShape):
    """Return W, U and θ of equation (1), read off the layer's second step as whole matrices."""
    second = step.model_copy(update={"state": True, "waits": 0})
    inputs = MapShape(1, 1, step.neurons + step.reads)
    wiring, fixed = second.connect(inputs), second.fixed_weights(inputs)
    whole = np.zeros((inputs.size, step.neurons), np.int64)
    for seen, made, bank in zip(wiring.inputs, wiring.outputs, wiring.banks, strict=True):
        there = seen >= 0
        whole[np.ix_(seen[there], made)] = fixed.weights[bank][there]
    return whole[step.neurons :], whole[: step.neurons], fixed.threshold.reshape(-1)


def test_they_come_through_the_registry_and_keep_the_contract():
    assert registry.get("topologies", "reservoir") is Reservoir
    assert registry.get("layers", "reservoir") is Step
    check_topology(Reservoir())
    check_topology(Reservoir(filters=0))
    check_layer(Step())
    check_layer(Step(neurons=64, reads=16, waits=40))
    check_layer(Step(neurons=64, state=True, reads=64))


@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(1, 5),
    width=st.integers(1, 9),
    rows=st.integers(1, 3),
    blocks=st.integers(1, 3),
    drive=st.integers(1, 20),
    recurrence=st.integers(0, 6),
    memory=st.sampled_from([0.0, 0.5, 1.0]),
    seed=st.integers(0, 5),
)
def test_the_layers_are_one_recurrent_network(height, width, rows, blocks, drive, recurrence, memory, seed):
    """Every step's state is h_k = [W·x_k + U·h_{k−1} ≥ θ] with one W, U and θ, in plain matrices."""
    shape = MapShape(height, width, 2)
    options = {"drive": drive, "recurrence": recurrence, "memory": memory, "seed": seed}
    topology = Reservoir(neurons=BLOCK * blocks, filters=0, rows=rows, outputs=8, **options)
    model = random_model(bind_topology(topology, shape, 2))
    steps = model.network.on_chip[:-1]
    W, U, theta = matrices(steps[0].layer, shape)
    bits = np.random.default_rng(seed).integers(0, 2, (7, shape.size), dtype=np.uint8)
    rest = np.zeros((7, len(steps) * min(rows, height) * width * 2), np.int64)
    rest[:, : shape.size] = bits  # a last step that is shorter reads silence
    h = np.zeros((7, topology.neurons), np.int64)
    for k, x in enumerate(np.split(rest, len(steps), axis=1)):
        h = (x @ W + h @ U >= theta).astype(np.int64)
        np.testing.assert_array_equal(state_after(model, k, bits), h)


def test_steps_share_their_weights_and_another_seed_has_others():
    layers = bind_topology(Reservoir(neurons=128), MapShape(16, 16, 1), 2).on_chip[:-1]
    blocks = 128 // BLOCK
    for layer in layers[1:]:
        np.testing.assert_array_equal(layer.fixed.weights[:blocks], layers[0].fixed.weights[:blocks])
        np.testing.assert_array_equal(layer.fixed.threshold[:blocks], layers[0].fixed.threshold[:blocks])
    other = bind_topology(Reservoir(neurons=128, seed=1), MapShape(16, 16, 1), 2).on_chip[0]
    assert not np.array_equal(other.fixed.weights, layers[0].fixed.weights)


@given(neurons=st.integers(1, 20), reads=st.integers(1, 300), seed=st.integers(0, 9))
@settings(deadline=None, max_examples=40)
def test_no_element_reaches_more_blocks_than_cores_can_serve(neurons, reads, seed):
    step = Step(neurons=BLOCK * neurons, state=True, reads=min(reads, BLOCK * neurons), seed=seed)
    inputs = MapShape(1, 1, step.neurons + step.reads)
    wiring = step.connect(inputs)
    wiring.check(inputs, "reservoir")
    assert wiring.fan_in == CORE_INPUTS
    assert np.bincount(wiring.inputs[wiring.inputs >= 0]).max() <= REACH
    read = wiring.inputs[wiring.inputs >= step.neurons]
    assert len(np.unique(read)) == step.reads  # nothing that is read goes unseen


def test_a_step_takes_one_core_a_block_however_many_steps():
    """16 steps of 256 neurons: 4 cores of state each, and as many relays as rows still wait."""
    network = bind_topology(Reservoir(neurons=256, filters=0, outputs=2), MapShape(16, 32, 1), 2)
    steps = sum(layer.connectivity.sites for layer in network.on_chip[:-1])
    assert steps == 16 * 4 + sum(-(-32 * waiting // BLOCK) for waiting in range(16))
    splitters = count_cores(network) - steps - network.on_chip[-1].connectivity.sites
    assert 0 < splitters <= 16


def halves(count, seed):
    """Which half of the 4 rows is bright, above (0) or below (1), at all: the last row is noise for class 0 and 2."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count, dtype=np.int32)
    images = rng.integers(0, 2, (count, 6, 12, 1), dtype=np.uint8)
    images[labels == 1, 0] |= rng.random((int((labels == 1).sum()), 12, 1)) < 0.9
    images[labels == 0, 0] &= rng.random((int((labels == 0).sum()), 12, 1)) < 0.1
    return TrainingData(Split(images, labels), None, Bits(), {"kind": "bits"})


@pytest.mark.parametrize(("memory", "least", "most"), [(0.6, 0.9, 1.0), (0.0, 0.4, 0.8)])
def test_the_state_remembers_the_first_row_after_five_of_noise(tmp_path, memory, least, most):
    topology = Reservoir(neurons=512, filters=0, memory=memory, recurrence=2 if memory else 0)
    network = bind_topology(topology, MapShape(6, 12, 1), 2)
    model = Ridge().train(network, halves(600, 0), TrainingContext(tmp_path, 3))
    unseen = halves(300, 1).train
    found = predict(network, infer(model, transduce(model, Bits().encode(unseen.images))))
    assert least <= (found == unseen.labels).mean() <= most


@pytest.mark.parametrize("trainer", ["ridge", "logistic"])
def test_from_scenario_to_chip(tiny, tmp_path, trainer):
    text = tiny.read_text(encoding="utf-8")
    start, end = text.index("[network]"), text.index("[simulate]")
    network = 'kind = "reservoir"\nneurons = 128\nfilters = 4\nrows = 2\noutputs = 60'
    tables = f'[network]\n{network}\n\n[train]\nkind = "{trainer}"\n\n'
    path = tmp_path / "reservoir.toml"
    path.write_text(text[:start] + tables + text[end:], encoding="utf-8")
    summary = simulate_scenario(path, tmp_path / "run")
    assert summary["mismatched_frames"] == 0
    assert summary["accuracy"] == summary["trained_accuracy"]
    with pytest.raises(ScenarioError, match=r"layer 2 reservoir-.* brings its weights along, and Eedn trains all"):
        simulate_scenario(path, tmp_path / "eedn", "train.kind=eedn")


@pytest.mark.parametrize(
    ("options", "shape", "said"),
    [
        ({"filters": 0, "neurons": 64}, MapShape(3, 65, 1), "too few to read 65 elements .* neurons = 128"),
        ({"filters": 0}, MapShape(200, 2, 1), "take 200 steps, at most 64 are unrolled; read rows = 4"),
        ({"stride": 9}, MapShape(8, 8, 1), "stride = 9: leaves nothing of 8×8"),
    ],
)
def test_what_does_not_suit_is_refused_with_what_would(options, shape, said):
    with pytest.raises(ScenarioError, match=said):
        bind_topology(Reservoir(**options), shape, 2)


def test_a_step_refuses_a_map_without_what_it_is_to_read():
    with pytest.raises(ScenarioError, match="has 0 elements to read"):
        Step(neurons=128, state=True).connect(MapShape(1, 1, 128))
    with pytest.raises(ScenarioError, match="reads = 5, waits = 20: the input map 1×1×20 has 20 elements"):
        Step(neurons=128, reads=5, waits=20).connect(MapShape(1, 1, 20))
