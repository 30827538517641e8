"""Plots with few and many inputs: no text lies on another, none leaves the figure; told by the renderer's boxes."""

import dataclasses
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from neurosyn.analysis import accuracy, activity, comparison, critical_path, faults, hotspots, latency, power, traffic
from neurosyn.analysis.declutter import box_of, visible_texts
from neurosyn.analysis.plotting import new_figure
from neurosyn.analysis.result import Analysis

NUMBERS = (1, 2, 12, 60)


def check_texts(figure):
    figure.draw_without_rendering()
    boxes = {f"{text.get_text()} ({number})": box_of(text) for number, text in enumerate(visible_texts(figure))}
    for name, box in boxes.items():
        assert np.all(box.min >= figure.bbox.min - 1), f"'{name}' leaves the figure"
        assert np.all(box.max <= figure.bbox.max + 1), f"'{name}' leaves the figure"
    for (name, box), (other_name, other) in combinations(boxes.items(), 2):
        # Rotated texts are boxed as a whole; none of ours is rotated by anything but a right angle.
        assert not box.padded(-1).overlaps(other.padded(-1)), f"'{name}' lies on '{other_name}'"
    return list(boxes)


def runs_of(number):
    rng = np.random.default_rng(number)
    table = pd.DataFrame(
        {
            "run": [
                f"place.kind=space_filling,voltage={0.65 + i / 100:.2f}-{i * 7919 % 65536:04x}" for i in range(number)
            ],
            "latency_ps": 1e10 * rng.lognormal(sigma=0.2, size=number),
            "energy_per_frame_pj": 1e8 * rng.lognormal(sigma=0.2, size=number),
            "accuracy": 0.9 + 0.01 * rng.random(number),
        }
    )
    return Analysis("compare", "", f"{number} runs", {}, {"runs": table}, draw=comparison.draw)


@pytest.mark.parametrize("number", NUMBERS)
def test_comparison(number):
    texts = check_texts(runs_of(number).plot())
    assert sum("voltage" in text for text in texts) >= min(2 * number, 8)


def test_comparison_of_equal_runs():
    analysis = runs_of(60)
    for column, value in {"latency_ps": 1e10, "energy_per_frame_pj": 1e8, "accuracy": 0.9}.items():
        analysis.table()[column] = value
    texts = check_texts(analysis.plot())
    assert sum("and 59 more" in text for text in texts) == 2


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", ["{}", "a rather long name of class {}"])
def test_accuracy(number, name, tmp_path):
    rng = np.random.default_rng(1)
    names = [name.format(i) for i in range(number)]
    matrix = pd.DataFrame(rng.integers(0, 2000, (number, number)), columns=names)
    matrix.insert(0, "true \\ predicted", names)
    frames = pd.DataFrame({"margin": rng.normal(size=5), "correct": [True, False, True, True, True]})
    analysis = Analysis("accuracy", "", "t", {}, {"confusion": matrix, "frames": frames}, draw=accuracy.draw)
    figure = analysis.plot()
    check_texts(figure)
    # Frames are whole.
    counts = [label.get_text() for label in figure.axes[1].get_yticklabels() if label.get_text()]
    assert counts
    assert all("." not in label for label in counts)


# The board of these runs has 16 places.
@pytest.fixture(params=(1, 2, 12), ids=lambda number: f"{number} cores")
def run(request, play):
    return play(cores=request.param, neurons=3)


@pytest.mark.parametrize("module", [activity, critical_path, faults, hotspots, latency, power, traffic])
def test_of_cores(module, run):
    check_texts(module.analyse(run).plot())


@pytest.mark.parametrize("module", [activity, critical_path, faults, hotspots, latency, power, traffic])
def test_of_a_board(module, board_run):
    check_texts(module.analyse(board_run).plot())


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("module", [activity, power])
def test_of_layers(module, number, board_run):
    analysis = module.analyse(board_run)
    layers = analysis.table("layers")
    many = pd.concat([layers.iloc[[i % len(layers)]] for i in range(number)], ignore_index=True)
    many["layer"] = [f"{i} depthwise convolution of {i}" for i in range(number)]
    check_texts(dataclasses.replace(analysis, tables=analysis.tables | {"layers": many}).plot())


def test_the_check_finds_texts_that_overlap_or_leave():
    def draw(figure):
        axes = figure.subplots()
        axes.text(0.5, 0.5, "one text")
        axes.text(0.5, 0.51, "another")

    with pytest.raises(AssertionError, match="lies on"):
        check_texts(new_figure(draw, title="t"))
    with pytest.raises(AssertionError, match="leaves"):
        check_texts(new_figure(lambda figure: figure.text(0.99, 0.5, "a text at the edge") and None, title="t"))
