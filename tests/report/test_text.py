"""The terminal's summary of a run."""

import io

import pytest
from rich.console import Console

from neurosyn.report.text import assumptions_text, print_summary, summary_text


def _printed(summary, width=80, **console):
    stream = io.StringIO()
    Console(file=stream, width=width, **console).print(summary_text(summary))
    return stream.getvalue()


def test_the_text_has_everything(summary):
    text = " ".join(_printed(summary).split())
    for shown in (
        "House numbers on one chip",
        "SynthDigits (stand-in for SVHN), 1,234 frames",
        "STAND-IN DATA",
        "Accuracy on the chip 93.21 % of 1,234 frames",
        "Accuracy as trained 93.29 %",
        "Mismatched frames 1",
        "Cores 4,042 on 1 chip",
        "Axons used in a core 201.5 in the mean; at most 256",
        "Neurons used in a core 225.7 in the mean; at most 255",
        "Tick period 395.9 µs limited by core 2172 (layer 5 S-512)",
        "Frames per second 2,526",
        "Latency 5.939 ms",
        "Played in time 2 frames, 17 ticks",
        "Power 256.5 mW at 1.00 V",
        "leakage 111.0 mW",
        "io 2.6 mW",
        "Energy per frame 101.5 µJ",
        "Frames per second and watt 9,847",
        "Spikes 203,456,789",
        "Synaptic events 15,234,567,890",
        "Hops 1,834,000,000 9.17 a packet",
        "3 layer 300 21,000,003 270,000,003 120,000,003 7.50 µJ",
        "2 options and 0 rules of the model, where nothing is published; neurosyn explain runs/svhn-1a2b3c4d",
        "Run folder runs/svhn-1a2b3c4d",
    ):
        assert shown in text, shown


def test_it_is_plain_and_fits_where_there_is_no_terminal(summary, capsys):
    print_summary(summary)
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_terminal_gets_colours_and_alarms(summary):
    text = _printed(summary, force_terminal=True, color_system="standard")
    assert "\x1b[1;31m1\x1b[0m" in text.replace(" ", "")  # one mismatched frame, in bold red
    summary["mismatched_frames"] = summary["events"]["late_packets"] = 0
    assert "\x1b[1;31m" not in _printed(summary, force_terminal=True, color_system="standard")


def test_official_data_need_no_warning(summary):
    summary["dataset"] = {"name": "SVHN", "official": True, "frames": 26_032}
    text = _printed(summary)
    assert "SVHN, 26,032 frames" in text
    assert "STAND-IN" not in text


@pytest.mark.parametrize("key", ["dataset", "accuracy", "power_mw", "tick_period_us", "events", "engine", "layers"])
@pytest.mark.parametrize("how", ["absent", "none"])
def test_what_a_run_does_not_have_is_left_out(summary, key, how):
    if how == "absent":
        del summary[key]
    else:
        summary[key] = None
    text = _printed(summary)
    assert "None" not in text
    assert "–" not in text
    assert "Cores" in text


def test_a_board_shows_its_chips_and_the_busiest_links(summary):
    summary["board"] = {
        "chips_used": 3,
        "crossings": 1234,
        "crossings_per_packet": 0.25,
        "chip_edges": [{"name": "chip edge (1,0)→(0,0)", "packets": 1200, "busy_share": 0.125}],
        "host_ports": [{"name": "host input port west of chip (0,0)", "packets": 7, "busy_share": 0.5}],
    }
    assert "Chips in use" not in _printed(summary)
    summary["chips"] = 4
    text = " ".join(_printed(summary, width=120).split())
    assert "Chips in use 3 of 4" in text
    assert "Crossings 1,234 links from chip to chip" in text
    assert "Crossings of a packet 0.250" in text
    assert "Busiest chip edge 12.5 % of the time busy: chip edge (1,0)→(0,0), 1,200 packets" in text
    assert "Busiest host port 50.0 % of the time busy: host input port west of chip (0,0), 7 packets" in text


def test_assumed_rules_and_what_is_not_counted(summary):
    rule = {"name": "late packets", "value": "wait", "unit": "", "basis": "a ring [A]", "option": False}
    summary["assumptions"].append(rule)
    summary["not_counted"] = {"off-chip transduction": "it happens elsewhere"}
    text = " ".join(_printed(summary).split())
    assert "2 options and 1 rule of the model" in text
    assert "off-chip transduction not counted it happens elsewhere" in text
    stream = io.StringIO()
    Console(file=stream, width=80).print(assumptions_text(summary["assumptions"]))
    listed = " ".join(stream.getvalue().split())
    assert "Scenario options chip.hop_latency_ps: 7,160 ps the faster handshake [A] chip.input_side: west" in listed
    assert "Rules of the model late packets: wait a ring [A]" in listed


def test_an_empty_summary_is_just_a_run():
    assert _printed({}).split() == ["run"]


def test_brackets_are_no_markup(summary):
    summary["tick_limited_by"]["text"] = "core [red]7[/red] [A]"
    summary["layers"][0]["name"] = "[bold]first"
    text = _printed(summary, width=120)
    assert "core [red]7[/red] [A]" in text
    assert "[bold]first" in text


def test_own_images_are_your_data(summary):
    summary["dataset"] |= {"name": "own images 'leaves'"}
    text = _printed(summary)
    assert "Your data: there are no published results to compare with" in text
    assert "STAND-IN" not in text


def test_the_training_has_its_last_accuracy_and_a_curve(summary):
    epochs = [{"epoch": i, "loss": 1.0, "accuracy": accuracy} for i, accuracy in enumerate((0.2, 0.55, 0.9), 1)]
    summary["model"] = {"history": [*epochs, {"epoch": 4, "loss": 1.0}]}
    text = " ".join(_printed(summary).split())
    assert "Accuracy in training 90.00 % on training images, 3 epochs ▁▅█" in text


@pytest.mark.parametrize(
    "model", [None, {}, {"history": None}, {"history": ["damaged", {"accuracy": "x"}, {"accuracy": 0.5}]}]
)
def test_a_model_without_a_record_of_its_training(summary, model):
    summary["model"] = model
    assert "Accuracy in training" not in _printed(summary)
