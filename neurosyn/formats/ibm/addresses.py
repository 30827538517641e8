"""Conversion between the core and pin numbers of IBM's files and those of a program.

Core numbers in a file need not be contiguous. A program read from such a file keeps them under ``core_ids`` in
`Program.about`; its cores are numbered in the same order. Output connectors are cores −32, −33, … with 256 pins each:
pin = (−32 − core)·256 + axon [IBM].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.errors import DataError

__all__ = ["DISCONNECTED", "FIRST_OUTPUT", "MAX_PINS", "PINS_OF_OUTPUT", "core_ids", "pin_core", "pin_of"]

DISCONNECTED = (-1, -2)
"""Destination cores of neurons without a destination. [IBM]"""
FIRST_OUTPUT = -32
"""Number of the first output connector; the others count downwards. [IBM]"""
PINS_OF_OUTPUT = 256
"""Number of pins of an output connector. [IBM]"""
MAX_PINS = 1 << 22
"""Largest number of output pins; a file with more is rejected as damaged."""


def core_ids(program: Program) -> NDArray[np.int64]:
    """Return the number of each core in the program's source file, int64 (cores,), ascending."""
    given = program.about.get("core_ids")
    if given is None:
        return np.arange(program.cores, dtype=np.int64)
    try:
        ids = np.array(given, np.int64)
    except (TypeError, ValueError, OverflowError):
        ids = np.empty(0, np.int64)
    if ids.shape != (program.cores,) or ids[0] < 0 or (np.diff(ids) <= 0).any():
        raise DataError("program: its core_ids do not fit its cores; read it again from its source")
    return ids


def pin_of(core: NDArray[Any], axon: NDArray[Any]) -> NDArray[np.int64]:
    """Return the pin numbers for output connectors and their axons."""
    pin: NDArray[np.int64] = (FIRST_OUTPUT - core.astype(np.int64)) * PINS_OF_OUTPUT + axon
    return pin


def pin_core(pin: NDArray[Any]) -> NDArray[np.int64]:
    """Return the output connector of each pin; its axon is pin mod 256."""
    core: NDArray[np.int64] = FIRST_OUTPUT - pin.astype(np.int64) // PINS_OF_OUTPUT
    return core
