"""Checks of input spikes in files, and conversion of their core numbers to those of the program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import DataError
from neurosyn.formats.ibm.addresses import core_ids

__all__ = ["MAX_SPIKES", "MAX_TICK", "InputCollector", "check_count", "no_spikes"]

MAX_SPIKES = 1 << 28
"""Largest number of spikes of a file; more would not fit into memory."""
MAX_TICK = 2**31 - 1
"""Latest tick."""


class InputCollector:
    """Collector of a file's spikes: checks them and converts core numbers to those of the program.

    Parameters
    ----------
    path
        The file, for errors.
    program
        The program that receives the spikes.
    prefix
        Text between the path and the number of a line or spike in errors.
    """

    def __init__(self, path: Path, program: Program, prefix: str = ": spike ") -> None:
        self._path = path
        self._prefix = prefix
        self._ids = core_ids(program)
        self._axons = program.axons
        self._pieces: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]] = []
        self._count = 0
        self._latest = 0

    def add(
        self,
        time: NDArray[np.int64],
        core: NDArray[np.int64],
        axon: NDArray[np.int64],
        delay: NDArray[np.int64] | int,
        numbers: Sequence[int],
    ) -> None:
        """Add spikes.

        Parameters
        ----------
        time, core, axon, delay : int64 arrays (n,)
            As in the file.
        numbers
            Line or number of each spike, for errors.

        Raises
        ------
        DataError
            If a spike is out of range, or earlier than the one before it.
        """
        before = np.concatenate([[self._latest], time[:-1]])
        number = np.minimum(np.searchsorted(self._ids, core), len(self._ids) - 1)
        delays = np.broadcast_to(np.asarray(delay, np.int64), time.shape)

        def refuse(wrong: NDArray[np.bool_], what: str, values: NDArray[np.int64], rule: str) -> None:
            if wrong.any():
                first = int(np.argmax(wrong))
                where = f"{self._path}{self._prefix}{numbers[first]}"
                raise DataError(f"{where}: {what} {values[first]}; {rule}; repair the file")

        refuse((time < 0) | (time > MAX_TICK), "its tick is", time, f"the range is 0…{MAX_TICK}")
        refuse(time < before, "its tick is", time, "the spike before it is later, and they must be in order of ticks")
        refuse(self._ids[number] != core, "it goes to core", core, "the program has no such core")
        refuse((axon < 0) | (axon >= self._axons), "it goes to axon", axon, f"the range is 0…{self._axons - 1}")
        refuse((delays < 1) | (delays > 15), "its delay is", delays, "the range is 1…15")
        self._count += len(time)
        check_count(self._path, self._count)
        if len(time):
            self._latest = int(time[-1])
            # `InputSpikes` implies a delay of one tick.
            self._pieces.append((time + delays - 1, number.astype(np.int32), axon.astype(np.int32)))

    def spikes(self) -> InputSpikes:
        """Return all spikes added."""
        if not self._pieces:
            return no_spikes()
        tick, core, axon = (np.concatenate(column) for column in zip(*self._pieces, strict=True))
        return InputSpikes.to_axons(tick, core, axon)


def no_spikes() -> InputSpikes:
    """Return input without spikes."""
    return InputSpikes.to_axons(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))


def check_count(path: Path, count: int) -> None:
    """Raise `DataError` if a file has more than `MAX_SPIKES` spikes."""
    if count > MAX_SPIKES:
        raise DataError(f"{path}: has more than {MAX_SPIKES:,} spikes; is it the right file?")
