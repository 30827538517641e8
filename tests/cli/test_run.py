"""``neurosyn run``."""

import json
from pathlib import Path

import numpy as np
import pytest

from neurosyn.chip.program import NO_DESTINATION

DATA = Path(__file__).parents[1] / "formats" / "data"
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
    from neurosyn.formats.ibm.reader import read_cpe
    from neurosyn.formats.program_file import save_program

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


def test_voltage_and_assumed_times_can_be_set(run):
    arguments = (
        DATA / "two_cores.json",
        "--spikes",
        DATA / "two_cores.sfti",
        "--ticks",
        6,
        "--timing",
        "simpy",
        "--json",
    )
    plain, changed = (
        json.loads(run(*arguments, *options).out)
        for options in ([], ["--set", "chip.neuron_time_ps=372000", "--set", "chip.voltage=0.7"])
    )
    assert changed["tick_period_us"] > 1.9 * plain["tick_period_us"]
    assert changed["energy_pj"]["synaptic"] < plain["energy_pj"]["synaptic"]
    assert changed["voltage"] == 0.7
    values = {item["name"]: item["value"] for item in changed["assumptions"]}
    assert values["chip.neuron_time_ps"] == 372_000
    short = json.loads(run(*arguments, "--set", "simulate.tick=1.0").out)
    assert short["tick_period_us"] == 1
    assert short["events"]["core_overruns"] > 0


def test_energies_of_a_raw_program_add_up(run):
    outcome = run(DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 6, "--json")
    summary = json.loads(outcome.out)
    layers = sum(layer["energy_pj"] for layer in summary["layers"])
    assert layers + summary["host_energy_pj"]["total"] == summary["energy_pj"]["total"] > 0
    assert summary["power_mw"]["total"] > 0
    assert summary["tick_limited_by"]["kind"] == "nominal"


def test_a_board_may_be_larger_than_needed(run):
    arguments = (DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 6, "--json")
    summary = json.loads(run(*arguments, "--set", "chip.chips=[2, 2]").out)
    assert (summary["chips"], summary["board"]["chips_used"], summary["output_spikes"]) == (4, 1, 4)
    assert summary["board"]["crossings"] == summary["events"]["output_packets"]  # they leave in the east


@pytest.mark.parametrize(
    ("override", "fragment"),
    [
        ("chip.voltag=0.8", "chip.voltag: unknown key; did you mean 'voltage'?"),
        ("chip.voltage=9", "chip.voltage: "),
        ("place.kind=anneal", "place: has no meaning here (there are: chip, simulate, trace)"),
        ("chip=3", "chip: is a table; name one of its keys, as in chip.KEY=VALUE"),
        ("chip.voltage", "is not of the form key.path=value"),
        ("simulate.timing=simpy", "has an option of its own here; give --timing simpy in its place"),
        ("simulate.backend=numba", "has an option of its own here; give --backend numba in its place"),
        ("simulate.frames=3", "--set simulate.frames: has no effect on a program"),
        ("trace.level=tick", "--set trace.level: has no effect, nothing is recorded; give --trace DIR"),
    ],
)
def test_what_cannot_be_set_ends_with_2(run, override, fragment):
    outcome = run(DATA / "two_cores.json", "--ticks", 6, "--set", override)
    assert outcome.code == 2
    assert f"--set {override.partition('=')[0]}" in outcome.err
    assert fragment in " ".join(outcome.err.split())


def test_a_trace_is_recorded_on_request(run, neurosyn, tmp_path):
    arguments = (DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 6, "--timing", "simpy")
    outcome = run(*arguments, "--trace", tmp_path / "trace", "--json")
    summary = json.loads(outcome.out)
    links = json.loads(neurosyn("trace", "head", tmp_path / "trace", "links", "-n", 1000, "--json").out)
    energy = summary["energy_pj"]
    assert sum(link["energy_pj"] for link in links) == energy["network"] + energy["io"]
    assert {"local port", "host input port", "host output port"} <= {link["kind"] for link in links}
    head = neurosyn("trace", "head", tmp_path / "trace", "links", "-n", 2)
    assert head.code == 0
    assert "busy_share" in head.out


@pytest.mark.parametrize("timing", ["none", "compiled", "simpy"])
def test_every_analysis_takes_the_folder_of_a_raw_program_or_says_why_not(run, neurosyn, tmp_path, timing):
    folder = tmp_path / "trace"
    arguments = (DATA / "two_cores.json", "--spikes", DATA / "two_cores.sfti", "--ticks", 6, "--timing", timing)
    assert run(*arguments, "--trace", folder, "--set", "trace.level=packet").code == 0
    # A raw program has no frames to answer, and without timing there are neither loads nor packets nor slack.
    refused = {"accuracy": "has no answers to frames"}
    if timing == "none":
        refused |= {"traffic": "was timed", "latency": "packets were not recorded", "critical-path": "no timed ticks"}
    for name in ("activity", "traffic", "latency", "power", "hotspots", "critical-path", "accuracy", "faults"):
        outcome = neurosyn("analyse", name, folder, "--json")
        if name in refused:
            assert (outcome.code, refused[name] in outcome.err) == (5, True), outcome.err
        else:
            assert outcome.code == 0, f"{name}: {outcome.err}"
            assert json.loads(outcome.out)


def test_a_packet_beyond_its_reach_ends_with_4(run, tmp_path):
    """301 cores side by side: the first sends to the last."""
    from neurosyn.formats.program_file import save_program
    from tests.engine.programs import make_program

    dest = np.full((301, 1), NO_DESTINATION)
    dest[0] = 300
    save_program(make_program(np.zeros((301, 1, 1)), dest, np.zeros((301, 1), int)), tmp_path / "row.npz")
    assert run(tmp_path / "row.npz", "--ticks", 2).code == 0
    outcome = run(tmp_path / "row.npz", "--ticks", 2, "--set", "chip.chips=[1, 5]")
    assert outcome.code == 4
    assert "from position (0, 0) to (300, 0), 300 cores along one axis; a packet reaches 255" in outcome.err


def test_a_packet_of_the_host_beyond_its_reach_ends_with_4(run, tmp_path):
    text = (DATA / "grid.json").read_text(encoding="ascii")
    for old, new in (
        ('[0, 0], "dest', '[280, 0], "dest'),
        ("[2, 1],\n", "[282, 1],\n"),
        ('"coordinates": [0, 0]', '"coordinates": [280, 0]'),
        ('[3, 1], "num', '[283, 1], "num'),
    ):
        text = text.replace(old, new)
    text = text.replace('"coordinates": [2, 1]', '"coordinates": [282, 1]')
    (tmp_path / "far.json").write_text(text, encoding="ascii")
    outcome = run(tmp_path / "far.json", "--ticks", 6)
    assert outcome.code == 4
    assert "input spikes: a packet of the host goes from position (0, 0) to (280, 0)" in outcome.err
    assert run(tmp_path / "far.json", "--ticks", 6, "--set", "chip.input_side=east").code == 0


def test_silent_core_of_ranc_is_a_whole_core(run, tmp_path):
    neuron = {
        "weights": [1, 0, 0, 0], "leak": 0, "positive_threshold": 5, "negative_threshold": 0, "reset_potential": 0,
        "reset_mode": 0, "current_potential": 0, "destination_core_offset": [1, 0], "destination_axon": 0,
        "destination_tick": 0,
    }  # fmt: skip
    core = {"coordinates": [0, 0], "axons": [0], "connections": [[0]], "neurons": [neuron]}
    program = {"packets": [], "output_bus": {"coordinates": [1, 0], "num_outputs": 1}, "cores": [core]}
    summaries = []
    for sizes in ({}, {"num_neurons": 64}):
        path = tmp_path / "one.json"
        path.write_text(json.dumps(sizes | program), encoding="ascii")
        summaries.append(json.loads(run(path, "--ticks", 3, "--timing", "compiled", "--json").out))
    whole = summaries[0]
    assert whole["tick_period_us"] == pytest.approx(47.6, abs=0.1)
    assert whole["power_mw"]["total"] == pytest.approx(0.199, abs=0.001)
    names = [{row["name"] for row in summary["assumptions"]} for summary in summaries]
    assert names[1] - names[0] == {"cores of another size"}
    assert "RANC's reset type" in names[0]
