"""The report page in a headless Chromium."""

import pytest

from neurosyn.report.explorer import explorer
from neurosyn.report.page import write_report
from neurosyn.trace.reader import Trace
from tests.report.chromium import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "profile")
    yield browser
    browser.close()


def test_the_page_works(tmp_path, browser, finished, summary, trace, evaluation):
    write_report(tmp_path / "report.html", finished(summary, trace, evaluation))
    browser.open(tmp_path / "report.html")
    text = "document.getElementById('{}').textContent".format
    assert browser.run("getComputedStyle(document.querySelector('.explorer')).display") == "block"
    assert browser.run("getComputedStyle(document.querySelector('.still')).display") == "none"
    assert "mean of 4 timed ticks" in browser.run(text("tick-text"))

    picture = "document.getElementById('core-map').toDataURL()"
    before = browser.run(picture)
    browser.run("{ const s = document.getElementById('tick'); s.value = 1; s.dispatchEvent(new Event('input')); }")
    assert browser.run(text("tick-text")).startswith("tick 1, ")
    assert browser.run(picture) != before
    assert browser.run("document.getElementById('tick').getAttribute('aria-valuetext')").startswith("tick 1")
    assert "tick 1 took" in browser.run(text("timeline-caption")).lower()

    core = trace.cores().iloc[4]
    board = browser.run(
        "(() => { const m = document.getElementById('core-map'); m.scrollIntoView({behavior: 'instant'}); "
        "const b = m.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
    )
    width, height = 8, 4  # two chips of 4 × 4 cores side by side
    x = board[0] + (int(core["x"]) + 0.5) * board[2] / width
    y = board[1] + (height - 0.5 - int(core["y"])) * board[2] / width
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    rows = trace.core_ticks(ticks=1).set_index("core")
    said = browser.run(text("core-details"))
    assert said.startswith(f"Core 4 at ({core['x']}, {core['y']}), layer {core['layer']}")
    assert f"Spikes {rows['spikes'][4]}" in said

    browser.run("document.getElementById('core-map').focus()")
    for _ in range(8):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft", code="ArrowLeft")
    row = trace.cores().query(f"y == {core['y']}")
    assert browser.run(text("core-details")).startswith(f"Core {row['core'][row['x'].idxmin()]} at")
    browser.run("document.getElementById('link-map').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
    assert browser.run(text("link-details")).startswith("Router (")
    browser.run("document.getElementById('timeline').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
    assert "Cores at work 9" in browser.run(text("timeline-details"))

    # On a telephone everything is as wide as the screen, or scrolls by itself.
    browser.call("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
    assert browser.run("document.documentElement.scrollWidth") == 400
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    timeline = "document.getElementById('timeline').toDataURL()"
    light = browser.run(timeline)
    browser.call("Emulation.setEmulatedMedia", features=dark)
    browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert browser.run(timeline) != light
    assert browser.complaints() == []


def test_a_small_program_on_a_large_board_is_looked_at_closely(
    tmp_path, browser, finished, summary, evaluation, finished_run
):
    """Some cores of 4,096: the map shows the part in use, and what is pointed at is what is named."""
    trace = Trace(finished_run)
    write_report(tmp_path / "report.html", finished(summary, trace, evaluation))
    assert "of the board of 64 × 64 cores the part in use is shown" in (tmp_path / "report.html").read_text("utf-8")
    browser.open(tmp_path / "report.html")
    view = explorer(trace).document["view"]
    assert view["width"] < 64
    left, top, width, _ = browser.run(
        "(() => { const m = document.getElementById('core-map'); m.scrollIntoView({behavior: 'instant'}); "
        "const b = m.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
    )
    cell = min(width / view["width"], max(620 / view["height"], 1))
    core = trace.cores().iloc[5]
    x = left + (core["x"] - view["x"] + 0.5) * cell
    y = top + (view["y"] + view["height"] - core["y"] - 0.5) * cell
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    said = browser.run("document.getElementById('core-details').textContent")
    assert said.startswith(f"Core 5 at ({core['x']}, {core['y']})")
    assert browser.complaints() == []
