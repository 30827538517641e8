"""The report: one HTML page that needs nothing beside itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from neurosyn.analysis.evaluation import Evaluation
from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.report import panels
from neurosyn.report.explorer import Explorer, explorer
from neurosyn.report.facts import assumed_value, facts, stand_in, unofficial
from neurosyn.report.tick_limits import hottest, limits
from neurosyn.support import formatting as written
from neurosyn.support.files import write_text
from neurosyn.trace.reader import Trace

__all__ = ["write_report"]


def write_report(
    path: Path, summary: Mapping[str, Any], trace: Trace | None = None, evaluation: Evaluation | None = None
) -> None:
    """Write the report page of a run.

    What the run does not have is left out of the page. The page refers to nothing outside itself, and its policy lets
    no script run but its own, which shows the trace; its bytes depend on the arguments alone.

    Parameters
    ----------
    path
        The HTML file, written whole or not at all.
    summary
        See `neurosyn.report.facts.Summary`.
    trace
        What was recorded; gives the chip's maps, the timeline of a tick, what limits it, and the packets' latencies.
    evaluation
        The answers to the frames; gives the confusion matrix and the sample frames.

    Raises
    ------
    DataError
        If the trace is damaged.
    """
    environment = Environment(
        loader=PackageLoader("neurosyn.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=written.count, number=written.number, percent=written.percent, energy=written.energy, time=written.time
    )
    run = None if trace is None else FinishedRun(trace.folder)
    script = (files("neurosyn.report") / "templates" / "explorer.js").read_text(encoding="utf-8")
    shown = None if trace is None else explorer(trace)
    environment.filters["svg"] = Markup  # figures are drawn here and escape their own labels
    page = environment.get_template("page.html").render(
        title=str(summary.get("title") or summary.get("scenario") or "Run"),
        scenario=summary.get("scenario"),
        dataset=summary.get("dataset") or None,
        stand_in=stand_in(summary),
        warnings=list(_warnings(summary)),
        cards=panels.cards(summary),
        sections=facts(summary),
        accuracy=None if evaluation is None or not len(evaluation) else panels.accuracy(evaluation),
        samples=[] if evaluation is None else panels.samples(evaluation),
        layers=panels.layers(summary, trace),
        power=panels.power(summary),
        part_colours=panels.PART_COLOURS,
        mapped_ticks=None if trace is None else panels.mapped_ticks(trace),
        maps=None if trace is None else panels.maps(trace),
        explorer=shown,
        view=None if shown is None else _whole_board(shown),
        script=script,
        script_source=f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'",
        limits=None if run is None else limits(run),
        hottest=[] if run is None else hottest(run),
        latencies=None if trace is None else panels.latencies(trace),
        not_counted=summary.get("not_counted") or {},
        edges=panels.edges(summary),
        assumptions=[
            {"option": True} | dict(item, text=assumed_value(item)) for item in summary.get("assumptions") or []
        ],
        provenance=list(_flat(summary.get("provenance") or {})),
        run=summary.get("run"),
    )
    write_text(path, page)


def _warnings(summary: Mapping[str, Any]) -> Iterator[str]:
    """Say what a reader must know before any number."""
    dataset, events = summary.get("dataset") or {}, summary.get("events") or {}
    if stand_in(summary):
        yield (
            f"The frames are a stand-in: {dataset.get('name')}. No accuracy on this page may be compared with "
            "published results."
        )
    elif unofficial(summary):
        yield f"No official data set: {dataset.get('name')}. Its accuracies stand beside no published results."
    for sentence in summary.get("deviations") or []:
        yield f"Changed on purpose: {sentence}. The numbers are those of the changed program."
    mismatched, late = summary.get("mismatched_frames"), events.get("late_packets")
    if mismatched:
        yield f"{written.things(mismatched, 'frame')}: the chip's output spikes differ from the trained network's."
    if late:
        yield f"{written.things(late, 'packet')} arrived after their tick had begun: the tick period is too short."
    overruns = events.get("core_overruns")
    if overruns:
        yield (
            f"{written.things(overruns, 'core overrun')}: a core had not finished when its tick ended, the tick period "
            "is too short."
        )


def _whole_board(shown: Explorer) -> str | None:
    """Say how large the board is where the maps show a part of it; None where they show all."""
    mesh, view = shown.document["mesh"], shown.document["view"]
    width, height = mesh["columns"] * mesh["side"], mesh["rows"] * mesh["side"]
    return None if (view["width"], view["height"]) == (width, height) else f"board of {width} × {height} cores"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give nested values as dotted names and texts."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
