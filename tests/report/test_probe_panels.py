"""Probes in the report: numbers, tables, figures."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError
from neurosyn.report.page import write_report
from neurosyn.report.probe_panels import probe_panels
from neurosyn.support.files import write_json


@pytest.fixture
def run(tmp_path, summary):
    """A run with a probe of three tables: a row for each tick, several rows for a tick, no ticks."""
    folder = tmp_path / "run"
    (folder / "probes" / "meter").mkdir(parents=True)
    tables = {
        "series": {"tick": [0, 1, 2], "first layer": [5, 6, 7], "share": [0.25, 0.5, 0.75]},
        "events": {"tick": [3, 3, 4], "core": [0, 9, 9]},
        "names": {"name": ["<b>"]},
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / "probes" / "meter" / f"{name}.parquet")
    probe = {
        "name": "meter",
        "kind": "counter",
        "results": {"ticks": 3, "mean": {"a": 0.5}, "list": [1, 2]},
        "files": ["meter/results.json", *(f"meter/{name}.parquet" for name in tables), "meter/gone.parquet"],
        "error": "ValueError: too <late>",
    }
    write_json(folder / "summary.json", summary | {"probes": [probe]})
    return FinishedRun(folder)


def test_numbers_tables_and_figures_that_fit_the_columns(run):
    (panel,) = probe_panels(run)
    assert panel.numbers == [("ticks", "3"), ("mean: a", "0.5000")]
    series, events, names = panel.tables
    assert (series.columns, series.rows, series.head[0]) == (["tick", "first layer", "share"], 3, ["0", "5", "0.2500"])
    assert "first layer, share over 3 ticks" in series.figure
    assert "3 rows by tick and core" in events.figure
    assert (names.figure, names.head) == ("", [["<b>"]])


def test_the_page_has_them(run, tmp_path):
    write_report(tmp_path / "report.html", run)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="probes"') : page.index("</section>", page.index('<section id="probes"'))]
    for text in ("Switched off: ValueError: too &lt;late&gt;", "probes/meter/series.parquet", "&lt;b&gt;", "mean: a"):
        assert text in section
    assert section.count("<svg") == 2
    # Axes and texts of figures take the colours of the page, light or dark.
    assert "var(--muted)" in section
    assert "#52606d" not in section


def test_a_damaged_table_is_named(run):
    (run.path / "probes" / "meter" / "series.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"series\.parquet: cannot be read"):
        probe_panels(run)


def test_a_raster_of_many_ticks_and_cores_has_few_pixels(run):
    rng = np.random.default_rng(0)
    columns = {"tick": rng.integers(0, 10_000, 5000), "core": rng.integers(0, 4096, 5000)}
    pq.write_table(pa.table(columns), run.path / "probes" / "meter" / "events.parquet")
    figure = probe_panels(run)[0].tables[1].figure
    assert len(figure) < 200_000
