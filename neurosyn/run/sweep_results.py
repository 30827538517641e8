"""Results of a sweep in its folder: the table as CSV and Parquet, and the report page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosyn.analysis.design_space import design_space, run_numbers
from neurosyn.analysis.result import Analysis
from neurosyn.analysis.run_summary import read_summary
from neurosyn.scenario.changes import parse_value

__all__ = ["sweep_space", "write_sweep_results"]


def sweep_space(document: Mapping[str, Any]) -> Analysis:
    """Return the table of all runs of a sweep, the values of keys first, and its plots.

    Parameters
    ----------
    document
        ``sweep.json``.
    """
    rows = []
    for point in document["points"]:
        run = Path(point["run"])
        state = "finished" if point["finished"] else "unfinished" if point["error"] is None else "failed"
        values = {key: parse_value(text) for key, text in point["values"].items()}
        numbers = run_numbers(run) if point["finished"] else {}
        rows.append({**values, **numbers, "state": state, "reason": point["error"], "run": str(run)})
    return design_space(rows, list(document["over"]), document["sweep"])


def write_sweep_results(document: Mapping[str, Any]) -> None:
    """Write ``sweep.csv``, ``sweep.parquet`` and ``report.html`` into the folder of a sweep."""
    from neurosyn.report.sweep_page import write_sweep_report

    folder, keys = Path(document["sweep"]), list(document["over"])
    space = sweep_space(document)
    table = space.table("runs")
    table.to_csv(folder / "sweep.csv", index=False)
    plain = {key: table[key].astype(str) for key in keys if table[key].dtype == object}
    table.assign(**plain).to_parquet(folder / "sweep.parquet", index=False)
    finished = [Path(point["run"]) for point in document["points"] if point["finished"]]
    title = read_summary(finished[0] / "summary.json")["title"] if finished else folder.name
    write_sweep_report(folder / "report.html", space, keys, title)
