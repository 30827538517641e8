"""The report page of a sweep: rows, links, figures, and nothing from outside."""

import base64
import hashlib
import html
import re

import pandas as pd
import pytest

from neurosyn.analysis.design_space import design_space
from neurosyn.report.sweep_page import write_sweep_report
from tests.report.chromium import CHROMIUM, Browser

KEYS = ["chip.voltage", "chip.chips", "place.kind"]


def rows(folder):
    for number in range(6):
        finished = number < 5
        values = {"chip.voltage": 0.7 + number / 20, "chip.chips": [1, 1 + number % 2], "place.kind": "a<b>"}
        numbers = {
            "accuracy": 0.9 - number / 100,
            "frames_per_second": 1000.0 + number,
            "energy_per_frame_uj": 5.0 - number / 9,
        }
        outcome = (
            {"state": "finished", "reason": None} if finished else {"state": "failed", "reason": "chip: <too> small"}
        )
        yield {**values, **(numbers if finished else {}), **outcome, "run": str(folder / f"chip.chips=[1, {number}]")}


@pytest.fixture
def page(tmp_path):
    write_sweep_report(tmp_path / "report.html", design_space(list(rows(tmp_path)), KEYS, "x"), KEYS, "A & B")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_every_run_is_a_row_and_failed_ones_have_their_reason(page):
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    assert body.count("<tr") == 6
    assert body.count('<tr class="front">') == 5
    assert "failed</strong>: chip: &lt;too&gt; small" in body
    assert 'href="chip.chips%3D%5B1%2C%200%5D/report.html"' in body
    assert "a&lt;b&gt;" in body
    assert ">90.00%<" in body
    assert "<title>Sweep: A &amp; B" in page


def test_the_page_runs_its_own_script_and_refers_to_nothing_outside(page):
    script = page[page.index("<script>") + len("<script>") : page.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html.unescape(page)
    references = [to for to in re.findall(r'(?:href|src)="([^"#]+)"', page) if not to.startswith("data:")]
    assert len(references) == 5
    assert all(
        reference.endswith("/report.html") and not reference.startswith(("/", "http")) for reference in references
    )
    assert page.count("<svg") == 2
    assert len(page) < 1_000_000


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_headings_sort_and_nothing_leaves_its_card_on_a_telephone(page, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(tmp_path / "report.html")
        column = "[...document.querySelectorAll('tbody tr')].map((row) => row.cells[{}].dataset.value)".format
        for expected in (["0.86", "0.87", "0.88", "0.89", "0.9", ""], ["0.9", "0.89", "0.88", "0.87", "0.86", ""]):
            browser.run("document.querySelectorAll('thead button')[3].click()")
            assert browser.run(column(3)) == expected
        browser.call("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
        assert browser.run("document.documentElement.scrollWidth") <= 400
    finally:
        browser.close()


def test_without_finished_runs_there_is_the_table_alone(tmp_path):
    failed = [row | {"state": "unfinished", "reason": None} for row in rows(tmp_path)][:2]
    table = pd.DataFrame(failed)[[*KEYS, "state", "reason", "run"]]
    write_sweep_report(tmp_path / "r.html", design_space(table.to_dict("records"), KEYS, "x"), KEYS, "t")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<svg" not in page
    assert page.count("unfinished</strong>: not simulated yet") == 2


def test_repeats_are_one_design_with_mean_and_spread(tmp_path):
    repeats = [row | {"seed": seed, "accuracy": 0.9 + seed / 10} for row in rows(tmp_path) for seed in (0, 1)]
    space = design_space(repeats, [*KEYS, "seed"], "x")
    designs = space.table("designs")
    assert designs["runs"].tolist() == [2] * 5
    assert designs["accuracy"].tolist() == pytest.approx([0.95] * 5)
    assert designs["accuracy_spread"].tolist() == pytest.approx([0.1 / 2**0.5] * 5)
    assert len(space.table("runs")) == 12
