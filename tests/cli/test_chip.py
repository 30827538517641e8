"""`neurosyn chip`: list, show, check, new; `compile --what-if`."""

import json

import pytest
from pydantic import TypeAdapter

from neurosyn.cli.documents import DOCUMENTS


@pytest.fixture
def document(neurosyn):
    def call(command, *arguments):
        outcome = neurosyn(*command.split(), *arguments, "--json")
        assert outcome.code == 0, outcome.err
        name = next(name for name in (command, command.split()[0]) if name in DOCUMENTS)
        TypeAdapter(DOCUMENTS[name]).validate_json(outcome.out)
        return json.loads(outcome.out)

    return call


def test_shipped_chips_are_listed_and_shown(document):
    rows = {row["name"]: row for row in document("chip list")["chips"]}
    assert rows["truenorth"]["axons"] == 256
    assert rows["core45nm"]["axons"] == 1024
    assert not rows["ranc"]["has_energies"]
    shown = document("chip show", "truenorth", "--set", "core.axons=512")
    assert shown["sizes"]["row_bits"] == [667, 410]
    factors = {row["quantity"]: row["factor"] for row in shown["quantities"]}
    assert factors["energy.row_read"] == pytest.approx(667 / 410)
    assert factors["energy.synaptic_event"] == 1


def test_a_new_chip_passes_its_check_and_a_mistake_is_named_with_its_line(document, neurosyn, tmp_path):
    path = tmp_path / "mine.toml"
    document("chip new", path)
    assert document("chip check", path)["name"] == "mine"
    assert neurosyn("chip", "new", path).code == 2
    text = path.read_text()
    path.write_text(text.replace("axons = 512", 'axons = "many"', 1))
    outcome = neurosyn("chip", "check", path)
    assert outcome.code == 2
    line = text.splitlines().index("axons = 512") + 1
    assert f"{path}:{line}: chip.description.core.axons: should be a valid integer" in outcome.err


def test_what_if_estimates_other_chips_without_training(document, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = document("compile", tiny, "--what-if", "axons=64,256,512", "--what-if", "time.neuron.ps=100_000,186_000")
    rows = rows["what_if"]
    assert [row["axons"] for row in rows] == ["64", "64", "256", "256", "512", "512"]
    assert "a core takes 32" in rows[0]["problem"]
    assert rows[3]["problem"] is None
    fits = rows[2:]
    assert [row["chip"] for row in fits if "core.axons" in row["chip"]] == [row["chip"] for row in fits[2:]]
    assert all(row["cores"] > 0 and 0 < row["axons_used"] <= 1 for row in fits)
    assert fits[0]["tick_us"] == pytest.approx(fits[1]["tick_us"] - 256 * 0.086)
    assert fits[3]["energy_per_frame_uj"] > 0
    assert not list(tmp_path.iterdir())
