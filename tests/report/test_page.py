"""The report page: numbers, figures, warnings, size."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from neurosyn.analysis import critical_path
from neurosyn.analysis.evaluation import Evaluation
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError
from neurosyn.report.page import write_report
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder

_VOID = {"meta", "img", "br", "link", "input", "hr", "col"}


class Page(HTMLParser):
    """A page that must be well-formed: every tag closed in order, every id its own."""

    def __init__(self, html):
        super().__init__()
        self.html, self.open, self.tags, self.text = html, [], [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += f"{data} "

    def find(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


@pytest.fixture
def page(tmp_path, finished):
    def page(*arguments):
        write_report(tmp_path / "report.html", finished(*arguments))
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    return page


def test_the_page_shows_the_numbers(page, summary, trace, evaluation):
    summary["model"] = {
        "history": [
            {"epoch": 1, "loss": 2.0, "accuracy": 0.5},
            {"epoch": 2, "loss": 0.3, "accuracy": 0.951, "validation_accuracy": 0.941},
        ]
    }
    summary["unused"] = {"train.rate": "a model", "train.epochs": "a model", "place.crossing": "one chip"}
    summary["hints"] = [{"option": "chip.output_side", "value": "south", "reason": "40% of all hops"}]
    text = " ".join(page(summary, trace, evaluation).text.split())
    for shown in (
        "House numbers on one chip",
        "SynthDigits (stand-in for SVHN)",
        "1,234 test frames",
        "93.21 %",
        "93.29 %",
        "4,042",
        "912,345",
        "201.5",
        "12.3 %",
        "395.9 µs",
        "core 2172 (layer 5 S-512)",
        "2,526",
        "5.939 ms",
        "256.5 mW",
        "101.5 µJ",
        "9,847",
        "203,456,789",
        "15,234,567,890",
        "9.17 a packet",
        "2 frames, 17 ticks",
        "312 ns",
        "57.3 ns of it waiting",
        "24.4 µs",
        "24.2 µs of it waiting, for its turn at the host's port and on the way",
        "95.10 %",
        "94.10 %",
        "chip.output_side 40% of all hops south",
        "2 options of train rate, epochs: a model not used",
        "place.crossing one chip not used",
        "21,000,003",
        "270,000,003",
        "chip.hop_latency_ps 7,160 ps the faster handshake [A]",
        "packages.numpy 2.4.1",
        "runs/svhn-1a2b3c4d",
    ):
        assert shown in text, shown


def test_a_run_of_its_own_leads_to_no_sweep(page, summary):
    assert "../report.html" not in page(summary).html


def test_power_and_its_parts(page, summary):
    text = " ".join(page(summary).text.split())
    # part, mW, µJ of a frame (101.55 µJ × share), share
    for shown in ("leakage 111.0 43.9 43.3 %", "memory 83.4 33.0 32.5 %", "io 2.6 1.0 1.0 %"):
        assert shown in text, shown
    assert "chip to chip" not in text
    summary["power_mw"]["chip_to_chip"] = 0.4
    assert "chip to chip 0.4" in " ".join(page(summary).text.split())


def test_nothing_comes_from_outside(page, summary, trace, evaluation):
    written = page(summary, trace, evaluation)
    assert "http:" not in written.html
    assert "https:" not in written.html
    assert "//" not in re.sub(r"[A-Za-z0-9+/]{40,}={0,2}", "", written.html)
    assert [script.get("type") for script in written.find("script")] == ["application/json", "text/plain", None]
    assert all("src" not in script for script in written.find("script"))
    policy = written.find("meta")[-1]["content"]
    own = re.search(r"<script>(.*?)</script>", written.html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'")
    assert policy.endswith(f"script-src 'sha256-{digest}'")
    assert not written.find("link")
    ids = set(written.attributes("id"))
    for reference in written.attributes("href"):
        assert reference.startswith("data:image/png;base64,") or reference[1:] in ids
    for source in written.attributes("src"):
        assert source.startswith("data:image/png;base64,")
    for target in re.findall(r"url\(([^)]*)\)", written.html):
        assert target.startswith("#")
        assert target[1:] in ids
    assert "@import" not in written.html


def test_it_can_be_read_without_eyes(page, summary, trace, evaluation):
    written = page(summary, trace, evaluation)
    assert written.find("html")[0]["lang"] == "en"
    ids = written.attributes("id")
    assert len(ids) == len(set(ids))
    for figure in written.find("svg"):
        assert figure["role"] == "img"
        assert len(figure["aria-label"]) > 20
    assert len(written.find("svg")) == 6  # confusions, four maps, latencies
    assert written.find("img")[0]["alt"].startswith("Frame 1, true class")
    assert [tag for tag, _ in written.tags if re.fullmatch("h[1-6]", tag)][:2] == ["h1", "h2"]
    for row in written.find("th"):
        assert row.get("scope") in ("col", "row")
    for canvas in written.find("canvas"):
        assert canvas["tabindex"] == "0"
        assert len(canvas["aria-label"]) > 10
        assert canvas["aria-describedby"] in ids
    for label in written.find("label"):
        assert label.get("for", "tick") in ids


def test_it_is_small_and_always_the_same(tmp_path, page, summary, trace, evaluation):
    first = page(summary, trace, evaluation).html
    assert len(first.encode()) < 400_000
    assert page(summary, trace, evaluation).html == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["finished", "report.html", "trace"]


def test_the_users_own_style_of_figures_does_not_matter(page, summary, trace, evaluation):
    import matplotlib as mpl

    first = page(summary, trace, evaluation).html
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert page(summary, trace, evaluation).html == first
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.parametrize(
    ("official", "badge", "warned"),
    [(True, "official data", False), (False, "stand-in data", True)],
)
def test_stand_ins_are_called_so(page, summary, official, badge, warned):
    summary["dataset"]["official"] = official
    text = page(summary).text
    assert badge in text
    assert ("may be compared with published results" in text) == warned


def test_own_images_stand_in_for_nothing(page, summary):
    summary["dataset"] |= {"name": "own images 'leaves'", "frames": 3}
    text = page(summary).text
    assert "your data" in text
    assert "The frames are your data: own images 'leaves'. There are no published results to compare with" in text
    assert "stand-in" not in text
    summary["dataset"]["stand_in_because"] = "svhn: no files"  # the scenario fell back on them
    assert "stand-in data" in page(summary).text


def test_what_limits_the_tick_comes_from_its_analysis(page, summary, trace):
    found = critical_path.analyse(FinishedRun(trace.folder))
    text = " ".join(page(summary, trace).text.split())
    assert f"Tick {found.headline['tick']}, the longest that was recorded" in text
    assert found.headline["limited_by"] in text
    for change in found.table("what_if")["change"]:
        assert change in text


def test_the_hottest_cores_stand_in_a_table(page, summary, trace):
    cores = trace.cores()
    first = cores.loc[cores["timed_spikes"].idxmax()]
    text = " ".join(page(summary, trace).text.split())
    assert f"Spikes core {first['core']} ({first['layer']}) {first['timed_spikes']:,}" in text


def test_what_is_amiss_comes_first(page, summary):
    text = page(summary).text
    assert "1 frame: the chip's output spikes differ" in text
    assert "3 packets arrived after their tick had begun" in text
    assert "a core had not finished" not in text
    summary["events"]["core_overruns"] = 2
    assert "2 core overruns: a core had not finished when its tick ended" in page(summary).text
    summary["mismatched_frames"] = summary["events"]["late_packets"] = summary["events"]["core_overruns"] = 0
    text = page(summary).text
    assert "differ" not in text
    assert "arrived after" not in text


def test_a_summary_with_nothing_in_it(page):
    written = page({"seed": 1})
    assert "finished" in written.text  # the folder's name
    assert not written.find("svg")


def test_a_raw_program_has_no_accuracy(page, summary, trace):
    of_frames = ("dataset", "accuracy", "trained_accuracy", "mismatched_frames", "energy_per_frame_uj")
    for key in (*of_frames, "layers", "power_mw", "frames_per_second"):
        del summary[key]
    written = page(summary, trace)
    assert "Accuracy" not in written.text
    assert "2 layer" in written.text  # the layer table comes from the trace then


def test_a_run_without_timing_has_no_latencies(tmp_path, page, summary):
    info, ticks = random_run(timed=0)
    recorder = ParquetRecorder(tmp_path / "untimed")
    recorder.started(info)
    recorder.tick(ticks[0])
    recorder.finished()
    del summary["tick_period_us"], summary["tick_limited_by"]
    written = page(summary, Trace(tmp_path / "untimed"))
    assert len(written.find("svg")) == 3
    assert "Packet latency" not in written.text


def test_the_layer_table_splits_the_energy(page, summary):
    # Layer 1 of 2.5 µJ beside layer 3 of 7.5 µJ: 1 and 1.5 of 7.5.
    styles = page(summary).attributes("style")
    assert [style.split(";")[0] for style in styles if style.startswith(("--w:13.33%", "--w:20.00%"))] == [
        "--w:13.33%",
        "--w:20.00%",
    ]


def test_layers_of_a_raw_program_come_from_the_trace(page, summary, trace):
    del summary["layers"]
    leakage = 1000 * summary["power_mw"]["leakage"] * summary["tick_period_us"] * trace.ticks_simulated
    energy = trace.energy()
    active = energy.loc[energy["layer"] == "2 layer", "energy_pj"].sum()
    expected = (leakage * 4 / 9 + active) / 1e6  # four of the nine cores; pJ → µJ
    text = " ".join(page(summary, trace).text.split())
    assert f"{expected:,.0f} µJ" in text
    cores = trace.cores()
    assert f"{cores['spikes'][cores['layer'] == '2 layer'].sum():,}" in text


def test_the_maps_show_the_timed_ticks(page, summary, trace):
    cores = trace.cores()
    hot = cores["timed_spikes"].idxmax()
    text = " ".join(page(summary, trace).text.split())
    assert "are means over 4 timed ticks" in text
    assert f"Most: {cores['timed_spikes'][hot] / 4:.2f} spikes in a tick, core {hot} at" in text


def test_the_map_of_links_names_the_busiest(page, summary, trace):
    links = trace.links()
    links = links[links["kind"] == "link"]
    busiest = links.loc[links["packets"].idxmax()]
    text = " ".join(page(summary, trace).text.split())
    packets = f"{busiest['packets'] / 4:.3g}"
    assert f"Most: {packets} packets in a tick, {busiest['name']}, busy {100 * busiest['busy_share']:.2f} %" in text


def test_links_between_chips_are_listed_by_their_load(page, summary):
    assert "Links between chips" not in page(summary).text
    summary["chips"] = 2
    summary["board"] = {
        "chips_used": 2,
        "crossings": 1234,
        "crossings_per_packet": 0.25,
        "chip_edges": [
            {"name": "chip edge (0,0)→(1,0)", "packets": 34, "busy_share": 0.001},
            {"name": "chip edge (1,0)→(0,0)", "packets": 1200, "busy_share": 0.125},
        ],
        "host_ports": [],
    }
    text = " ".join(page(summary).text.split())
    assert "(1,0)→(0,0) 1,200 12.5 % (0,0)→(1,0) 34 0.1 %" in text
    assert "Chips in use of 2 2" in text
    assert "Busiest chip edge of the time busy: chip edge (1,0)→(0,0), 1,200 packets 12.5 %" in text


def test_what_is_not_counted_stands_beside_the_power(page, summary):
    summary["not_counted"] = {"off-chip transduction": "it happens elsewhere"}
    text = " ".join(page(summary).text.split())
    assert "Off-chip transduction is not counted : it happens elsewhere." in text
    assert "off-chip transduction it happens elsewhere not counted" in text


def test_rules_of_the_model_are_told_from_options(page, summary):
    assert "Table of assumed rules" not in page(summary).text
    rule = {"name": "late packets", "value": "wait", "unit": "", "basis": "a ring [A]", "option": False}
    summary["assumptions"].append(rule)
    text = " ".join(page(summary).text.split())
    assert "Rule Assumption Rests on late packets wait a ring [A]" in text


def test_names_cannot_break_the_page(page, summary, evaluation):
    name = "<script>alert('x')</script> & \"co\""
    summary["title"] = summary["dataset"]["name"] = summary["layers"][0]["name"] = name
    summary["tick_limited_by"]["text"] = name
    summary["provenance"] = {name: [name]}
    named = Evaluation(evaluation.labels, evaluation.predictions, (name, *evaluation.classes[1:]), evaluation.scores)
    written = page(summary, None, named)
    assert not written.find("script")
    assert name in written.text


def test_dollars_are_no_mathematics(page, summary):
    labels = np.array([0, 1], np.int32)
    assert "$1_{" in page(summary, None, Evaluation(labels, labels, ("$1_{", "$2$"))).text


def test_many_classes(page, summary):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 43, 3000).astype(np.int32)
    predictions = np.where(rng.random(3000) < 0.9, labels, rng.integers(0, 43, 3000)).astype(np.int32)
    written = page(summary, None, Evaluation(labels, predictions, tuple(f"sign {i}" for i in range(43))))
    matrix = written.find("svg")[0]["aria-label"]
    assert (
        matrix == f"Confusion matrix of 43 classes: {(labels == predictions).sum():,} of 3,000 frames on the diagonal"
    )
    assert "sign 42" in written.text


@pytest.mark.parametrize("channels", [1, 3])
def test_frames_are_shown_with_their_answers(page, summary, channels):
    images = np.zeros((3, 4, 4, channels), np.uint8)
    scores = np.array([[0.75, 0.25], [0.125, 0.875], [0.5, 0.375]])
    answers = Evaluation(
        np.array([0, 1, 1], np.int32), np.array([0, 1, 0], np.int32), ("left", "right"), scores, images
    )
    written = page(summary, None, answers)
    text = " ".join(written.text.split())
    assert "✓ left left 0.750 right 0.250" in text
    assert "✓ right right 0.875 left 0.125" in text
    assert "✗ left, is right left 0.500 right 0.375" in text
    assert len(written.find("img")) == 3


def test_a_perfect_network_has_no_confusions(page, summary):
    labels = np.arange(4, dtype=np.int32)
    written = page(summary, None, Evaluation(labels, labels, tuple("abcd")))
    assert "Every frame was classified correctly" in written.text


def test_a_damaged_trace_leaves_no_page(tmp_path, finished, summary, trace):
    (trace.folder / "cores.parquet").unlink()
    with pytest.raises(DataError, match=r"cores\.parquet"):
        write_report(tmp_path / "report.html", finished(summary, trace))
    assert not list(tmp_path.glob("*report*"))
