"""Topology ``committee``: separate members whose votes are averaged."""

from __future__ import annotations

import numpy as np
import pytest
from neurosyn_plugins.topologies.committee import Committee
from neurosyn_plugins.topologies.eedn import EednTiny

from neurosyn import SpikingClassifier
from neurosyn.errors import NeurosynError, ScenarioError
from neurosyn.model.inference import class_scores, infer
from neurosyn.model.model_file import load_model
from neurosyn.network.layer import MapShape
from neurosyn.registry import registry
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import load_scenario
from neurosyn.testing import check_topology
from neurosyn.testing.models import random_model
from tests.networks import bind_topology
from tests.runs import simulate_scenario

SHAPE = MapShape(12, 12, 3)
MEMBER = {"kind": "layers", "layers": [
    {"kind": "transduction", "features": 4},
    {"kind": "conv2d", "features": 24, "kernel": 4, "stride": 4},
    {"kind": "conv2d", "features": 30, "kernel": 3, "groups": 2},
    {"kind": "readout"},
]}  # fmt: skip


def bind(topology, n_classes=3):
    return bind_topology(topology, SHAPE, n_classes)


def test_it_comes_through_the_registry_and_keeps_the_contract():
    assert registry.get("topologies", "committee") is Committee
    check_topology(Committee())
    check_topology(Committee(members=2, member={"kind": "dense", "hidden": [128]}))


def test_members_have_the_layers_of_the_topology_and_share_what_is_before_the_chip():
    alone, three = bind(EednTiny()), bind(Committee(members=3))
    assert three.off_chip[0].connectivity.n_banks == alone.off_chip[0].connectivity.n_banks
    assert [layer.output.channels for layer in three.on_chip] == [3 * own.output.channels for own in alone.on_chip]
    assert [layer.connectivity.n_banks for layer in three.on_chip] == [
        3 * own.connectivity.n_banks for own in alone.on_chip
    ]


def test_committee_of_committees_multiplies():
    inner = {"kind": "committee", "members": 2, "member": {"kind": "eedn_tiny"}}
    assert Committee(members=3, member=inner).copies == 6


def test_no_member_hears_another_and_the_vote_is_the_mean():
    """Silence the neurons of one member: the others' spikes stay, and the scores are the mean over members."""
    network = bind(Committee(members=3, member=MEMBER))
    model = random_model(network, 2)
    bits = np.random.default_rng(0).integers(0, 2, (30, network.chip_inputs.size), dtype=np.uint8)
    heard = infer(model, bits).reshape(30, 3, 30)  # one position: frame, member, feature
    for layer, own in zip(network.on_chip, model.parameters[1:], strict=True):
        own.weights[: layer.connectivity.n_banks // 3] = 0  # in place: the first member's
    silenced = infer(model, bits).reshape(30, 3, 30)
    np.testing.assert_array_equal(silenced[:, 1:], heard[:, 1:])
    assert (silenced[:, 0] != heard[:, 0]).any()
    votes = np.stack([[heard[:, m, c::3].mean(axis=1) for c in range(3)] for m in range(3)])
    np.testing.assert_allclose(class_scores(network, heard.reshape(30, -1)), votes.mean(axis=0).T)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ({}, "member: has no `kind`"),
        ({"kind": "eedn_tinny"}, "eedn_tiny"),
        ({"kind": "dense", "hiden": [3]}, r"member: hiden: unknown key; did you mean 'hidden'\?"),
    ],
)
def test_a_member_that_is_none_is_refused(member, said):
    with pytest.raises(NeurosynError, match=said):
        Committee(member=member).layers(SHAPE, 3)


@pytest.fixture
def scenario(tiny, tmp_path):
    """The tiny scenario with a committee in place of its network."""
    text = tiny.read_text(encoding="utf-8").replace(
        'kind = "layers"', 'kind = "committee"\nmembers = 3\nmember.kind = "layers"'
    )
    path = tmp_path / "committee.toml"
    path.write_text(text.replace("\nlayers = [", "\nmember.layers = ["), encoding="utf-8")
    return path


@pytest.mark.parametrize("trainer", ["eedn", "tea", "ridge"])
def test_from_scenario_to_chip(scenario, tmp_path, trainer):
    options = {"eedn": "epochs = 2", "tea": "epochs = 2\ncopies = 2", "ridge": ""}[trainer]
    table = f'[train]\nkind = "{trainer}"\n{options}'
    text = scenario.read_text(encoding="utf-8").replace("[train]\nepochs = 2\nbatch = 16", table)
    scenario.write_text(text, encoding="utf-8")
    summary = simulate_scenario(scenario, tmp_path / "run")
    assert summary["mismatched_frames"] == 0
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert model.network.copies == (6 if trainer == "tea" else 3)
    members = np.split(model.parameters[1].weights, model.network.copies)
    assert not np.array_equal(members[0], members[1])
    # The layers are those of the member in the scenario, not of the default one.
    assert model.network.layers[1].connectivity.features == 24


def test_mistakes_in_a_member_are_told_with_their_line(scenario):
    text = scenario.read_text(encoding="utf-8").replace('member.kind = "layers"', 'member.kind = "layer"')
    scenario.write_text(text, encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "member.kind" in row)
    with pytest.raises(ScenarioError, match=rf"committee\.toml:{line}: .*did you mean 'layers'"):
        RunInputs(load_scenario(scenario))


def test_a_scikit_learn_estimator_may_be_a_committee():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    X = rng.normal(size=(120, 6)) + 3 * y[:, None]
    topology = {"kind": "committee", "members": 2, "member": {"kind": "dense", "inputs": 32, "hidden": [32]}}
    classifier = SpikingClassifier(topology=topology, trainer={"kind": "eedn", "epochs": 5}, random_state=0).fit(X, y)
    assert classifier.model_.network.copies == 2
    assert classifier.score(X, y) > 0.9
