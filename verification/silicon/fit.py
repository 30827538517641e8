"""Fit of one time per synaptic event to the published rates of all rows. [D]"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from verification.eedn_table.published import Published
from verification.silicon.loads import Limit, NetworkLoads
from verification.silicon.published import LONGEST_EVENT_PS

__all__ = ["HANDSHAKE_PS", "Activity", "Fit", "TaskLoads", "fit_event_time", "log_rms", "mean_tick_us"]

HANDSHAKE_PS = 14_320
"""The slower published handshake interval. [P] The default of earlier versions."""
_GRID = np.unique(np.rint(np.geomspace(5_000, 150_000, 1401)).astype(np.int64))
"""Candidate times in ps, 0.25 % apart: the sum of squares has kinks, so it is searched, not followed."""

Activity = Literal["measured", "matched"]
"""``measured``: the network's own spikes; ``matched``: scaled to those that the published power implies."""


@dataclass(frozen=True)
class TaskLoads:
    """Row of the paper with the loads of one of our networks for the same task.

    Attributes
    ----------
    model, dataset, kind
        Name of the model, its data, and their relation to the paper's.
    paper
        The published row.
    loads
        Counts of the network.
    """

    model: str
    dataset: str
    kind: str
    paper: Published
    loads: NetworkLoads

    @property
    def matched_scale(self) -> float:
        """Factor on the loads that gives the published power at the published rate, per core of the paper. [D]"""
        return self.loads.scale_for(self.paper.power_mw, 1e12 / self.paper.frames_per_second, self.paper.cores)

    def scale(self, activity: Activity) -> float:
        """Return the factor on the loads."""
        return 1.0 if activity == "measured" else self.matched_scale

    def limit(self, event_ps: int, activity: Activity) -> Limit:
        """Return the predicted tick with a time of a synaptic event; the other times are the defaults."""
        return self.loads.limit(ChipOptions(synaptic_event_time_ps=event_ps), self.scale(activity))

    def rate_ratio(self, event_ps: int, activity: Activity) -> float:
        """Return the predicted rate as a multiple of the published one."""
        return 1e12 / self.limit(event_ps, activity).tick_ps / self.paper.frames_per_second

    def power_mw(self, event_ps: int, activity: Activity) -> float:
        """Return the predicted power at the predicted rate, of our network's cores."""
        return self.loads.power_mw(self.limit(event_ps, activity).tick_ps, self.scale(activity))

    def power_ratio(self, event_ps: int, activity: Activity) -> float:
        """Return that power as a multiple of the published one."""
        return self.power_mw(event_ps, activity) / self.paper.power_mw

    def implied_event_ps(self, activity: Activity) -> float:
        """Return the time of a synaptic event with which a core alone would take the published tick."""
        chip = ChipOptions()
        neurons = self.loads.core_neurons * chip.neuron_time_ps
        return (1e12 / self.paper.frames_per_second - neurons) / self.loads.busiest_events(self.scale(activity))


@dataclass(frozen=True)
class Fit:
    """Least squares of the logarithms of predicted and published rates.

    Attributes
    ----------
    activity
        Spikes with which the rates are predicted.
    event_ps
        The fitted time of a synaptic event, in ps.
    rms
        Root mean square of the residuals, natural logarithms of the ratios.
    left_out_ps
        Fitted times with each row left out, in the order of the rows.
    left_out_rms
        The same of each row's residual with the fit to the other rows.
    flat_ps
        Shortest and longest time with which the root mean square is at most 5 % above the least.
    """

    activity: Activity
    event_ps: int
    rms: float
    left_out_ps: tuple[int, ...]
    left_out_rms: float
    flat_ps: tuple[int, int]

    @property
    def within_bound(self) -> bool:
        """Whether the fitted time agrees with the longest one that a published operating point allows."""
        return self.event_ps <= LONGEST_EVENT_PS


def fit_event_time(tasks: Sequence[TaskLoads], activity: Activity) -> Fit:
    """Return the one time of a synaptic event that fits the rates of all rows best.

    Parameters
    ----------
    tasks
        At least two rows.
    activity
        Spikes with which the rates are predicted.
    """
    residuals = np.array([[np.log(task.rate_ratio(int(ps), activity)) for task in tasks] for ps in _GRID])
    spread = np.sqrt((residuals**2).mean(axis=1))
    flat = _GRID[spread <= 1.05 * spread.min()]
    left_out = [_best(np.delete(residuals, number, axis=1)) for number in range(len(tasks))]
    errors = residuals[left_out, np.arange(len(tasks))]
    best = _best(residuals)
    return Fit(
        activity,
        int(_GRID[best]),
        float(spread[best]),
        tuple(int(_GRID[index]) for index in left_out),
        float(np.sqrt((errors**2).mean())),
        (int(flat[0]), int(flat[-1])),
    )


def log_rms(tasks: Sequence[TaskLoads], ratio: Callable[[TaskLoads], float]) -> float:
    """Return the root mean square of the natural logarithms of a ratio over the rows."""
    return float(np.sqrt(np.mean([np.log(ratio(task)) ** 2 for task in tasks])))


def mean_tick_us(tasks: Sequence[TaskLoads]) -> tuple[float, float]:
    """Return the one tick in µs that fits all published rates best, and the root mean square of its residuals."""
    logs = np.log([1e6 / task.paper.frames_per_second for task in tasks])
    return float(np.exp(logs.mean())), float(logs.std())


def _best(residuals: NDArray[np.float64]) -> int:
    return int((residuals**2).mean(axis=1).argmin())
