"""The shipped scenarios in their smoke profile go the whole way without any data of the user's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurosyn.analysis.run_summary import read_summary
from tests.cli.conftest import neurosyn

__all__ = ["neurosyn"]

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not SCENARIOS, reason="scenarios/ is not here: the tests run outside a clone"),
]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_smoke_profile_on_the_stand_in(path, neurosyn, empty_data, tmp_path):
    run = tmp_path / "run"
    outcome = neurosyn("simulate", path, "--profile", "smoke", "--out", run, "--json")
    assert outcome.code == 0, outcome.err
    summary = json.loads(outcome.out)
    assert not summary["dataset"]["official"]
    assert "stand-in" in summary["dataset"]["name"]
    assert summary["mismatched_frames"] == 0
    assert summary["engine"]["timing"] == "compiled"
    assert summary["power_mw"]["total"] > 0
    assert summary["dataset"]["name"] in outcome.err, "the message names it too"
    assert read_summary(run / "summary.json") == summary
    assert {"report.html", "trace"} <= {file.name for file in run.iterdir()}
