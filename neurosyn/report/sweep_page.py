"""Report of a sweep: one HTML page that needs no other file, with links to the reports of its runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from neurosyn.analysis.design_space import draw_front, draw_keys, has_drawing, varied_keys
from neurosyn.analysis.plotting import shorten
from neurosyn.report.rendering import render_page
from neurosyn.support import formatting as written
from neurosyn.support.files import write_text

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis

__all__ = ["write_sweep_report"]

_NUMBERS = {
    "accuracy": "accuracy",
    "frames_per_second": "frames/s",
    "tick_period_us": "tick µs",
    "energy_per_frame_uj": "µJ a frame",
    "power_mw": "mW",
    "hops_per_packet": "hops a packet",
    "cores": "cores",
    "mismatched_frames": "frames that differ",
}
_LONGEST, _LONGEST_CARD = 40, 90
"""Characters of a value in the table, and in a card."""


def write_sweep_report(path: Path, space: Analysis, keys: Sequence[str], title: str) -> None:
    """Write the report page of a sweep.

    It has a row for each run, failed and unfinished ones with their reason, that can be sorted by every column; the
    goals over the swept keys, and the Pareto front. The page refers to nothing but the reports of the runs.

    Parameters
    ----------
    path
        The HTML file, written whole or not at all.
    space
        Of `neurosyn.analysis.design_space`.
    keys
        The swept keys.
    title
        Title of the scenario.
    """
    runs = space.table("runs")
    known = {name: text for name, text in _NUMBERS.items() if name in runs and runs[name].notna().any()}
    page = render_page(
        "sweep.html",
        "sweep.js",
        title=title,
        keys=list(keys),
        short_keys=[key.removeprefix("chip.description.") for key in keys],
        columns=list(known.values()),
        rows=[_row(row, keys, list(known), path.parent) for row in _records(runs)],
        cards=_cards(space),
        figures=_figures(space, keys),
    )
    write_text(path, page)


def _records(runs: Any) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in runs.to_dict("records")]


def _cards(space: Analysis) -> list[tuple[str, str]]:
    """Return label and value of the numbers at the top."""
    return [(key.replace("_", " "), shorten(str(value), _LONGEST_CARD)) for key, value in space.headline.items()]


def _figures(space: Analysis, keys: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return heading, caption and drawing of each figure."""
    from neurosyn.report.figures import free_figure

    if not has_drawing(space, keys):
        return []
    designs = space.table("designs")
    varied = varied_keys(designs, [key for key in keys if key in designs])
    heading = {1: "Over the swept key", 2: "Over the swept keys"}.get(len(varied), "All swept keys together")
    caption = {
        1: "Mean and standard deviation where a value has several runs.",
        2: "Each goal that differs, in colour; empty where no run is finished.",
    }.get(len(varied), "A line for each design, over axes of their own scales; the Pareto front in colour.")
    wide = 10.6 if len(varied) > 1 else 5.6
    return [
        (
            "Pareto front",
            "Energy of a frame and rate; the colour is the accuracy where it differs. Ringed designs are beaten by no "
            "other in all three; labels are the values of the swept keys, as far as there is room.",
            free_figure(partial(_front, space, keys), "Energy and rate of all designs", 6.6, 4.4),
        ),
        (heading, caption, free_figure(partial(_over_keys, space, keys), heading, wide, 4.4)),
    ]


def _front(space: Analysis, keys: Sequence[str], figure: Any) -> None:
    draw_front(space, figure, keys)


def _over_keys(space: Analysis, keys: Sequence[str], figure: Any) -> None:
    draw_keys(space, figure, keys)


def _row(run: dict[str, Any], keys: Sequence[str], names: Sequence[str], folder: Path) -> dict[str, Any]:
    """Return the cells of a run: text, and the value by which the page sorts."""
    is_finished = run["state"] == "finished"
    values = [_cell(run[key]) for key in keys]
    numbers = [_number(name, run[name]) if is_finished else ("", "") for name in names]
    target = Path(os.path.relpath(Path(run["run"]) / "report.html", folder))
    return {
        "values": values,
        "numbers": numbers,
        "state": run["state"],
        "front": bool(run["pareto"]),
        "reason": None if is_finished else run["reason"] or "not simulated yet",
        "link": quote(target.as_posix()) if is_finished else None,
    }


def _cell(value: Any) -> tuple[str, str]:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…", text)


def _number(name: str, value: Any) -> tuple[str, str]:
    if value is None or value != value:
        return "", ""
    if name == "accuracy":
        return f"{value:.2%}", repr(float(value))
    return (
        written.count(int(value)) if name in ("cores", "mismatched_frames") else f"{value:,.4g}",
        repr(float(value)),
    )
