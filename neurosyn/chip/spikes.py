"""Spikes that enter and leave a program, as columns of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.errors import DataError

__all__ = ["InputSpikes", "OutputSpikes", "check_range"]


@dataclass(frozen=True)
class InputSpikes:
    """Given spikes; arrays (n,).

    Attributes
    ----------
    tick : int64
        The stamp: a spike is integrated in the tick after it [V]. In any order; spikes of one tick keep theirs. −1:
        it is in its core's scheduler before the first tick, and takes no time.
    core, axon : int32
    line : int32
        Input line, or −1.
    """

    tick: NDArray[np.int64]
    core: NDArray[np.int32]
    axon: NDArray[np.int32]
    line: NDArray[np.int32]

    @classmethod
    def to_axons(cls, tick: NDArray[np.int64], core: NDArray[np.int32], axon: NDArray[np.int32]) -> InputSpikes:
        """Spikes that name core and axon."""
        return cls(tick, core, axon, np.full(len(tick), -1, np.int32))

    @classmethod
    def on_lines(cls, program: Program, tick: NDArray[np.int64], line: NDArray[np.int32]) -> InputSpikes:
        """Spikes on a program's input lines."""
        check_range("line", line, len(program.input_core))
        return cls(tick, program.input_core[line], program.input_axon[line], line)


def check_range(name: str, values: NDArray[np.int32], end: int) -> None:
    """Refuse input spikes whose `values` lie outside 0 … `end` − 1.

    Raises
    ------
    DataError
        Naming the first of them.
    """
    wrong = np.flatnonzero((values < 0) | (values >= end))
    if len(wrong):
        raise DataError(f"input spikes: spike {wrong[0]} is for {name} {values[wrong[0]]}; the program has {end:,}")


@dataclass(frozen=True)
class OutputSpikes:
    """Spikes that left the board, ordered by tick, core and neuron; arrays (spikes,).

    Attributes
    ----------
    tick : int64
        When the neuron fired.
    core, neuron : int32
    dest_core, dest_axon : int32
        `OUTPUT` and the pin.
    """

    tick: NDArray[np.int64]
    core: NDArray[np.int32]
    neuron: NDArray[np.int32]
    dest_core: NDArray[np.int32]
    dest_axon: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.tick)
