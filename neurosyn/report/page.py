"""Report of a run: one HTML page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.run_summary import data_kind
from neurosyn.report import panels
from neurosyn.report.explorer import Explorer, explorer
from neurosyn.report.facts import assumed_value, facts
from neurosyn.report.probe_panels import probe_panels
from neurosyn.report.rendering import render_page
from neurosyn.report.tick_limits import hottest, limits, tornado
from neurosyn.support import formatting as written
from neurosyn.support.files import write_text

__all__ = ["write_report"]


def write_report(path: Path, run: FinishedRun) -> None:
    """Write the report page of a finished run.

    The summary gives the numbers; the answers to the frames give the confusion matrix and the sample frames; the trace
    gives the chip's maps, the timeline of a tick, the cause of its length, and the packets' latencies. Parts that the
    run does not have are left out. The page refers to nothing outside itself, and its content policy allows only its
    own script, which shows the trace. Its bytes depend on the run alone, and on whether it is one of a sweep: then it
    leads to the page of the sweep.

    Parameters
    ----------
    path
        The HTML file, written whole or not at all.
    run
        The finished run.

    Raises
    ------
    DataError
        If the run's answers or its trace are damaged.
    """
    summary = run.summary
    trace = run.trace if run.has_trace else None
    evaluation = run.evaluation if run.has_answers else None
    shown = None if trace is None else explorer(trace)
    page = render_page(
        "page.html",
        "explorer.js",
        title=run.title,
        scenario=summary.get("scenario"),
        sweep="../report.html" if _is_in_sweep(run.path) else None,
        dataset=summary.get("dataset") or None,
        data_kind=data_kind(summary),
        warnings=list(_warnings(summary)),
        cards=panels.cards(summary),
        sections=[section for section in facts(_without_wall_time(summary)) if section.title != "Probes"],
        accuracy=None if evaluation is None or not len(evaluation) else panels.accuracy(evaluation),
        learning=panels.learning(summary),
        probes=probe_panels(run),
        samples=[] if evaluation is None else panels.samples(evaluation),
        layers=panels.layers(summary, trace),
        power=panels.power(summary),
        part_colours=panels.PART_COLOURS,
        mapped_ticks=None if trace is None else panels.mapped_ticks(trace),
        maps=None if trace is None else panels.maps(trace),
        explorer=shown,
        view=None if shown is None else _whole_board(shown),
        limits=limits(run),
        hottest=hottest(run),
        tornado=tornado(run),
        latencies=None if trace is None else panels.latencies(trace),
        not_counted=summary.get("not_counted") or {},
        edges=panels.edges(summary),
        assumptions=[dict(item, text=assumed_value(item)) for item in summary.get("assumptions") or []],
        provenance=list(_flat(summary.get("provenance") or {})),
        run=summary.get("run"),
    )
    write_text(path, page)


def _is_in_sweep(folder: Path) -> bool:
    """Whether a run folder is one of a sweep, whose list of runs is beside it."""
    beside = folder.resolve().parent
    return any(file for pattern in ("sweep.json", "sweep-*-of-*.json") for file in beside.glob(pattern))


def _without_wall_time(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out the wall-clock time: the pages of equal runs are equal."""
    engine = {key: value for key, value in (summary.get("engine") or {}).items() if key != "wall_s"}
    return {**summary, "engine": engine}


def _warnings(summary: Mapping[str, Any]) -> Iterator[str]:
    """Return the sentences that stand before all numbers."""
    dataset, events = summary.get("dataset") or {}, summary.get("events") or {}
    if data_kind(summary) == "stand-in":
        yield (
            f"The frames are a stand-in: {dataset.get('name')}. No accuracy on this page may be compared with "
            "published results."
        )
    elif data_kind(summary) == "own":
        yield f"The frames are your data: {dataset.get('name')}. There are no published results to compare with."
    chip = summary.get("chip") or {}
    if chip.get("hypothetical"):
        yield f"The chip is hypothetical: {chip['title']} was never built, and its numbers are assumed."
    for sentence in summary.get("deviations") or []:
        yield f"Changed on purpose: {sentence}. The numbers are those of the changed program."
    mismatched, late = summary.get("mismatched_frames"), events.get("late_packets")
    if mismatched:
        yield f"{written.counted(mismatched, 'frame')}: the chip's output spikes differ from the trained network's."
    if late:
        yield f"{written.counted(late, 'packet')} arrived after their tick had begun: the tick period is too short."
    overruns = events.get("core_overruns")
    if overruns:
        yield (
            f"{written.counted(overruns, 'core overrun')}: a core had not finished when its tick ended, the tick "
            "period is too short."
        )


def _whole_board(shown: Explorer) -> str | None:
    """Return the board's size where the maps show a part of it; None where they show all of it."""
    mesh, view = shown.document["mesh"], shown.document["view"]
    width, height = mesh["columns"] * mesh["side"], mesh["rows"] * mesh["side"]
    return None if (view["width"], view["height"]) == (width, height) else f"board of {width} × {height} cores"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return nested values as dotted names and texts."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
