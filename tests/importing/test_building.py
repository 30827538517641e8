"""Tests of the network that a graph describes: parameters in steps, files as exporters write them, refusals."""

from pathlib import Path

import numpy as np
import pytest

from neurosyn.errors import ChipLimitError, DataError
from neurosyn.importing.float_reference import simulate_floats
from neurosyn.importing.network import INPUT
from tests.importing.networks import network_of
from tests.nir_files import affine, chain, conv2d, ends, if_node, lif_node, linear

pytest.importorskip("h5py")


def weights(network, population=0, group=0) -> list:
    return network.populations[population].synapses[group].weights.toarray().tolist()


def test_integrate_and_fire(tmp_path: Path) -> None:
    nodes = {**ends(2, 1), "fc": affine([[1, -2]], [0.5]), "if": if_node(1, r=np.array([3.0]))}
    network = network_of(tmp_path, nodes, chain("input", "fc", "if", "output"), dt=0.5)
    (population,) = network.populations
    assert weights(network) == [[1.5, -3.0]]
    assert population.bias.tolist() == [0.75]
    assert population.decay.tolist() == [0]
    assert network.members == {"input": 0, "fc": 0, "if": 0}


def test_leaky(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "fc": affine([[2]], [1]), "lif": lif_node(1, tau=4.0, r=3.0) | {"v_leak": np.array([0.4])}}
    network = network_of(tmp_path, nodes, chain("input", "fc", "lif", "output"), dt=1.0)
    (population,) = network.populations
    assert population.decay.tolist() == [0.25]
    assert weights(network) == [[1.5]]
    assert np.allclose(population.bias, 0.75 * 1 + 0.25 * 0.4)


def test_the_step_is_assumed_so_that_weights_count_as_they_stand(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "fc": linear([[2]]), "lif": lif_node(1, tau=1e-3, r=10.0)}
    network = network_of(tmp_path, nodes, chain("input", "fc", "lif", "output"))
    assert weights(network) == [[2]]
    assert network.assumptions[0] == "dt = 0.0001 (assumed; --dt gives another)"


def test_times_in_steps_and_r_of_1(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "fc": linear([[20]]), "lif": lif_node(1, tau=10.0, r=1.0)}
    network = network_of(tmp_path, nodes, chain("input", "fc", "lif", "output"))
    assert network.assumptions[0].startswith("dt = 1 ")
    assert weights(network) == [[2]]


def test_infinite_tau_and_r_are_a_neuron_without_decay(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "fc": linear([[2]]), "lif": lif_node(1, tau=np.inf, r=np.inf)}
    network = network_of(tmp_path, nodes, chain("input", "fc", "lif", "output"))
    assert weights(network) == [[2]]
    assert network.populations[0].decay.tolist() == [0]
    assert "tau = r = inf is taken as IF" in network.remarks["lif"][0]


def test_scalar_parameters_and_a_batch_dimension(tmp_path: Path) -> None:
    scalar = {"type": "IF", "r": np.float32(1), "v_threshold": np.float32(1)}
    nodes = {**ends([1, 2], [1, 3]), "fc": linear(np.ones((3, 2))), "if": scalar}
    network = network_of(tmp_path, nodes, chain("input", "fc", "if", "output"))
    assert network.input_shape == (2,)
    assert network.populations[0].threshold.tolist() == [1, 1, 1]
    assert "batch" in network.remarks["input"][0]
    assert network.remarks["if"] == ["scalar parameters are taken for all neurons", "v_reset is missing, taken as 0"]


def test_batch_dimension_before_a_convolution(tmp_path: Path) -> None:
    nodes = {**ends([1, 1, 3, 3], [1, 1, 1, 1]), "c": conv2d(np.ones((1, 1, 3, 3)), (3, 3)), "if": if_node((1, 1, 1))}
    assert network_of(tmp_path, nodes, chain("input", "c", "if", "output")).input_shape == (1, 3, 3)


def test_nested_graph(tmp_path: Path) -> None:
    inner = {
        "type": "NIRGraph", "nodes": {**ends(2, 1), "fc": linear([[1, 1]]), "if": if_node(1)},
        "edges": chain("input", "fc", "if", "output"),
    }  # fmt: skip
    network = network_of(tmp_path, {**ends(2, 1), "block": inner}, chain("input", "block", "output"))
    assert network.populations[0].name == "block.if"
    assert weights(network) == [[1, 1]]


def test_branches_add_up_and_pools_are_folded(tmp_path: Path) -> None:
    nodes = {
        **ends([1, 2, 2], 1), "pool": {"type": "SumPool2d", "kernel_size": np.array([2, 2]), "stride": np.array([2, 2]),
        "padding": np.array([0, 0])}, "scale": {"type": "Scale", "scale": np.array(3.0)},
        "flat": {"type": "Flatten", "start_dim": 0, "end_dim": -1, "input_type": np.array([1, 2, 2])},
        "fc": linear([[1, 2, 3, 4]]), "if": if_node(1),
    }  # fmt: skip
    edges = [*chain("input", "pool", "scale", "if", "output"), *chain("input", "flat", "fc", "if")]
    assert weights(network_of(tmp_path, nodes, edges)) == [[4, 5, 6, 7]]


def test_feedback_counts_in_the_next_step(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "fc": linear([[1]]), "if": if_node(1), "back": linear([[-2]])}
    edges = [*chain("input", "fc", "if", "output"), *chain("if", "back", "if")]
    network = network_of(tmp_path, nodes, edges)
    (population,) = network.populations
    assert [(s.source, s.delay, s.weights.toarray().item()) for s in population.synapses] == [(INPUT, 0, 1), (0, 1, -2)]


def test_delays_of_single_elements(tmp_path: Path) -> None:
    nodes = {**ends(2, 2), "d": {"type": "Delay", "delay": np.array([0.0, 2.0])}, "if": if_node(2)}
    network = network_of(tmp_path, nodes, chain("input", "d", "if", "output"), dt=1.0)
    assert [(s.delay, s.weights.toarray().tolist()) for s in network.populations[0].synapses] == [
        (0, [[1, 0], [0, 0]]), (2, [[0, 0], [0, 1]]),
    ]  # fmt: skip


def test_unused_nodes_are_left_out(tmp_path: Path) -> None:
    nodes = {**ends(1, 1), "if": if_node(1), "other": if_node(1)}
    network = network_of(tmp_path, nodes, [*chain("input", "if", "output"), ("input", "other")])
    assert [p.name for p in network.populations] == ["if"]
    assert network.remarks["other"] == ["not on a path to the output, left out"]


def lif(**values: object) -> dict:
    return lif_node(1) | {key: np.array([value]) for key, value in values.items()}


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ({"n": {"type": "CubaLIF"}}, "node 'n' \\(CubaLIF\\): its synapses have a current"),
        ({"n": {"type": "Mystery"}}, "has no counterpart on the chip; use IF"),
        ({"n": lif(tau=1e-5)}, "dt = 0.0001 is more than tau = 1e-05"),
        ({"n": lif(tau=np.inf)}, "tau is infinite and r is not"),
        ({"n": lif(tau=0.0)}, "must be above 0"),
        ({"n": lif(r=np.inf)}, "r is infinite"),
        ({"n": lif(v_threshold=0.0)}, "a threshold is 0"),
        ({"n": if_node(1, r=np.zeros(1))}, "so it is silent"),
        ({"n": linear([[1]])}, "is not fed by one node of neurons"),
        ({"n": {"type": "Delay", "delay": np.array([1e9])}}, "a core holds spikes for 15 ticks"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_a_remedy(tmp_path: Path, nodes, message) -> None:
    with pytest.raises(ChipLimitError, match=message):
        network_of(tmp_path, {**ends(1, 1), **nodes}, chain("input", "n", "output"), dt=1e-4)


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ({}, [("input", "output"), ("input", "no")], "names 'no', which is no node"),
        ({"in2": {"type": "Input", "shape": np.array([1])}}, [("input", "output")], "has 2 nodes of type Input"),
        ({"a": linear([[1]]), "b": linear([[1]])}, [*chain("a", "b", "a"), ("b", "output")], "form a cycle"),
        ({"a": linear([[1, 2]]), "if": if_node(1)}, chain("input", "a", "if", "output"), "weights for 2 inputs"),
        ({"if": if_node(3)}, chain("input", "if", "output"), "'r' has the shape \\(3,\\)"),
        ({"if": if_node(1)}, [("if", "output")], "has no edge to it"),
        ({"if": if_node(1)}, [*chain("input", "if", "output"), ("output", "if")], "has an edge to"),
    ],
)
def test_inconsistent_graphs(tmp_path: Path, nodes, edges, message) -> None:
    with pytest.raises(DataError, match=message):
        network_of(tmp_path, {**ends(1, 1), **nodes}, edges)


@pytest.mark.parametrize(
    ("reset", "fire", "expected"),
    [
        # Weight 2, threshold 3, a spike in every step: v = 2, 4, …
        ("zero", "gt", [0, 1, 0, 1, 0, 1]),
        ("subtract", "gt", [0, 1, 0, 1, 1, 0]),  # 2, 4→1, 3 (not above 3), 5→2, 4→1, 3
        ("subtract", "ge", [0, 1, 1, 0, 1, 1]),  # 2, 4→1, 3→0, 2, 4→1, 3→0
        ("late", "gt", [0, 1, 0, 1, 1, 0]),
    ],
)
def test_float_reference_by_hand(tmp_path: Path, reset, fire, expected) -> None:
    nodes = {**ends(1, 1), "fc": linear([[2]]), "if": if_node(1, threshold=3.0)}
    network = network_of(tmp_path, nodes, chain("input", "fc", "if", "output"), reset=reset, fire=fire)
    spikes = simulate_floats(network, np.ones((6, 1, 1), np.uint8), reset).spikes[0]
    assert spikes.ravel().tolist() == expected
