"""Search of a design space: points that follow from results, are distinct, and lead to the front."""

import pytest

from neurosyn.analysis.design_space import GOALS
from neurosyn.run.search import Search

pytest.importorskip("optuna")
RANGES = {"chip.voltage": ["0.7..1.1"], "compile.axons": ["128..1024"], "place.kind": ["anneal", "row_major"]}


def numbers_of(values):
    """Return goals of which one place is best: 0.8 V, 512 axons, anneal."""
    distance = abs(float(values["chip.voltage"]) - 0.8) + abs(int(values["compile.axons"]) - 512) / 512
    distance += values["place.kind"] != "anneal"
    return {"accuracy": -distance, "frames_per_second": -distance, "energy_per_frame_uj": distance}


def searched(size, seed=0, ranges=RANGES, numbers=numbers_of):
    search, points = Search(ranges, seed), []
    while len(points) < size and (values := search.ask()) is not None:
        search.tell(numbers(values))
        points.append(values)
    return points


def test_points_lie_in_the_ranges_and_a_longer_search_begins_with_those_of_a_shorter():
    points = searched(15)
    assert searched(8) == points[:8]
    assert searched(8, seed=1) != points[:8]
    assert len({tuple(values.items()) for values in points}) == 15
    assert all(0.7 <= float(values["chip.voltage"]) <= 1.1 for values in points)
    assert all(128 <= int(values["compile.axons"]) <= 1024 for values in points)


def test_a_search_comes_nearer_to_the_best_than_its_random_beginning():
    accuracies = [numbers_of(values)["accuracy"] for values in searched(40)]
    assert max(accuracies[10:]) > max(accuracies[:10])
    assert sum(accuracies[20:]) / 20 > sum(accuracies[:10]) / 10


def test_the_next_point_depends_on_the_results():
    worse = searched(14, numbers=lambda values: {name: -value for name, value in numbers_of(values).items()})
    assert worse[:10] == searched(14)[:10], "the first ten are drawn"
    assert worse[10:] != searched(14)[10:]


def test_failed_points_and_goals_that_are_nowhere_known_do_not_end_a_search():
    points = searched(
        12,
        numbers=lambda values: (
            {"accuracy": 0.5} | dict.fromkeys(list(GOALS)[1:]) if int(values["compile.axons"]) > 400 else None
        ),
    )
    assert len(points) == 12


def test_a_small_space_is_searched_to_its_end():
    points = searched(
        50, ranges={"place.kind": ["anneal", "spectral", "row_major"]}, numbers=lambda _: {"accuracy": 0.5}
    )
    assert sorted(values["place.kind"] for values in points) == ["anneal", "row_major", "spectral"]
