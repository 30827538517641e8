"""Samples of a design space: random ones, and Latin hypercubes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from neurosyn.errors import ScenarioError

__all__ = ["Method", "Samples", "draw_samples"]

Method = Literal["lhs", "random"]
"""``lhs``: a Latin hypercube, each of n equal parts of every range has one sample; ``random``: independent samples."""

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
    axes = [_axis(key, values) for key, values in ranges.items()]
    if method == "lhs":
        unit = qmc.LatinHypercube(len(axes), seed=seed).random(count)
    else:
        unit = np.random.default_rng(seed).random((count, len(axes)))
    drawn = [{key: _at(axis, float(share)) for key, axis, share in zip(ranges, axes, row, strict=True)} for row in unit]
    return list({tuple(values.items()): values for values in drawn}.values())


_Axis = list[str] | tuple[float, float, bool]


def _axis(key: str, values: Sequence[str]) -> _Axis:
    """Return the values of a key, or its lowest and highest number and whether they are whole."""
    found = _RANGE.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        return list(values)
    try:
        low, high = (float(text.replace("_", "")) for text in found.groups())
    except ValueError as error:
        raise ScenarioError(f"--over {key}={values[0]}: is no range of two numbers; e.g. 0.7..1.0") from error
    if not low < high:
        raise ScenarioError(f"--over {key}={values[0]}: has nothing in it; write the lower number first")
    return low, high, all(text.lstrip("+-").replace("_", "").isdigit() for text in found.groups())


def _at(axis: _Axis, share: float) -> str:
    """Return the value at a share 0 … 1 of an axis."""
    if isinstance(axis, list):
        return axis[min(int(share * len(axis)), len(axis) - 1)]
    low, high, is_whole = axis
    if is_whole:
        return str(int(low) + min(int(share * (high - low + 1)), int(high - low)))
    return f"{low + share * (high - low):.{_DIGITS}g}"
