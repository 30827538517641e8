"""Tests of networks on the chip: spikes by hand, exact lattices, the chip against the integer reference."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from neurosyn.errors import ChipLimitError
from neurosyn.formats.nir.reader import read_nir
from neurosyn.importing.float_reference import simulate_floats
from neurosyn.importing.integer_reference import simulate_integers
from neurosyn.importing.model import SpikingModel
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.stages import find_stages
from tests.importing.networks import compiled, mapping_of, play
from tests.nir_files import affine, chain, conv2d, ends, if_node, lif_node, linear, write_nir

pytest.importorskip("h5py")


def counts_and_reference(mapping, inputs, reset="zero", **more):
    result = play(mapping, inputs, **more)
    spikes = simulate_floats(mapping.original, inputs, reset).spikes[mapping.original.output]
    return mapping.count(result.by_sample), spikes.sum(axis=0, dtype=int)


def assert_chip_equals_reference(mapping, inputs) -> None:
    ticks = mapping.ticks(len(inputs))
    parts = compiled(mapping)
    population, row = parts.population.ravel(), parts.row.ravel()
    seen = [np.zeros((ticks, inputs.shape[1], p.size), np.uint8) for p in mapping.populations]

    def observe(first, tick, sample, neuron):
        for number, spikes in enumerate(seen):
            mine = population[neuron] == number
            spikes[tick, first + sample[mine], row[neuron[mine]]] = 1

    play(mapping, inputs, observe=observe)
    for chip, reference in zip(seen, simulate_integers(mapping.populations, inputs, ticks), strict=True):
        assert np.array_equal(chip, reference)


def spikes(steps: int, samples: int, size: int, rate: float = 0.4, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((steps, samples, size)) < rate).astype(np.uint8)


def test_spikes_by_hand(tmp_path: Path) -> None:
    # v = 2, 4 → spike and 0, …; the output of step t leaves the chip in tick t + 2.
    nodes = {**ends(1, 1), "fc": linear([[2]]), "if": if_node(1, threshold=3.0)}
    mapping = mapping_of(tmp_path, nodes, chain("input", "fc", "if", "output"))
    result = play(mapping, np.ones((6, 1, 1), np.uint8))
    assert mapping.depth == 2
    assert result.by_sample[0, :, 0].tolist() == [0, 0, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("reset", ["zero", "subtract", "late"])
@pytest.mark.parametrize("fire", ["gt", "ge"])
def test_lattices_are_exact_with_ties_biases_and_feedback(tmp_path: Path, reset, fire) -> None:
    rng = np.random.default_rng(3)
    nodes = {
        **ends(12, 4), "a": affine(0.25 * rng.integers(-1, 2, (20, 12)), 0.125 * rng.integers(-2, 3, 20)),
        "n1": if_node(20, threshold=1.0), "back": linear(0.25 * rng.integers(-1, 2, (20, 20))),
        "b": linear(0.5 * rng.integers(-3, 4, (4, 20))), "n2": if_node(4, threshold=1.5),
        "skip": linear(0.5 * rng.integers(-1, 2, (4, 12))), "d": {"type": "Delay", "delay": np.full(12, 3.0)},
    }  # fmt: skip
    edges = [
        *chain("input", "a", "n1", "b", "n2", "output"), *chain("n1", "back", "n1"), *chain("input", "d", "skip", "n2"),
    ]  # fmt: skip
    mapping = mapping_of(tmp_path, nodes, edges, dt=1.0, reset=reset, fire=fire)
    assert all(loss.exact for loss in mapping.losses)
    inputs = spikes(15, 12, 12)
    chip, original = counts_and_reference(mapping, inputs, reset)
    assert original.sum() > 50
    assert np.array_equal(chip, original)


def test_thresholds_without_memory_are_exact(tmp_path: Path) -> None:
    weight = [[1, 1, -1, 0], [1, 1, 1, 1]]
    nodes = {**ends(4, 2), "fc": linear(weight), "t": {"type": "Threshold", "threshold": np.ones(2)}}
    mapping = mapping_of(tmp_path, nodes, chain("input", "fc", "t", "output"))
    chip, original = counts_and_reference(mapping, spikes(20, 10, 4))
    assert np.array_equal(chip, original)


@pytest.mark.parametrize("bits", ["trinary", "3bit", "4bit", "auto"])
def test_chip_equals_the_integer_reference(tmp_path: Path, bits) -> None:
    rng = np.random.default_rng(5)
    nodes = {
        **ends([2, 6, 6], 5), "c": conv2d(rng.normal(size=(4, 1, 3, 3)), (6, 6), groups=2, bias=rng.normal(size=4) / 9),
        "n1": if_node((4, 4, 4)), "f": {"type": "Flatten", "start_dim": 0, "end_dim": -1},
        "a": affine(rng.normal(size=(5, 64)) / 4, rng.normal(size=5) / 10), "n2": lif_node(5),
    }  # fmt: skip
    mapping = mapping_of(tmp_path, nodes, chain("input", "c", "n1", "f", "a", "n2", "output"), bits=bits)
    inputs = spikes(12, 6, 72)
    assert_chip_equals_reference(mapping, inputs)


@pytest.mark.parametrize("timing", ["compiled", "simpy"])
def test_timed_samples_send_the_same_spikes(tmp_path: Path, timing) -> None:
    rng = np.random.default_rng(5)
    nodes = {**ends(10, 3), "a": linear(rng.normal(size=(3, 10))), "n": if_node(3)}
    mapping = mapping_of(tmp_path, nodes, chain("input", "a", "n", "output"))
    result = play(mapping, spikes(6, 3, 10), timing=timing, timed=2)
    assert (len(result.timed_frames), result.differing_samples) == (2, 0)
    assert result.timing is not None
    assert len(result.timing.makespans_ps) == 2 * mapping.ticks(6)


def test_wide_fan_in_is_split_among_relays(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    nodes = {**ends(300, 4), "a": linear(rng.normal(size=(4, 300)) / 10), "n": if_node(4)}
    edges = chain("input", "a", "n", "output")
    mapping = mapping_of(tmp_path, nodes, edges, reset="subtract")
    assert [(p.name, p.size) for p in mapping.populations] == [("n parts", 4 * 2 * 5), ("n", 4)]
    inputs = spikes(10, 8, 300)
    assert_chip_equals_reference(mapping, inputs)
    chip, original = counts_and_reference(mapping, inputs, "subtract")
    # Each part keeps back half a threshold at most, and begins one tick later.
    assert np.abs(chip - original).max() <= 5
    with pytest.raises(ChipLimitError, match="fan-in of 300; a core has 256 axons, room for 128 inputs of 2 axons"):
        mapping_of(tmp_path, nodes, edges, split=False)


def test_pools_before_wide_layers_become_relays(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    nodes = {
        **ends([8, 6, 6], 3), "n0": if_node((8, 6, 6), threshold=0.5), "p": {"type": "AvgPool2d",
        "kernel_size": np.array(2), "stride": np.array(2), "padding": np.array(0)},
        "c": conv2d(rng.normal(size=(3, 8, 2, 2)), (3, 3)), "n": if_node((3, 2, 2)),
    }  # fmt: skip
    mapping = mapping_of(tmp_path, nodes, chain("input", "n0", "p", "c", "n", "output"), bits="4bit")
    assert [(p.name, p.kind) for p in mapping.network.populations] == [("n0", "IF"), ("p", "pool"), ("n", "IF")]
    assert mapping.populations[1].threshold.tolist() == [4] * 72
    assert_chip_equals_reference(mapping, spikes(8, 3, 288))


def test_integrators_are_read_as_differences_of_counts(tmp_path: Path) -> None:
    nodes = {**ends(3, 2), "a": linear([[1, 1, -1], [-1, 1, 1]]), "i": {"type": "I", "r": np.ones(2)}}
    mapping = mapping_of(tmp_path, nodes, chain("input", "a", "i", "output"))
    inputs = spikes(20, 8, 3)
    result = play(mapping, inputs)
    final = simulate_floats(mapping.original, inputs, "zero").final
    quantum = mapping.network.populations[0].threshold[0]
    assert np.abs(mapping.count(result.by_sample) * quantum - final).max() <= 2 * quantum + 1e-9


def test_a_bias_beside_a_decay_is_driven_by_neurons_of_the_core(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "a": affine([[0.5]], [0.4]), "n": lif_node(1)}
    mapping = mapping_of(tmp_path, nodes, chain("input", "a", "n", "output"))
    assert mapping.populations[0].constants.shape == (1, 1)
    inputs = np.zeros((12, 1, 1), np.uint8)
    assert_chip_equals_reference(mapping, inputs)
    assert mapping.count(play(mapping, inputs).by_sample).item() > 1


def test_feedback_through_two_layers(tmp_path: Path) -> None:
    nodes = {
        **ends(2, 2), "n1": if_node(2), "n2": if_node(2, threshold=2.0), "a": linear([[1, 1], [1, -1]]),
        "w": linear([[-1, 0], [1, 1]]),
    }  # fmt: skip
    edges = [*chain("input", "n1", "a", "n2", "output"), *chain("n2", "w", "n1")]
    chip, original = counts_and_reference(mapping_of(tmp_path, nodes, edges, fire="ge"), spikes(20, 6, 2, rate=0.7))
    assert original.sum() > 0
    assert np.array_equal(chip, original)


def test_feedback_faster_than_the_chip() -> None:
    def population(name, *synapses):
        return SimpleNamespace(name=name, synapses=[SimpleNamespace(source=s, delay=d) for s, d in synapses])

    network = SimpleNamespace(populations=[population("a", (-1, 0), (1, 1)), population("b", (0, 0))])
    with pytest.raises(ChipLimitError, match="feedback to 'a' acts after one step, but passes more than one layer"):
        find_stages(network, "net.nir")
    network.populations[0].synapses[1].delay = 2
    assert find_stages(network, "net.nir") == [1, 2]


def test_delays_beyond_a_scheduler(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "d": {"type": "Delay", "delay": np.array([15.0])}, "n": if_node(1)}
    with pytest.raises(ChipLimitError, match="spikes wait 16 ticks; a core holds them for 15"):
        mapping_of(tmp_path, nodes, chain("input", "d", "n", "output"), dt=1.0)


def test_copies_serve_several_cores(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    nodes = {
        **ends(8, 300), "a": linear(rng.integers(-1, 2, (16, 8))), "n1": if_node(16),
        "b": linear(rng.integers(-1, 2, (300, 16))), "n2": if_node(300),
    }  # fmt: skip
    mapping = mapping_of(tmp_path, nodes, chain("input", "a", "n1", "b", "n2", "output"))
    chip, original = counts_and_reference(mapping, spikes(8, 4, 8))
    assert np.array_equal(chip, original)
    assert compiled(mapping).program.cores > 3


@pytest.mark.parametrize("rate", [0.05, 0.9])
def test_calibration_never_hurts_on_its_own_samples(tmp_path: Path, rate) -> None:
    rng = np.random.default_rng(8)
    nodes = {**ends(24, 4), "a": affine(rng.normal(size=(4, 24)) / 2, rng.normal(size=4) / 4), "n": lif_node(4)}
    file = write_nir(tmp_path / "net.nir", nodes, chain("input", "a", "n", "output"))
    inputs = spikes(12, 40, 24, rate)
    np.savez(tmp_path / "in.npz", spikes=inputs)
    models = [
        SpikingModel.of("net.nir", read_nir(file), ImportOptions(bits="trinary"), calibrate)
        for calibrate in (None, tmp_path / "in.npz")
    ]
    plain, fitted = (model._agreement(inputs) for model in models)
    assert fitted >= plain
    assert ("left out" in models[1].calibration) == (fitted == plain)
