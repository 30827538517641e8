"""Check of recorded programs, spike for spike: IBM's simulator, IBM's Compass, RANC's hardware.

The recordings are not part of the project: the environment variable NEUROSYN_VECTORS names their folder.
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
from verification.outcome import CheckOutcome
from verification.small_programs import play
from verification.style import BLUE, GRID, MUTED, RED, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Comparison", "compare_arrays", "compare_ibm", "verify"]

VARIABLE = "NEUROSYN_VECTORS"
_PATTERN_TICKS = 48
# A spike of tick t was recorded at t + shift.
_SHIFT = {"compass": 1, "ranc": -1}


@dataclass(frozen=True)
class Comparison:
    """Recorded and simulated output spikes, int64 arrays (n, 2) of tick and pin, sorted."""

    name: str
    recorded: NDArray[np.int64]
    simulated: NDArray[np.int64]

    @property
    def missing(self) -> int:
        """Number of recorded spikes that were not simulated."""
        return len(_difference(self.recorded, self.simulated))

    @property
    def extra(self) -> int:
        """Number of simulated spikes that were not recorded."""
        return len(_difference(self.simulated, self.recorded))

    @property
    def is_equal(self) -> bool:
        """Whether both have the same spikes, each as often."""
        return np.array_equal(self.recorded, self.simulated)


def _difference(spikes: NDArray[np.int64], others: NDArray[np.int64]) -> list[list[int]]:
    known = set(map(tuple, others.tolist()))
    return [spike for spike in spikes.tolist() if tuple(spike) not in known]


def compare_ibm(folder: Path) -> Comparison:
    """Compare a program in IBM's format with the output spikes that IBM's simulator recorded."""
    raw = open_program(folder / "patternMatch.json")
    spikes = read_spikes(folder / "patternMatch_inputSpikes.sfti", raw.program)
    recorded = read_outputs(folder / "patternMatch_outputSpikes0.sfcp", raw.program)
    played = play(raw.program, _PATTERN_TICKS, spikes=spikes, placement=raw.placement).output_spikes
    return Comparison("patternMatch", _rows(recorded.tick, recorded.dest_axon), _rows(played.tick, played.dest_axon))


def compare_arrays(path: Path, shift: int) -> Comparison:
    """Compare a program given as arrays with its recorded output spikes, by way of RANC's format.

    Parameters
    ----------
    path
        The ``.npz`` file.
    shift
        Recorded tick of a spike, minus the tick in which its neuron fired.
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


def verify() -> CheckOutcome:
    """Compare every recorded program that is available."""
    outcome = CheckOutcome("recorded")
    named = os.environ.get(VARIABLE, "")
    folder = Path(named)
    if not named or not folder.is_dir():
        reason = f"not checked: {VARIABLE} names no folder with recorded programs"
        outcome.expect("recorded programs", "every output spike", reason, "exact", None)
        return outcome
    groups: dict[str, list[Comparison]] = {}
    if (folder / "patternMatch").is_dir():
        groups["IBM's simulator: patternMatch"] = [compare_ibm(folder / "patternMatch")]
    for group, about in (("compass", "IBM's Compass: vector–matrix products"), ("ranc", "RANC's hardware: digits")):
        compared = [compare_arrays(path, _SHIFT[group]) for path in sorted((folder / group).glob("*.npz"))]
        if compared:
            groups[about] = compared
    for about, compared in groups.items():
        _expect_equal(outcome, about, compared)
    if groups:
        outcome.figures["recorded"] = _draw(groups)
    return outcome


def _expect_equal(outcome: CheckOutcome, what: str, compared: list[Comparison]) -> None:
    recorded, simulated = (sum(len(getattr(each, name)) for each in compared) for name in ("recorded", "simulated"))
    missing, extra = (sum(getattr(each, name) for each in compared) for name in ("missing", "extra"))
    programs = f", {len(compared)} programs" if len(compared) > 1 else ""
    outcome.expect(
        f"{what}{programs}",
        f"{recorded:,} output spikes",
        f"{simulated:,}, {missing} missing, {extra} not recorded",
        "every spike",
        all(each.is_equal for each in compared),
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
            total = sum(len(each.recorded) for each in compared)
            maker, what = about.split(": ")
            axes.set_title(f"{maker}: {total:,} spikes\n", pad=0)
            axes.text(0, 1.015, what, transform=axes.transAxes, color=MUTED, fontsize=8)
            axes.grid(color=GRID)
            axes.set_axisbelow(True)
        return figure


def _raster(axes: Axes, comparison: Comparison) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.plot(*comparison.recorded.T, "o", color="white", markersize=5, markeredgecolor=MUTED, markeredgewidth=0.6)
    axes.plot(*comparison.simulated.T, ".", color=BLUE if comparison.is_equal else RED, markersize=2.8)
    axes.plot([], [], "o", color="white", markersize=5, markeredgecolor=MUTED, label="recorded")
    axes.plot([], [], ".", color=BLUE, markersize=4, label="simulated")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_ylim(-0.06 * comparison.recorded[:, 1].max() - 0.2, 1.3 * comparison.recorded[:, 1].max())
    axes.set_xlabel("tick")
    axes.set_ylabel("output pin")
    axes.legend(loc="upper right", ncols=2, columnspacing=1, handletextpad=0.2)


def _counts(axes: Axes, compared: list[Comparison]) -> None:
    """Plot the spike counts of each output pin of each program."""
    for each in compared:
        pins = 1 + int(max(each.recorded[:, 1].max(initial=0), each.simulated[:, 1].max(initial=0)))
        recorded, simulated = (np.bincount(spikes[:, 1], minlength=pins) for spikes in (each.recorded, each.simulated))
        axes.plot(recorded, simulated, ".", color=BLUE if each.is_equal else RED, markersize=4)
    top = axes.get_xlim()[1]
    axes.plot([0, top], [0, top], color=MUTED, linewidth=0.8, zorder=0)
    axes.set_xlabel("recorded spikes of an output pin")
    axes.set_ylabel("simulated")
