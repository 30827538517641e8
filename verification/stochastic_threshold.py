"""Check of the stochastic threshold: P(fire) = (x + 1)/256 for a mask of 8 bits and V = α + x.

One neuron for each x = 0 … 255 keeps its potential (reset mode 2 keeps V ≤ α + 255) on each of many cores that differ
in their seeds alone. It fires independently in each tick, so its spike counts are binomial if the core's register is
random. Seeds are random numbers: the register is linear, so the streams of consecutive small seeds (1, 2 and
3 = 1 xor 2) are correlated, and their counts spread wider than binomial ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import NEURON_TYPE
from neurosyn.engine.probes.probe import Probe, TickColumns
from verification.outcome import CheckOutcome
from verification.small_programs import equal_cores, play
from verification.style import BLUE, GRID, ORANGE, RED, SKY, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LEVELS", "count_spikes", "verify"]

LEVELS = 256
"""Number of values of x: a mask of 8 bits draws 0 … 255."""
ALPHA = 1000
CONFIDENCE = 0.99
"""Confidence of the band as a whole: all points lie in it in 99 of 100 experiments if the probabilities are right."""


class _Counter(Probe):
    def __init__(self) -> None:
        self.spikes = np.zeros(LEVELS, np.int64)

    def tick(self, columns: TickColumns) -> None:
        self.spikes += np.bincount(columns.spike_neuron, minlength=LEVELS)


def count_spikes(cores: int, ticks: int) -> NDArray[np.int64]:
    """Return the spikes (256,) of the neurons with x = 0 … 255, over all cores and ticks."""
    kinds = np.zeros(LEVELS, NEURON_TYPE)
    kinds["threshold"] = ALPHA
    kinds["threshold_mask_bits"] = 8
    kinds["reset_mode"] = 2
    standing = ALPHA + np.arange(LEVELS, dtype=np.int32)
    seeds = np.random.default_rng(0).integers(1, 2**32, cores, dtype=np.uint32)
    program = equal_cores(kinds, np.zeros((LEVELS, 1), np.bool_), cores=cores, seeds=seeds, initial=standing)
    counter = _Counter()
    play(program, ticks, probes=[counter])
    return counter.spikes


def verify(cores: int = 64, ticks: int = 2000) -> CheckOutcome:
    """Compare the frequencies with a joint binomial band of all 256 probabilities, and by χ²."""
    from scipy import stats

    spikes, trials = count_spikes(cores, ticks), cores * ticks
    chance = np.arange(1, LEVELS + 1) / LEVELS
    # x = 255 fires in every tick; the other 255 share the error probability of the band.
    outside = (1 - CONFIDENCE) / (LEVELS - 1) / 2
    low, high = stats.binom.ppf(outside, trials, chance), stats.binom.ppf(1 - outside, trials, chance)
    missed = int(np.count_nonzero((spikes < low) | (spikes > high)))
    certain = int(spikes[-1])
    uncertain = chance[:-1]
    spread = (spikes[:-1] - trials * uncertain) ** 2 / (trials * uncertain * (1 - uncertain))
    p_value = float(stats.chi2.sf(spread.sum(), LEVELS - 1))

    outcome = CheckOutcome("chance")
    outcome.expect(
        f"P(fire) at V = α + x, TM = 8; {cores} cores × {ticks:,} ticks",
        "(x + 1)/256 for x = 0 … 254",
        f"{LEVELS - 1 - missed} of {LEVELS - 1} inside the band, widest deviation "
        f"{np.abs(spikes / trials - chance).max():.4f}",
        f"binomial, {CONFIDENCE:.0%} for all together",
        missed == 0,
    )
    outcome.expect(
        "V = α + 255, TM = 8", f"fires in all {trials:,} ticks", f"{certain:,} spikes", "exact", certain == trials
    )
    outcome.expect(
        "all probabilities together",
        f"χ² of {LEVELS - 1} degrees of freedom",
        f"χ² = {spread.sum():.1f}, p = {p_value:.3f}",
        "0.001 ≤ p ≤ 0.999",
        0.001 <= p_value <= 0.999,
    )
    outcome.figures["chance"] = _draw(spikes, trials, chance, low, high)
    return outcome


def _draw(
    spikes: NDArray[np.int64],
    trials: int,
    chance: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> Figure:
    from scipy import stats

    x = np.arange(LEVELS)
    with drawing(9.6, 3.5) as figure:
        left, right = figure.subplots(1, 2)
        left.plot(x, chance, color=ORANGE, linewidth=2.5, label="(x + 1)/256")
        left.plot(x[::8], spikes[::8] / trials, "o", color=BLUE, markersize=3, label="simulated (every 8th)")
        left.set_ylabel("P(fire)")
        left.set_title("Stochastic threshold, TM = 8")
        left.legend(loc="upper left")
        right.fill_between(
            x, low / trials - chance, high / trials - chance, color=GRID, linewidth=0,
            label=f"binomial: {CONFIDENCE:.0%} for all",
        )  # fmt: skip
        each = [stats.binom.ppf(end, trials, chance) / trials - chance for end in (0.025, 0.975)]
        right.fill_between(x, *each, color=SKY, alpha=0.35, linewidth=0, label="95% for each")
        inside = (spikes >= low) & (spikes <= high)
        right.plot(x[inside], (spikes / trials - chance)[inside], ".", color=BLUE, markersize=4, label="simulated")
        if not inside.all():
            right.plot(x[~inside], (spikes / trials - chance)[~inside], "x", color=RED, label="outside")
        right.axhline(0, color=ORANGE, linewidth=1)
        right.set_ylabel("deviation from (x + 1)/256")
        right.set_title(f"Deviation, {trials:,} ticks for each x")
        right.legend(loc="lower center", ncols=3, columnspacing=1)
        right.set_ylim(*(1.35 * right.get_ylim()[end] for end in (0, 1)))
        for axes in (left, right):
            axes.set_xlabel("x = V − α")
            axes.set_xlim(0, 255)
            axes.grid(color=GRID)
        return figure
