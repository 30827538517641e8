"""Rows of the page: predicted and published values with their ratio and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.mesh import CHIP_SIDE
from neurosyn.chip.options import ChipOptions
from verification.eedn_table.published import PUBLISHED
from verification.silicon.fit import Activity, TaskLoads
from verification.silicon.loads import NetworkLoads
from verification.silicon.measured import BoardLoads, ModelLoads
from verification.silicon.published import BOARDS, CARS, GESTURES, STEREO_TICK_PS, BoardRow

__all__ = ["Row", "board_rows", "choose_tasks", "other_rows", "task_rows"]

CLOSE = 0.25
"""A ratio within this of 1 needs no reason."""
_KINDS = ("official", "copy", "stand-in")


@dataclass(frozen=True)
class Row:
    """Predicted value beside a published one.

    Attributes
    ----------
    system, quantity, unit
        The network or board, the quantity and its unit.
    predicted, published
        Values; `published` may be None for a bound that nothing published contradicts.
    activity
        Spikes on which the prediction rests: ``measured``, ``matched``, or empty.
    reason
        The part that sets the value, and why it differs.
    source
        The publication with its tag.
    """

    system: str
    quantity: str
    unit: str
    predicted: float
    published: float
    activity: str
    reason: str
    source: str

    @property
    def ratio(self) -> float:
        """Predicted value as a multiple of the published one."""
        return self.predicted / self.published

    @property
    def is_close(self) -> bool:
        """Whether the ratio is within a quarter of 1."""
        return abs(self.ratio - 1) <= CLOSE


def choose_tasks(models: Iterable[ModelLoads]) -> list[TaskLoads]:
    """Return one model for each task of the paper, in its order: on official data, else on a copy, else a stand-in."""
    ranked = sorted(models, key=lambda row: (_KINDS.index(row.kind), row.name))
    tasks = []
    for task, paper in PUBLISHED.items():
        for row in ranked:
            if row.task == task:
                tasks.append(TaskLoads(row.name, row.dataset, row.kind, paper, row.loads))
                break
    return tasks


def task_rows(tasks: Iterable[TaskLoads], event_ps: int) -> list[Row]:
    """Return the rate and the power of each task on one chip, with both activities."""
    rows = []
    activities: tuple[Activity, ...] = ("measured", "matched")
    for task in tasks:
        for activity in activities:
            limit, paper = task.limit(event_ps, activity), task.paper
            rate = 1e12 / limit.tick_ps
            reason = _task_reason(task, activity, limit.name, event_ps)
            source = "Esser et al. 2016 [P]"
            rows.append(Row(paper.title, "rate", "frames/s", rate, paper.frames_per_second, activity, reason, source))
            power = task.power_mw(event_ps, activity)
            why = _power_reason(task, activity, rate)
            rows.append(Row(paper.title, "power", "mW", power, paper.power_mw, activity, why, source))
    return rows


def _task_reason(task: TaskLoads, activity: Activity, limit: str, event_ps: int) -> str:
    scale = task.scale(activity)
    events = task.loads.busiest_events(scale)
    if limit == "core":
        text = f"a core with {events:,.0f} synaptic events"
        if scale > 1 and events < scale * task.loads.busiest_events():
            text += ", all that its synapses allow"
    else:
        text = limit
    ratio = task.rate_ratio(event_ps, activity)
    if abs(ratio - 1) <= CLOSE:
        return text
    implied, own = 100 * task.matched_scale * task.loads.activity, 100 * task.loads.activity
    wanted = "more" if ratio > 1 else "less"
    if activity == "matched":
        return f"{text}; the published tick is that of {task.implied_event_ps(activity) / 1e3:.0f} ns per event"
    if (implied > own) == (ratio > 1):
        return f"{text}; neurons spike in {own:.0f} % of the ticks, the paper's power means {implied:.0f} %"
    return f"{text}; {wanted} activity would fit the rate, but the paper's power means {implied:.0f} %, not {own:.0f} %"


def _power_reason(task: TaskLoads, activity: Activity, rate: float) -> str:
    if abs(task.loads.power_mw(1e12 / rate, task.scale(activity)) / task.paper.power_mw - 1) <= CLOSE:
        return ""
    faster = rate > task.paper.frames_per_second
    text = f"all but leakage is per frame, and the predicted rate is {'higher' if faster else 'lower'}"
    if activity == "measured":
        implied = task.matched_scale * task.loads.activity
        text += f"; neurons spike in {100 * task.loads.activity:.0f} %, not {100 * implied:.0f} %"
    return text


def board_rows(boards: Mapping[str, BoardLoads], event_ps: int) -> list[Row]:
    """Return the rates and powers of the networks on several chips, with the activity that their power implies.

    The paper's layer lists are not published; the networks are ours with random weights, so their activity is scaled.
    """
    rows = []
    for paper in BOARDS:
        for board in boards.values():
            if board.chips == paper.chips:
                rows += _of_board(paper, board.loads, board.transduction, event_ps)
    return rows


def _of_board(paper: BoardRow, loads: NetworkLoads, filters: int, event_ps: int) -> list[Row]:
    scale = max(loads.scale_for(1e3 * paper.power_w, 1e12 / paper.frames_per_second, loads.cores), 0.0)
    limit = loads.limit(ChipOptions(synaptic_event_time_ps=event_ps), scale)
    system = f"{paper.title}, {paper.chips} chips, {filters} filters"
    busiest = scale * max(loads.busiest_links.values())
    name = f"a core with {loads.busiest_events(scale):,.0f} synaptic events" if limit.name == "core" else limit.name
    text = f"{name}; neurons spike in {100 * scale * loads.activity:.0f} % of the ticks by the published power"
    if limit.name != "core":
        text += f"; {busiest:,.0f} packets in a tick"
        published = 1e12 / paper.frames_per_second / ChipOptions().edge_cycle_ps
        if abs(1e12 / limit.tick_ps / paper.frames_per_second - 1) > CLOSE:
            text += f", the published tick has room for {published:,.0f}"
    source = "Sawada et al. 2016 [S]"
    rate, power = 1e12 / limit.tick_ps, loads.power_mw(limit.tick_ps, scale) * 1e-3
    return [
        Row(system, "rate", "frames/s", rate, paper.frames_per_second, "matched", text, source),
        Row(system, "power", "W", power, paper.power_w, "matched", "", source),
    ]


def other_rows() -> list[Row]:
    """Return what follows for gestures and cars from energies alone: leakage and row reads, at the published ticks."""
    idle = _idle_mw(GESTURES.cores, GESTURES.tick_ps, 1.0)
    rows = [
        Row(
            "gestures, 3,838 cores [M]",
            "static power",
            "mW",
            idle,
            GESTURES.static_mw,
            "",
            "leakage and row reads of the cores in use at ticks of 1 ms",
            "Amir et al. 2017 [S]",
        )
    ]
    for voltage, watts in sorted(CARS.power_w.items()):
        idle = _idle_mw(CARS.chips * CHIP_SIDE**2, CARS.tick_ps, voltage) * 1e-3
        reason = f"leakage and row reads of all cores only; {watts - idle:.2f} W are left for spikes and pads"
        rows.append(
            Row(
                f"cars, 16 chips at {voltage:g} V",
                "static power",
                "W",
                idle,
                watts,
                "",
                reason,
                "Shukla et al. 2019 [S]",
            )
        )
    return rows


def _idle_mw(cores: int, tick_ps: int, voltage: float) -> float:
    return EnergyModel(voltage).power_mw(Events(1), cores, tick_ps).total


def events_in_tick(tick_ps: int, event_ps: int) -> float:
    """Return the synaptic events of a core that fit into a tick."""
    chip = ChipOptions()
    return (tick_ps - 256 * chip.neuron_time_ps) / event_ps


def packets_in_tick(tick_ps: int) -> float:
    """Return the packets that one link between chips carries in a tick."""
    return tick_ps / ChipOptions().edge_cycle_ps


def close_count(rows: Sequence[Row], activity: Activity) -> int:
    """Return the number of systems whose rate and power are both within a quarter of the published values."""
    systems: dict[str, list[bool]] = {}
    for row in rows:
        if row.activity == activity:
            systems.setdefault(row.system, []).append(row.is_close)
    return sum(all(close) for close in systems.values())


STEREO_EVENTS_TICK_PS = STEREO_TICK_PS
