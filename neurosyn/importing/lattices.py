"""Weights on a lattice: neurons whose weights are few values, all whole multiples of one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.importing.codes import CODES, subset_sums

__all__ = ["Lattice", "find_lattice"]

_DIVISORS = 20
"""The step is the smallest weight, divided by a whole number up to this one."""
_HIGHEST = 255
_ROUNDING = 1e-5
"""Relative error of weights in float32, with a margin."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Weights of neurons as whole multiples of a step of each neuron.

    Attributes
    ----------
    width : int
        Axons of an input.
    steps : float64 array (rows,)
    weights : int64 array (rows, 4)
        Of the axon types, in steps.
    masks : uint8 array (rows, fan-in)
    largest_fall : float64 array (rows,)
        Sum of the sizes of the negative weights.
    """

    width: int
    steps: NDArray[np.float64]
    weights: NDArray[np.int64]
    masks: NDArray[np.uint8]
    largest_fall: NDArray[np.float64]


def find_lattice(values: NDArray[np.float64], width: int) -> Lattice | None:
    """Return the lattice of weights, or None if a neuron has none that `width` axons an input can represent.

    Parameters
    ----------
    values : float64 array (rows, fan-in)
        0 where there is no synapse.
    width
        2, 3 or 4.
    """
    steps, weights = np.ones(len(values)), np.zeros((len(values), 4), np.int64)
    masks = np.zeros(values.shape, np.uint8)
    known: dict[bytes, tuple[float, tuple[int, ...], NDArray[np.uint8]] | None] = {}
    for row, of_row in enumerate(values):
        key = of_row.tobytes()
        if key not in known:
            known[key] = _find_row(of_row, width)
        code = known[key]
        if code is None:
            return None
        steps[row], masks[row] = code[0], code[2]
        weights[row, : len(code[1])] = code[1]
    return Lattice(width, steps, weights, masks, np.maximum(-values, 0).sum(axis=1))


def _find_row(values: NDArray[np.float64], width: int) -> tuple[float, tuple[int, ...], NDArray[np.uint8]] | None:
    distinct = _distinct(values[values != 0])
    if not len(distinct):
        return 1.0, (0,) * width, np.zeros(len(values), np.uint8)
    if len(distinct) >= 1 << width:
        return None
    smallest = np.abs(distinct).min()
    for divisor in range(1, _DIVISORS + 1):
        whole = np.round(distinct * divisor / smallest)
        if (np.abs(distinct * divisor / smallest - whole) > _ROUNDING * np.abs(whole)).any():
            continue
        # From the largest value, which has the smallest relative error.
        largest = int(np.argmax(np.abs(distinct)))
        step = abs(float(distinct[largest] / whole[largest]))
        codes = [tuple(sign * weight for weight in CODES[width]) for sign in (1, -1)]
        if len(distinct) <= width and np.abs(whole).max() <= _HIGHEST:
            # One type for each value.
            codes.append((*(int(number) for number in whole), *(0,) * (width - len(distinct))))
        for code in codes:
            masks = _masks(whole, code)
            if masks is not None:
                place = np.abs(values[:, None] - distinct).argmin(axis=1)
                return step, code, np.where(values == 0, 0, masks[place]).astype(np.uint8)
    return None


def _distinct(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values in ascending order, those that differ by rounding once."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), bool)
    new[1:] = np.diff(ordered) > _ROUNDING / 10 * np.abs(ordered[1:])
    return ordered[new]


def _masks(whole: NDArray[np.float64], code: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """Return the mask of fewest axons for each number, or None if one is no sum of the code."""
    sums = subset_sums(np.array([code], float))[0]
    matches = sums == whole[:, None]
    if not matches.any(axis=1).all():
        return None
    axons = np.where(matches, np.bitwise_count(np.arange(len(sums))), 255)
    masks: NDArray[np.uint8] = axons.argmin(axis=1).astype(np.uint8)
    return masks
