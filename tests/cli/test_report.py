"""``neurosyn report``: the page of a finished run, and what it refuses."""

import json
import shutil

import pytest

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError


@pytest.mark.parametrize("name", ["summary.json", "outputs.npz"])
def test_report_of_changed_results_is_refused(name, neurosyn, tiny_run):
    with (tiny_run / name).open("ab") as stream:
        stream.write(b" ")
    outcome = neurosyn("report", tiny_run)
    assert outcome.code == 5
    assert f"{name}: is missing or was changed" in outcome.err


def test_report_does_without_a_trace_that_was_removed(neurosyn, tiny_run):
    shutil.rmtree(tiny_run / "trace")
    assert neurosyn("report", tiny_run, "--out", tiny_run / "page.html").code == 0
    assert "tiny" in (tiny_run / "page.html").read_text(encoding="utf-8")


def test_report_of_a_raw_program_has_its_chip_but_no_frames(neurosyn, tiny_run, tmp_path):
    folder = tmp_path / "trace"
    assert neurosyn("run", tiny_run / "program.npz", "--ticks", 3, "--trace", folder).code == 0
    assert neurosyn("report", folder).code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "program.npz" in page
    assert "Accuracy on the chip" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not valid JSON"),
        ("{", "is not valid JSON"),
        ("[]", "is not the summary of a run"),
        ("{}", "is not the summary of a run"),
        ('{"dataset": 3}', "dataset: is damaged"),
        ('{"dataset": {"classes": ["only one"]}}', "dataset.name: is damaged"),
        ('{"power_mw": {"total": "x"}}', "power_mw.total: is damaged"),
        ('{"program": "p.npz", "layers": [{"name": "first"}]}', "layers.0.cores: is damaged"),
    ],
)
def test_damaged_summary_is_refused_with_its_file_and_key(text, said, neurosyn, tiny_run):
    (tiny_run / "stages.json").unlink()
    (tiny_run / "summary.json").write_text(text, encoding="utf-8")
    outcome = neurosyn("report", tiny_run)
    assert outcome.code == 5
    assert f"summary.json: {said}" in outcome.err


def test_classes_that_do_not_fit_the_answers_are_refused(tiny_run):
    summary = FinishedRun(tiny_run).summary
    summary["dataset"]["classes"] = ["only one"]
    (tiny_run / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    with pytest.raises(DataError, match="there are 1 classes"):
        _ = FinishedRun(tiny_run).evaluation
