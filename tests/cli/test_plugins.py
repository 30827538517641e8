"""Commands ``neurosyn plugins``."""

import json

import pytest

from neurosyn.registry import GROUPS


def test_list_names_every_shipped_group(neurosyn):
    rows = json.loads(neurosyn("plugins", "list", "--json").out)
    groups = {row["group"] for row in rows}
    assert {"layers", "topologies", "trainers", "datasets", "encoders", "placers"} <= groups <= set(GROUPS)
    assert all(row["about"] and not row["about"].startswith("BROKEN") for row in rows)


def test_show_lists_options_with_their_meaning(neurosyn):
    shown = json.loads(neurosyn("plugins", "show", "layers", "conv2d", "--json").out)
    options = {option["name"]: option for option in shown["options"]}
    assert options["features"]["default"] == "required"
    assert all(option["description"] for option in options.values())


def test_unknown_group_and_name_are_errors_of_plugins(neurosyn):
    assert neurosyn("plugins", "show", "layer", "conv2d").code == 3
    outcome = neurosyn("plugins", "show", "layers", "conv")
    assert outcome.code == 3
    assert "did you mean 'conv2d'" in outcome.err


@pytest.mark.filterwarnings("always")
def test_broken_plugin_file_is_a_warning_and_the_rest_is_listed(neurosyn, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n", encoding="utf-8")
    outcome = neurosyn("plugins", "list", "layers", "--file", broken, "--json")
    assert outcome.code == 0
    assert "broken.py: ZeroDivisionError" in outcome.err
    assert {row["name"] for row in json.loads(outcome.out)} >= {"conv2d"}
