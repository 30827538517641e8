"""Comparison of runs by their summaries."""

import json

import pytest

from neurosyn.analysis.comparison import best_runs, compare
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError

DATASET = {
    "name": "digits",
    "official": True,
    "stand_in_because": None,
    "frames": 10,
    "classes": ["0", "1"],
    "licence": "none",
    "source": "drawn",
}
PARTS = ("total", "leakage", "memory", "synaptic", "network", "chip_to_chip", "io")


@pytest.fixture
def run(tmp_path):
    """Write a summary and open it as a run."""

    def run(name, **changes):
        summary = {
            "title": "A net",
            "dataset": DATASET,
            "accuracy": 0.9,
            "cores": 100,
            "chips": 1,
            "voltage": 1.0,
            "tick_period_us": 250.0,
            "tick_limited_by": {"kind": "core", "id": 3, "text": "core 3 (layer 2): it finished"},
            "frames_per_second": 4000.0,
            "latency_us": 1000.0,
            "power_mw": dict.fromkeys(PARTS, 0.0) | {"total": 400.0},
            "energy_per_frame_uj": 100.0,
            "frames_per_second_per_watt": 10_000.0,
        } | changes
        folder = tmp_path / name
        folder.mkdir(parents=True)
        written = {key: value for key, value in summary.items() if value is not None}
        (folder / "summary.json").write_text(json.dumps(written))
        return FinishedRun(folder)

    return run


def test_energy_and_delay(run):
    found = compare([run("one"), run("two", energy_per_frame_uj=50.0, latency_us=4000.0, accuracy=0.8)])
    table = found.table().set_index("run")
    # 100 µJ · 1 ms = 100 nJ·s
    assert table["energy_delay_nj_s"].to_dict() == pytest.approx({"one": 100.0, "two": 200.0})
    assert table["limited_by"].tolist() == ["core 3 (layer 2)"] * 2
    assert found.headline == {
        "runs": 2,
        "most_accurate": "one",
        "fastest": "both are equal",
        "least_energy": "two",
        "least_energy_delay": "one",
    }
    assert found.notes == ()


def test_a_raw_program_has_ticks_in_place_of_frames(run):
    raw = run("raw", accuracy=None, latency_us=None, energy_per_frame_uj=None, frames_per_second=None, dataset=None)
    row = compare([raw]).table().iloc[0]
    # 400 mW · 250 µs = 100 µJ
    assert row["energy_per_frame_pj"] == pytest.approx(100e6)
    assert row["energy_delay_nj_s"] == pytest.approx(25.0)


def test_what_a_reader_must_know(run):
    stand_in = run(
        "other", dataset=DATASET | {"name": "like digits", "official": False, "stand_in_because": "no files"}
    )
    notes = " ".join(compare([run("one"), stand_in]).notes)
    assert "stand-in data" in notes
    assert "other" in notes
    assert "different data" in notes
    own = run("leaves", dataset=DATASET | {"official": False})
    assert compare([own]).notes == ("Accuracies on your data, not to be compared with published ones: leaves.",)
    nominal = compare([run("untimed", tick_limited_by={"kind": "nominal", "id": None, "text": "nothing"})])
    assert "nominal tick" in nominal.notes[0]


def test_runs_of_one_name_are_told_apart_by_their_paths(run):
    runs = [run("a/same"), run("b/same")]
    assert compare(runs).table()["run"].tolist() == [str(one.path) for one in runs]


def test_what_cannot_be_compared(board_run):
    with pytest.raises(DataError, match="no summary to compare"):
        compare([board_run])
    with pytest.raises(DataError, match="there are no runs"):
        compare([])


def test_runs_that_were_changed_on_purpose_say_so(run):
    found = compare([run("sound"), run("faulty", deviations=["faults: 3 of 100 cores are dead"])])
    assert found.notes == ("faulty: changed on purpose: faults: 3 of 100 cores are dead.",)


def test_runs_of_one_value_are_named_as_equal():
    names = list("abcdef")
    assert best_runs(names, [1, 5, 2, 3, 4, None]) == "b"
    assert best_runs(names, [1, 5, 2, 3, 4, 1], least=True) == "a, f (equal)"
    assert best_runs(names, [7, 7, 7, 7, float("nan"), 1]) == "a, b, c and 1 more (equal)"
    assert best_runs(names[:2], [3, 3]) == "both are equal"
