"""Run-length notation of integer lists in IBM's model files.

====================  ================================================================
``"7"`` or ``7``      7
``"0:255"``           0, 1, … 255
``"6:-2:0"``          6, 4, 2, 0
``"-1x240"``          −1, 240 times
``"0:3x2"``           0, 1, 2, 3, 0, 1, 2, 3 (also with a step)
====================  ================================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.formats.value_checks import UnfitError, listed

__all__ = ["expand", "shorten"]

_NUMBER = r"(-?\d{1,12})"
_ITEM = re.compile(rf"{_NUMBER}(?::{_NUMBER})?(?::{_NUMBER})?(?:x([1-9]\d{{0,11}}))?", re.ASCII)


def expand(items: Any, what: str, size: int) -> NDArray[np.int64]:
    """Expand a list in run-length notation.

    Parameters
    ----------
    items
        The decoded list.
    what
        Name of the list, for errors.
    size
        Largest number of integers.

    Returns
    -------
    int64 array (n,)

    Raises
    ------
    UnfitError
        If an item is malformed, or there are too many integers.
    """
    numbers: list[int] = []
    for item in listed(items, what):
        run, times = _parsed(item, what)
        # Checked before expansion, which could exceed the memory.
        if len(numbers) + len(run) * times > size:
            raise UnfitError(f"{what} has more than {size:,} entries")
        numbers.extend(run if times == 1 else [*run] * times)
    return np.array(numbers, np.int64)


def _parsed(item: Any, what: str) -> tuple[Sequence[int], int]:
    """Return the numbers of one item, and how often they repeat."""
    match = _ITEM.fullmatch(item if isinstance(item, str) else str(item) if type(item) is int else "")
    if match is None:
        raise UnfitError(
            f"{what} has the entry {str(item)[:40]!r}, not a number, 'a:b', 'a:step:b' or one of them with 'xn'"
        )
    if match.lastindex == 1:
        return (int(match[1]),), 1
    first, second, third, times = match.groups()
    start = int(first)
    step, end = (1, int(second or first)) if third is None else (int(second), int(third))
    if step == 0 or (end - start) * step < 0:
        raise UnfitError(f"{what} has the entry '{item}', a range without an end")
    return range(start, end + (1 if step > 0 else -1), step), 1 if times is None else int(times)


def shorten(values: NDArray[np.int64]) -> list[str]:
    """Return integers, int64 (n,), in run-length notation."""
    items: list[str] = []
    numbers = values.tolist()
    # A range or repetition ends where the difference to the next number changes.
    steps = np.diff(values)
    turns = [*(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(numbers) - 1]
    at = 0
    for turn in turns:
        if turn <= at:
            continue
        step = int(steps[at])
        length = turn - at + 1
        if length < 3 and step:
            # Too short for a range: the second number may begin a longer one.
            items.append(f"{numbers[at]}")
            at += 1
            continue
        items.append(_short(numbers[at], step, numbers[turn], length))
        at = turn + 1
    items.extend(f"{number}" for number in numbers[at:])
    return items


def _short(first: int, step: int, last: int, length: int) -> str:
    if step == 0:
        return f"{first}x{length}"
    return f"{first}:{last}" if step == 1 else f"{first}:{step}:{last}"
