"""Samples of a design space: random ones, and Latin hypercubes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from neurosyn.errors import ScenarioError

__all__ = ["Method", "Samples", "draw_samples", "number_text", "value_axis"]

Method = Literal["lhs", "random", "optuna"]
"""``lhs``: a Latin hypercube, each of n equal parts of every range has one sample; ``random``: independent samples;
``optuna``: a search of the Pareto front (`neurosyn.run.search`)."""

_RANGE = re.compile(r"([+-]?[\d._]+(?:e[+-]?\d+)?)\.\.([+-]?[\d._]+(?:e[+-]?\d+)?)", re.IGNORECASE)
_DIGITS = 6


class Samples(NamedTuple):
    """Number of samples, how they are drawn, and the seed of the draws."""

    size: int
    method: Method = "lhs"
    seed: int = 0


def draw_samples(ranges: Mapping[str, Sequence[str]], samples: Samples) -> list[dict[str, str]]:
    """Return samples of a design space, values as texts; equal ones are left out.

    Parameters
    ----------
    ranges
        By key, values to choose from, or one text ``LOW..HIGH``: numbers between two, whole if both are.
    samples
        How many, and how they are drawn.

    Raises
    ------
    ScenarioError
        If a range is not of this form, or has nothing in it.
    """
    from scipy.stats import qmc

    count, method, seed = samples
    if count < 1:
        raise ScenarioError(f"sweep: {count} samples; draw at least 1")
    axes = [value_axis(key, values) for key, values in ranges.items()]
    if method == "lhs":
        unit = qmc.LatinHypercube(len(axes), seed=seed).random(count)
    else:
        unit = np.random.default_rng(seed).random((count, len(axes)))
    drawn = [{key: _at(axis, float(share)) for key, axis, share in zip(ranges, axes, row, strict=True)} for row in unit]
    return list({tuple(values.items()): values for values in drawn}.values())


Axis = list[str] | tuple[float, float, bool]


def value_axis(key: str, values: Sequence[str]) -> Axis:
    """Return the values of a key, or its lowest and highest number and whether they are whole."""
    limits = _RANGE.fullmatch(values[0]) if len(values) == 1 else None
    if limits is None:
        return list(values)
    try:
        low, high = (float(text.replace("_", "")) for text in limits.groups())
    except ValueError as error:
        raise ScenarioError(f"--over {key}={values[0]}: is no range of two numbers; e.g. 0.7..1.0") from error
    if not low < high:
        raise ScenarioError(f"--over {key}={values[0]}: has nothing in it; write the lower number first")
    return low, high, all(text.lstrip("+-").replace("_", "").isdigit() for text in limits.groups())


def _at(axis: Axis, share: float) -> str:
    """Return the value at a share 0 … 1 of an axis."""
    if isinstance(axis, list):
        return axis[min(int(share * len(axis)), len(axis) - 1)]
    low, high, is_whole = axis
    if is_whole:
        return str(int(low) + min(int(share * (high - low + 1)), int(high - low)))
    return number_text(low + share * (high - low))


def number_text(value: Any) -> str:
    """Return a value as the text of a point: numbers that are not whole to six digits."""
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)
