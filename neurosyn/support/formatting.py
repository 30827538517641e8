"""Numbers as people read them."""

from __future__ import annotations

import math

__all__ = ["MISSING", "alike", "count", "energy", "number", "percent", "things", "time", "times"]

MISSING = "–"
"""Stands for a number that a run does not have."""


def count(value: float | None) -> str:
    """Write a number of things: ``4042`` → ``4,042``."""
    return MISSING if value is None else f"{round(value):,}"


def things(n: float, word: str) -> str:
    """Write a number with the word for what is counted: ``1 frame``, ``2 frames``."""
    return f"{count(n)} {word}{'' if n == 1 else 's'}"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with so many significant digits, or all before the point: ``0.012345`` → ``0.01235``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def alike(value: float | None, whole: float | None, digits: int = 4) -> str:
    """Write a part with the decimals that its whole gets, so that a column of parts adds up to the eye."""
    if value is None or not whole or not math.isfinite(value) or not math.isfinite(whole):
        return number(value, digits)
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(whole))))}f}"


def percent(share: float | None, decimals: int = 2) -> str:
    """Write a share of one: ``0.941`` → ``94.10 %``."""
    return MISSING if share is None or not math.isfinite(share) else f"{100 * share:.{decimals}f} %"


def time(value_ps: float | None, digits: int = 4) -> str:
    """Write a time given in picoseconds with the unit that suits it."""
    return _scaled(value_ps, digits, ("ps", "ns", "µs", "ms", "s"))


def energy(value_pj: float | None, digits: int = 4) -> str:
    """Write an energy given in picojoules with the unit that suits it."""
    return _scaled(value_pj, digits, ("pJ", "nJ", "µJ", "mJ", "J"))


def times(value: float | None, factor: float) -> float | None:
    """Multiply a number that a run may not have."""
    return None if value is None else value * factor


def _scaled(value: float | None, digits: int, units: tuple[str, ...]) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    step = 0
    while abs(value) >= 1000 and step < len(units) - 1:
        value /= 1000
        step += 1
    return f"{number(value, digits)} {units[step]}"
