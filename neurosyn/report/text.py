"""Result of a run as text for the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neurosyn.analysis.run_summary import data_kind
from neurosyn.report.facts import Section, assumed_value, facts
from neurosyn.support.formatting import MISSING, count, counted, energy

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

__all__ = ["assumptions_text", "print_summary", "summary_text"]


def print_summary(summary: Mapping[str, Any]) -> None:
    """Print a run's summary on stdout, in colours only if that is a terminal."""
    from rich.console import Console

    Console(highlight=False).print(summary_text(summary))


def summary_text(summary: Mapping[str, Any]) -> RenderableType:
    """Lay out a run's summary for the terminal.

    Parameters
    ----------
    summary
        See `neurosyn.analysis.run_summary`; keys may be missing.

    Returns
    -------
    rich renderable
        For a `rich.console.Console`, which leaves colours out where there is no terminal. It fits 80 columns.
    """
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [_heading(summary), Text()]
    parts += [_section(section) for section in facts(summary)]
    if summary.get("layers"):
        parts += [Text("Layers", style="bold"), _layers(summary["layers"]), Text()]
    if summary.get("assumptions"):
        parts.append(_assumed(summary["assumptions"], summary.get("run")))
    if summary.get("run"):
        parts.append(Text.assemble(("Run folder  ", "bold"), str(summary["run"])))
    return Group(*parts)


def _heading(summary: Mapping[str, Any]) -> RenderableType:
    from rich.text import Text

    text = Text(str(summary.get("title") or summary.get("scenario") or "run"), style="bold")
    dataset = summary.get("dataset")
    if dataset:
        text.append("\nData: ", style="not bold")
        text.append(str(dataset.get("name", "unnamed")), style="cyan")
        frames = dataset.get("frames")
        text.append("" if frames is None else f", {count(frames)} frames", style="not bold")
        if data_kind(summary) == "stand-in":
            text.append("\nSTAND-IN DATA: not to be compared with published results", style="bold yellow")
        elif data_kind(summary) == "own":
            text.append("\nYour data: there are no published results to compare with", style="not bold")
    if (summary.get("chip") or {}).get("hypothetical"):
        text.append("\nHYPOTHETICAL CHIP: it was never built, and its numbers are assumed", style="bold yellow")
    for sentence in summary.get("deviations") or []:
        text.append(f"\nCHANGED ON PURPOSE: {sentence}", style="bold yellow")
    return text


def _section(section: Section) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    grid = _grid()
    grid.add_column(min_width=28, no_wrap=True)
    grid.add_column(min_width=15, justify="right", no_wrap=True)
    grid.add_column(style="dim", overflow="fold")
    for fact in section.facts:
        alarm = fact.label in ("Mismatched frames", "Late packets", "Core overruns") and fact.value != "0"
        grid.add_row(Text(f"  {fact.label}"), Text(fact.value, style="bold red" if alarm else ""), Text(fact.note))
    return Group(Text(section.title, style="bold"), grid, Text())


def _layers(layers: Sequence[Mapping[str, Any]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("  layer", overflow="fold")
    for name in ("cores", "spikes", "syn. events", "hops", "energy"):
        table.add_column(name, justify="right", no_wrap=True)
    for layer in layers:
        cells = [count(layer.get(key)) for key in ("cores", "spikes", "synaptic_events", "hops")]
        table.add_row(Text(f"  {layer.get('name', MISSING)}"), *cells, energy(layer.get("energy_pj"), 3))
    return table


def _assumed(assumptions: Sequence[Mapping[str, Any]], run: object) -> RenderableType:
    """Count the assumptions; `assumptions_text` lists them."""
    from rich.text import Text

    options = sum(bool(assumption["option"]) for assumption in assumptions)
    text = Text.assemble(("Assumed     ", "bold"), f"{counted(options, 'option')} and ")
    text.append(f"{counted(len(assumptions) - options, 'rule')} of the model, where nothing is published")
    if run:
        text.append(f"; neurosyn explain {shlex.quote(str(run))}", style="dim")
    return text


def assumptions_text(assumptions: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Lay out what a run assumes where nothing is published, with the reasons.

    Parameters
    ----------
    assumptions
        Key ``assumptions`` of a summary.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    for is_option, title in ((True, "Scenario options"), (False, "Rules of the model")):
        parts += [Text(title, style="bold")]
        for assumption in assumptions:
            if bool(assumption["option"]) is is_option:
                parts.append(Text.assemble(f"  {assumption['name']}: ", (assumed_value(assumption), "cyan")))
                parts.append(Padding(Text(str(assumption.get("basis") or ""), style="dim"), (0, 0, 0, 6)))
        parts.append(Text())
    return Group(*parts)


def _grid() -> Table:
    from rich.table import Table

    return Table.grid(padding=(0, 2, 0, 0))
