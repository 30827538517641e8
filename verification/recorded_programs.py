"""Real programs with recorded outputs, spike for spike: IBM's simulator, IBM's Compass, RANC's hardware.

The recordings are not part of the project: the environment variable NEUROSYN_VECTORS names the folder that has them.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosyn.formats.open_program import open_program
from neurosyn.formats.spikes.files import read_outputs, read_spikes
from verification.outcome import Outcome, Row
from verification.small_programs import play
from verification.style import BLUE, GRID, MUTED, RED, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Comparison", "compare_arrays", "compare_ibm", "verify"]

VARIABLE = "NEUROSYN_VECTORS"
_PATTERN_TICKS = 48
# What fires in tick t was recorded at t + shift.
_SHIFT = {"compass": 1, "ranc": -1}


@dataclass(frozen=True)
class Comparison:
    """Output spikes as rows (tick, pin), sorted, the recorded and the simulated ones."""

    name: str
    recorded: NDArray[np.int64]
    simulated: NDArray[np.int64]

    @property
    def missing(self) -> int:
        """Recorded spikes that were not simulated."""
        return len(_without(self.recorded, self.simulated))

    @property
    def extra(self) -> int:
        """Simulated spikes that were not recorded."""
        return len(_without(self.simulated, self.recorded))

    @property
    def equal(self) -> bool:
        """Whether they are the same, each as often."""
        return np.array_equal(self.recorded, self.simulated)


def _without(some: NDArray[np.int64], others: NDArray[np.int64]) -> list[list[int]]:
    known = set(map(tuple, others.tolist()))
    return [spike for spike in some.tolist() if tuple(spike) not in known]


def compare_ibm(folder: Path) -> Comparison:
    """Play the program in IBM's format with its input spikes against the spikes that IBM's simulator recorded."""
    raw = open_program(folder / "patternMatch.json")
    spikes = read_spikes(folder / "patternMatch_inputSpikes.sfti", raw.program)
    recorded = read_outputs(folder / "patternMatch_outputSpikes0.sfcp", raw.program)
    played = play(raw.program, _PATTERN_TICKS, spikes=spikes, placement=raw.placement).output_spikes
    return Comparison("patternMatch", _rows(recorded.tick, recorded.dest_axon), _rows(played.tick, played.dest_axon))


def compare_arrays(path: Path, shift: int) -> Comparison:
    """Play a program that is given as arrays with its spikes, by way of RANC's format.

    Parameters
    ----------
    path
        The ``.npz`` file.
    shift
        Recorded tick of a spike minus the tick in which its neuron fired.
    """
    from tests.formats.vectors import load_arrays, ranc_document

    arrays = load_arrays(path)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ranc.json"
        file.write_text(json.dumps(ranc_document(arrays)), encoding="ascii")
        raw = open_program(file)
    recorded = arrays["out_ev"].astype(np.int64)
    last = int(recorded[:, 0].max())
    ticks = max(last - shift + 1, json.loads(str(arrays["meta"])).get("ticks", 0))
    played = play(raw.program, ticks, spikes=raw.spikes, placement=raw.placement).output_spikes
    tick = played.tick + shift
    compared = (tick >= 0) & (tick <= last)
    return Comparison(
        path.stem, _rows(recorded[:, 0], recorded[:, 1]), _rows(tick[compared], played.dest_axon[compared])
    )


def _rows(tick: NDArray[np.integer], pin: NDArray[np.integer]) -> NDArray[np.int64]:
    rows = np.stack([tick, pin], axis=1).astype(np.int64)
    order: NDArray[np.intp] = np.lexsort((rows[:, 1], rows[:, 0]))
    return rows[order]


def verify() -> Outcome:
    """Play every recorded program that is there."""
    named = os.environ.get(VARIABLE, "")
    folder = Path(named)
    if not named or not folder.is_dir():
        reason = f"not checked: {VARIABLE} names no folder with recorded programs"
        return Outcome([Row("recorded", "recorded programs", "every output spike", reason, "exact", None)])
    groups: dict[str, list[Comparison]] = {}
    if (folder / "patternMatch").is_dir():
        groups["IBM's simulator: patternMatch"] = [compare_ibm(folder / "patternMatch")]
    for group, about in (("compass", "IBM's Compass: vector–matrix products"), ("ranc", "RANC's hardware: digits")):
        compared = [compare_arrays(path, _SHIFT[group]) for path in sorted((folder / group).glob("*.npz"))]
        if compared:
            groups[about] = compared
    outcome = Outcome([_row(about, compared) for about, compared in groups.items()])
    if groups:
        outcome.figures["recorded"] = _draw(groups)
    return outcome


def _row(what: str, compared: list[Comparison]) -> Row:
    recorded, simulated = (sum(len(getattr(one, name)) for one in compared) for name in ("recorded", "simulated"))
    missing, extra = (sum(getattr(one, name) for one in compared) for name in ("missing", "extra"))
    programs = f", {len(compared)} programs" if len(compared) > 1 else ""
    return Row(
        "recorded",
        f"{what}{programs}",
        f"{recorded:,} output spikes",
        f"{simulated:,}, {missing} missing, {extra} not recorded",
        "every spike",
        all(one.equal for one in compared),
    )


def _draw(groups: Mapping[str, list[Comparison]]) -> Figure:
    with drawing(10.4, 3.3) as figure:
        for axes, (about, compared) in zip(
            figure.subplots(1, len(groups), squeeze=False).flat, groups.items(), strict=True
        ):
            if len(compared) == 1:
                _raster(axes, compared[0])
            else:
                _counts(axes, compared)
            total = sum(len(one.recorded) for one in compared)
            maker, what = about.split(": ")
            axes.set_title(f"{maker}: {total:,} spikes\n", pad=0)
            axes.text(0, 1.015, what, transform=axes.transAxes, color=MUTED, fontsize=8)
            axes.grid(color=GRID)
            axes.set_axisbelow(True)
        return figure


def _raster(axes: Axes, one: Comparison) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.plot(*one.recorded.T, "o", color="white", markersize=5, markeredgecolor=MUTED, markeredgewidth=0.6)
    axes.plot(*one.simulated.T, ".", color=BLUE if one.equal else RED, markersize=2.8)
    axes.plot([], [], "o", color="white", markersize=5, markeredgecolor=MUTED, label="recorded")
    axes.plot([], [], ".", color=BLUE, markersize=4, label="simulated")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_ylim(-0.06 * one.recorded[:, 1].max() - 0.2, 1.3 * one.recorded[:, 1].max())
    axes.set_xlabel("tick")
    axes.set_ylabel("output pin")
    axes.legend(loc="upper right", ncols=2, columnspacing=1, handletextpad=0.2)


def _counts(axes: Axes, compared: list[Comparison]) -> None:
    """Spikes of each output pin of each program."""
    for one in compared:
        pins = 1 + int(max(one.recorded[:, 1].max(initial=0), one.simulated[:, 1].max(initial=0)))
        recorded, simulated = (np.bincount(spikes[:, 1], minlength=pins) for spikes in (one.recorded, one.simulated))
        axes.plot(recorded, simulated, ".", color=BLUE if one.equal else RED, markersize=4)
    top = axes.get_xlim()[1]
    axes.plot([0, top], [0, top], color=MUTED, linewidth=0.8, zorder=0)
    axes.set_xlabel("recorded spikes of an output pin")
    axes.set_ylabel("simulated")
