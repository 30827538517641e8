"""Check of published power, by simulating the networks on which it was measured.

Full chips of recurrent tonic neurons are simulated tick by tick; the engine's counts of spikes, synaptic events and
hops in the steady state enter the energy model. Leakage and the energy of a synaptic event are fitted to these same
totals (`neurosyn.chip.energy`), the row reads and the hop are not: the check shows that the simulated routes and rates
give the measured power, not that the model is right elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from neurosyn.bench.workloads import TICKS_PER_SECOND, characterisation_program, random_placement
from neurosyn.chip.energy import EnergyModel, Events, Parts
from neurosyn.engine.probes.probe import Probe, RunInfo, TickColumns
from verification.outcome import CheckOutcome, is_within
from verification.small_programs import play
from verification.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, SKY, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PUBLISHED", "Activity", "PublishedPower", "simulate_activity", "verify"]

TICK_PS = 1_000_000_000
"""1 ms. [P] Merolla et al. 2014."""
MEAN_ROUTE = 21.3 + 21.3
"""Hops along x and y. [P] Merolla et al. 2014."""
PER_SYNAPTIC_EVENT_PJ = 26.0
"""Total power divided by synaptic events, at 20 Hz, 128 synapses and 0.775 V. [P] Merolla et al. 2014, Fig. 4C."""
_TOLERANCE = 0.10
_RATE_TOLERANCE = 0.01
_ROUTE_TOLERANCE = 0.005


@dataclass(frozen=True)
class PublishedPower:
    """A published total power. [P] Merolla et al. 2014."""

    voltage: float
    rate_hz: float
    synapses: int
    milliwatts: float

    def __str__(self) -> str:
        return f"{self.voltage:g} V, {self.rate_hz:g} Hz, {self.synapses} synapses"


PUBLISHED = (
    PublishedPower(0.70, 0, 0, 42),
    PublishedPower(0.75, 20, 128, 65),
    PublishedPower(0.775, 20, 128, 72),
    PublishedPower(0.80, 11.58, 128, 68),
    PublishedPower(0.80, 20.07, 128, 71),
    PublishedPower(0.80, 95.93, 128, 94),
    PublishedPower(1.05, 200, 256, 323),
)
"""4,096 cores of 256 neurons, ticks of 1 ms."""


@dataclass(frozen=True)
class Activity:
    """Events of a network in its steady state.

    Attributes
    ----------
    neurons, cores : int
    spikes : int
    events : Events
    """

    neurons: int
    cores: int
    spikes: int
    events: Events

    @property
    def rate_hz(self) -> float:
        """Mean rate of a neuron."""
        return self.spikes / self.neurons / self.events.ticks * TICKS_PER_SECOND

    @property
    def mean_route(self) -> float:
        """Hops per spike."""
        return self.events.hops / self.spikes if self.spikes else 0.0

    @property
    def synapses(self) -> float:
        """Synaptic events per spike."""
        return self.events.synaptic_events / self.spikes if self.spikes else 0.0


class _SteadyState(Probe):
    """Counter of events from tick `first` on."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.spikes = self.synaptic_events = self.hops = self.ticks = 0

    def started(self, info: RunInfo) -> None:
        self.neurons = info.program.cores * info.program.neurons
        self.cores = info.program.cores

    def tick(self, columns: TickColumns) -> None:
        if columns.tick >= self._first:
            self.ticks += 1
            self.spikes += len(columns.spike_core)
            self.synaptic_events += int(columns.synaptic_events.sum())
            self.hops += columns.hops

    def activity(self) -> Activity:
        events = Events(self.ticks, synaptic_events=self.synaptic_events, hops=self.hops)
        return Activity(self.neurons, self.cores, self.spikes, events)


def simulate_activity(rate_hz: float, synapses: int, *, side: int = 64, ticks: int = 100, settle: int = 50) -> Activity:
    """Simulate a characterisation network; return its activity in `ticks` ticks after the first `settle` ticks."""
    program = characterisation_program(side, rate_hz, synapses, seed=1)
    counter = _SteadyState(settle)
    play(program, settle + ticks, placement=random_placement(program, side, seed=2), probes=[counter])
    return counter.activity()


def verify() -> CheckOutcome:
    """Simulate every network once, and compare its power at each voltage with the published one."""
    networks = dict.fromkeys((point.rate_hz, point.synapses) for point in PUBLISHED)
    activities = {network: simulate_activity(*network) for network in networks}
    outcome = CheckOutcome("power")
    modelled = []
    for point in PUBLISHED:
        activity = activities[point.rate_hz, point.synapses]
        power = EnergyModel(point.voltage).power_mw(activity.events, activity.cores, TICK_PS)
        modelled.append(power)
        deviation = power.total / point.milliwatts - 1
        as_published = (
            abs(activity.rate_hz - point.rate_hz) <= _RATE_TOLERANCE * point.rate_hz
            and abs(activity.synapses - point.synapses) <= _RATE_TOLERANCE * point.synapses
            and (not activity.spikes or is_within(activity.mean_route, MEAN_ROUTE, _ROUTE_TOLERANCE))
        )
        outcome.expect(
            f"chip at {point}",
            f"{point.milliwatts:g} mW",
            f"{power.total:.1f} mW ({deviation:+.1%}); {activity.rate_hz:.2f} Hz, "
            f"{activity.synapses:.0f} synapses, {activity.mean_route:.2f} hops",
            f"±{_TOLERANCE:.0%}; rate, synapses ±{_RATE_TOLERANCE:.0%}; {MEAN_ROUTE:g} hops ±{_ROUTE_TOLERANCE:.1%}",
            as_published and abs(deviation) <= _TOLERANCE,
        )
        if point == PUBLISHED[2]:
            _expect_power_per_event(outcome, activity, power)
    outcome.figures["power"] = _draw(modelled)
    return outcome


def _expect_power_per_event(outcome: CheckOutcome, activity: Activity, power: Parts) -> None:
    per_second = activity.events.synaptic_events / activity.events.ticks * TICKS_PER_SECOND
    picojoules = power.total * 1e9 / per_second
    outcome.expect(
        "all power per synaptic event at 0.775 V, 20 Hz, 128 synapses",
        f"{PER_SYNAPTIC_EVENT_PJ:g} pJ",
        f"{picojoules:.1f} pJ ({picojoules / PER_SYNAPTIC_EVENT_PJ - 1:+.1%})",
        f"±{_TOLERANCE:.0%}",
        is_within(picojoules, PER_SYNAPTIC_EVENT_PJ, _TOLERANCE),
    )


def _draw(modelled: list[Parts]) -> Figure:
    labels = {"leakage": MUTED, "memory": SKY, "synaptic": ORANGE, "network": GREEN}
    assert {part.name for part in fields(Parts)} >= set(labels)
    with drawing(8.6, 3.9) as figure:
        axes, ratios = figure.subplots(1, 2, width_ratios=[2.3, 1])
        bars = np.arange(len(PUBLISHED))
        base = np.zeros(len(PUBLISHED))
        for name, colour in labels.items():
            height = np.array([getattr(power, name) for power in modelled])
            axes.bar(bars, height, 0.62, base, color=colour, label=name)
            base += height
        measured = np.array([point.milliwatts for point in PUBLISHED])
        axes.errorbar(
            bars, measured, _TOLERANCE * measured, fmt="_", color=INK, markersize=22, markeredgewidth=1.6, capsize=4,
            linewidth=1, label="measured, ±10 %",
        )  # fmt: skip
        axes.set_xticks(
            bars, [f"{point.voltage:g} V\n{point.rate_hz:g} Hz\n{point.synapses} syn." for point in PUBLISHED]
        )
        axes.set_ylabel("power of the chip (mW)")
        axes.set_title("Simulated networks against measured power")
        axes.legend(loc="upper left")
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)

        total = np.array([power.total for power in modelled])
        ratios.axhspan(-10, 10, color=GRID, alpha=0.6, linewidth=0)
        ratios.axhline(0, color=MUTED, linewidth=0.8)
        ratios.plot(measured, (total / measured - 1) * 100, "o", color=BLUE)
        ratios.set_xscale("log")
        ratios.set_xticks([50, 100, 200, 400], ["50", "100", "200", "400"])
        ratios.minorticks_off()
        ratios.set_xlim(35, 450)
        ratios.set_ylim(-15, 15)
        ratios.set_xlabel("measured (mW)")
        ratios.set_ylabel("simulated − measured (%)")
        ratios.set_title("Deviation")
        return figure
