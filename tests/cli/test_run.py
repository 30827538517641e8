"""``neurosyn run``."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "interop" / "data"
TABLE = "tick,core,neuron,dest_core,dest_axon,pin\n2,3,3,-33,255,511\n3,3,0,-32,0,0\n3,3,1,-32,1,1\n4,3,1,-32,1,1\n"


@pytest.fixture
def run(neurosyn):
    return lambda *arguments: neurosyn("run", *arguments, "--backend", "numpy")


def test_a_program_of_ibm(run, tmp_path):
    out = tmp_path / "out.csv"
    outcome = run(DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 6, "--out", out, "--json")
    assert outcome.code == 0, outcome.err
    assert out.read_text(encoding="ascii") == TABLE
    summary = json.loads(outcome.out)
    assert (summary["cores"], summary["ticks"], summary["input_spikes"], summary["output_spikes"]) == (2, 6, 5, 4)
    assert summary["events"]["spikes"] == 5 + 4
    assert summary["events"]["input_packets"] == 5
    assert summary["engine"]["timing"] == "none"
    assert "[3/3] write" in outcome.err


def test_time_changes_nothing_but_the_time(run, tmp_path):
    out = tmp_path / "out.csv"
    arguments = (DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 6, "--out", out, "--json")
    outcome = run(*arguments, "--timing", "simpy", "--quiet")
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    assert out.read_text(encoding="ascii") == TABLE
    summary = json.loads(outcome.out)
    assert summary["tick_period_us"] > 0
    assert summary["tick_limited_by"]
    assert summary["engine"]["timing"] == "simpy"


def test_a_program_of_ranc_brings_its_packets_and_positions(run, tmp_path):
    out = tmp_path / "out.csv"
    outcome = run(DATA / "grid.json", "--ticks", 6, "--out", out, "--json")
    assert outcome.code == 0, outcome.err
    lines = out.read_text(encoding="ascii").splitlines()
    assert lines[1:] == ["1,0,1,-32,4,4", "2,0,1,-32,4,4", "3,1,0,-33,7,263"]
    assert json.loads(outcome.out)["events"]["hops"] > 0


def test_our_own_program_and_a_summary_for_people(run, two_cores_npz):
    outcome = run(two_cores_npz, "--spikes", DATA / "two_cores.sfti", "--ticks", 6)
    assert outcome.code == 0, outcome.err
    assert "output spikes" in outcome.out


@pytest.fixture
def two_cores_npz(tmp_path):
    from neurosyn.interop.cpe import read_cpe
    from neurosyn.interop.program_file import save_program

    save_program(read_cpe(DATA / "two_cores.json"), tmp_path / "program.npz")
    return tmp_path / "program.npz"


def test_spikes_after_the_last_tick_are_told(run):
    outcome = run(DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 2, "--json")
    assert "2 input spikes would be integrated after the last tick" in outcome.err
    assert json.loads(outcome.out)["output_spikes"] == 0


@pytest.mark.parametrize(
    ("program", "spikes", "fragment"),
    [
        ("none.json", "two_cores.sfti", "cannot be read"),
        ("two_cores.sfti", None, "is no program"),
        ("two_cores.json", "none.sfti", "cannot be read"),
        ("two_cores.json", "grid.json", "the header is not JSON"),
    ],
)
def test_files_that_are_none_end_with_5(run, program, spikes, fragment):
    outcome = run(DATA / program, "--ticks", 6, *(["--spikes", DATA / spikes] if spikes else []))
    assert outcome.code == 5
    assert outcome.out == ""
    assert fragment in outcome.err
    assert "Traceback" not in outcome.err


def test_damage_ends_with_5_and_writes_nothing(run, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_bytes((DATA / "two_cores.json").read_bytes()[:2000])
    outcome = run(broken, "--ticks", 6, "--out", tmp_path / "out.csv")
    assert outcome.code == 5
    assert "broken.json:" in outcome.err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--ticks", "0"],
        ["--ticks", "-5"],
        ["--ticks", "x"],
        [],
        ["--ticks", "6", "--timing", "exact"],
        ["--ticks", "6", "--out", "out.txt"],
    ],
)
def test_wrong_options_end_with_2(run, options):
    outcome = run(DATA / "two_cores.json", *options)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err
    assert "Traceback" not in outcome.err
