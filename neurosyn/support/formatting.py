"""Numbers as text: counts, shares, times and energies with units."""

from __future__ import annotations

import math

__all__ = ["MISSING", "count", "counted", "energy", "like_whole", "number", "percent", "scaled", "time"]

MISSING = "–"
"""Placeholder for a number that a run does not have."""


def count(value: float | None) -> str:
    """Return a count with thousands separators: ``4042`` → ``4,042``."""
    return MISSING if value is None else f"{round(value):,}"


def counted(n: float, word: str) -> str:
    """Return a count with its noun: ``1 frame``, ``2 frames``."""
    return f"{count(n)} {word}{'' if n == 1 else 's'}"


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with at least `digits` significant digits: ``0.012345`` → ``0.01235``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def like_whole(value: float | None, whole: float | None, digits: int = 4) -> str:
    """Return a part of `whole` with as many decimals as `whole` has, so that the printed parts add up."""
    if value is None or not whole or not math.isfinite(value) or not math.isfinite(whole):
        return number(value, digits)
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(whole))))}f}"


def percent(share: float | None, decimals: int = 2) -> str:
    """Return a share of one in percent: ``0.941`` → ``94.10 %``."""
    return MISSING if share is None or not math.isfinite(share) else f"{100 * share:.{decimals}f} %"


def time(value_ps: float | None, digits: int = 4) -> str:
    """Return a time, given in picoseconds, with a suitable unit."""
    return _with_unit(value_ps, digits, ("ps", "ns", "µs", "ms", "s"))


def energy(value_pj: float | None, digits: int = 4) -> str:
    """Return an energy, given in picojoules, with a suitable unit."""
    return _with_unit(value_pj, digits, ("pJ", "nJ", "µJ", "mJ", "J"))


def scaled(value: float | None, factor: float) -> float | None:
    """Return `value` times `factor`; None stays None."""
    return None if value is None else value * factor


def _with_unit(value: float | None, digits: int, units: tuple[str, ...]) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    step = 0
    while abs(value) >= 1000 and step < len(units) - 1:
        value /= 1000
        step += 1
    return f"{number(value, digits)} {units[step]}"
