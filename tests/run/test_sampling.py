"""Samples of a design space, and the table and front of a sweep."""

import numpy as np
import pandas as pd
import pytest

from neurosyn.analysis.design_space import design_space, pareto_front
from neurosyn.errors import ScenarioError
from neurosyn.run.sampling import Samples, draw_samples

RANGES = {"chip.voltage": ["0.7..1.0"], "compile.axons": ["128..1024"], "place.kind": ["anneal", "row_major"]}


@pytest.mark.parametrize("method", ["lhs", "random"])
def test_samples_lie_in_their_ranges_and_repeat_with_the_seed(method):
    samples = draw_samples(RANGES, Samples(40, method, 3))
    assert samples == draw_samples(RANGES, Samples(40, method, 3))
    assert samples != draw_samples(RANGES, Samples(40, method, 4))
    assert all(0.7 <= float(sample["chip.voltage"]) <= 1.0 for sample in samples)
    assert all(128 <= int(sample["compile.axons"]) <= 1024 for sample in samples)
    assert {sample["place.kind"] for sample in samples} == {"anneal", "row_major"}


def test_a_latin_hypercube_has_one_sample_in_each_part_of_a_range():
    voltages = [float(sample["chip.voltage"]) for sample in draw_samples(RANGES, Samples(30))]
    parts = np.floor((np.array(voltages) - 0.7) / 0.3 * 30).astype(int)
    assert sorted(parts.tolist()) == list(range(30))
    choices = [sample["place.kind"] for sample in draw_samples(RANGES, Samples(30))]
    assert choices.count("anneal") == 15


def test_equal_samples_are_drawn_once():
    assert len(draw_samples({"compile.axons": ["1..3"]}, Samples(50, "random"))) == 3


@pytest.mark.parametrize(("text", "problem"), [("1.0..0.7", "lower number first"), ("0.7.1..0.9", "no range")])
def test_wrong_ranges_are_refused(text, problem):
    with pytest.raises(ScenarioError, match=problem):
        draw_samples({"chip.voltage": [text]}, Samples(3))


def test_the_front_has_what_no_other_run_beats():
    table = pd.DataFrame(
        {
            "accuracy": [0.9, 0.9, 0.8, 0.7, 0.95, None],
            "frames_per_second": [100, 100, 200, 150, 10, 500],
            "energy_per_frame_uj": [5.0, 6.0, 5.0, 5.5, 50.0, 1.0],
        }
    )
    assert pareto_front(table).tolist() == [True, False, True, False, True, False]
    assert pareto_front(table.assign(energy_per_frame_uj=None)).tolist() == [True, True, True, False, True, False]


@pytest.mark.parametrize("keys", [1, 2, 3])
def test_failed_runs_are_rows_with_a_reason_and_every_kind_of_plot_is_drawn(keys, tmp_path):
    random = np.random.default_rng(keys)
    names = ["chip.voltage", "chip.description.core.axons", "place.kind"][:keys]
    rows = [
        dict(zip(names, (float(random.uniform(0.7, 1)), int(random.integers(100, 500)), "anneal"), strict=False))
        | {"accuracy": random.random(), "frames_per_second": 100.0, "energy_per_frame_uj": random.random()}
        | {"state": "finished", "reason": None}
        for _ in range(8)
    ]
    rows.append(dict(zip(names, (0.9, 64, "row_major"), strict=False)) | {"state": "failed", "reason": "does not fit"})
    analysis = design_space(rows, names, "sweeps/x")
    assert analysis.headline["finished"] == 8
    assert len(analysis.table()) == 9
    assert analysis.notes[0].endswith("failed: does not fit")
    analysis.save_plot(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_goals_that_are_equal_everywhere_are_not_drawn():
    rows = [
        {"chip.voltage": voltage, "place.kind": kind, "accuracy": 0.9, "frames_per_second": 100.0}
        | {"energy_per_frame_uj": voltage, "state": "finished", "reason": None}
        for voltage in (0.7, 0.8)
        for kind in ("anneal", "row_major")
    ]
    figure = design_space(rows, ["chip.voltage", "place.kind"], "sweeps/x").plot()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["µJ a frame", "Energy and rate, accuracy 90.0%"]


def test_lists_may_be_swept_values(tmp_path):
    rows = [
        {"chip.chips": chips, "chip.voltage": 0.7, "place.kind": kind, "accuracy": 0.9, "frames_per_second": len(kind)}
        | {"energy_per_frame_uj": chips[1], "state": "finished", "reason": None, "seed": seed}
        for chips in ([1, 1], [1, 2])
        for kind in ("anneal", "row_major")
        for seed in (0, 1)
    ]
    analysis = design_space(rows, ["chip.chips", "chip.voltage", "place.kind", "seed"], "sweeps/x")
    assert analysis.table("designs")["chip.chips"].tolist() == ["[1, 1]", "[1, 1]", "[1, 2]", "[1, 2]"]
    assert analysis.table("designs")["runs"].tolist() == [2, 2, 2, 2]
    analysis.save_plot(tmp_path / "plot.svg")
    assert "row_major" in (tmp_path / "plot.svg").read_text(encoding="utf-8")
