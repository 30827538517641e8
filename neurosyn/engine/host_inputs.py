"""Spikes that the host injects, tick by tick: frames, given spikes, and spikes queued while ticks are played."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes, check_range
from neurosyn.engine.fabric.routes import Routes, input_routes
from neurosyn.errors import DataError

__all__ = ["FrameInputs", "FrameRows", "HostSpikes", "InputQueue", "Inputs", "host_inputs"]


@dataclass(frozen=True)
class HostSpikes:
    """Spikes that the host injects in one tick, in order of injection.

    Attributes
    ----------
    line : int32 array (n,)
        Input line; −1 for spikes that name core and axon themselves.
    core, axon : int32 arrays (n,)
    hops, crossings : int32 arrays (n,)
        Links that the packets take.
    """

    line: NDArray[np.int32]
    core: NDArray[np.int32]
    axon: NDArray[np.int32]
    hops: NDArray[np.int32]
    crossings: NDArray[np.int32]

    def __getitem__(self, index: Any) -> HostSpikes:
        return HostSpikes(self.line[index], self.core[index], self.axon[index], self.hops[index], self.crossings[index])

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def join(cls, parts: Sequence[HostSpikes]) -> HostSpikes:
        """Concatenate spikes."""
        none = np.zeros(0, np.int32)
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in names))


class Inputs(Protocol):
    """Spikes that the host injects, by tick."""

    def at(self, tick: int) -> HostSpikes:
        """Return the spikes stamped with `tick`; they are integrated in the next one [V]."""


class FrameRows(Protocol):
    """Input of each tick, frame after frame: an array uint8 (F·T, elements), or rows that are made when needed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and elements."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements: uint8."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, rows: Any) -> NDArray[np.uint8]:
        """Return a row, or a slice of them."""


class FrameInputs:
    """One row of the frames at each tick; they are repeated without end.

    Parameters
    ----------
    program
    frames : uint8 array (F, elements)
        Not 0: the element spikes.
    routes
    """

    def __init__(self, program: Program, frames: FrameRows, routes: Routes) -> None:
        needed = int(program.input_line.max(initial=-1)) + 1
        if len(frames.shape) != 2 or frames.dtype != np.uint8 or not len(frames) or frames.shape[1] < needed:
            raise DataError(
                f"frames: {frames.dtype} {frames.shape}, not uint8 (at least 1, at least {needed}); "
                "encode them for this program"
            )
        self._frames = frames
        lines = np.arange(len(program.input_line), dtype=np.int32)
        self._program = program
        self._lines = HostSpikes(lines, program.input_core, program.input_axon, routes.line_hops, routes.line_crossings)

    def at(self, tick: int) -> HostSpikes:
        """Return the spikes of frame `tick` mod F."""
        return self._lines[np.flatnonzero(self._program.lines_of(self._frames[tick % len(self._frames)]))]


def host_inputs(spikes: InputSpikes, program: Program, placement: Placement, chip: ChipOptions) -> Inputs:
    """Return given spikes by tick, after checks against a program on a board.

    Raises
    ------
    DataError
        If a spike goes to no axon of the program.
    ChipLimitError
        If a packet would have to travel further than a packet reaches.
    """
    check_range("core", spikes.core, program.cores)
    check_range("axon", spikes.axon, program.axons)
    if (spikes.tick < -1).any():
        raise DataError(
            f"input spikes: one is stamped {spikes.tick.min()}; ticks begin at 0, and -1 is before the first"
        )
    order = np.argsort(spikes.tick, kind="stable")
    mesh, target = placement.mesh, placement.xy[spikes.core]
    mesh.check_reach(
        chip.board_of(mesh).entries(target),
        target,
        "input spikes: a packet of the host",
        f"send to cores nearer to its side of the board (`chip.input_side` is {chip.input_side})",
        chip.board.reach,
    )
    hops, crossings = input_routes(target, mesh, chip)
    return _SortedSpikes(spikes.tick[order], HostSpikes(spikes.line, spikes.core, spikes.axon, hops, crossings)[order])


class _SortedSpikes:
    """Spikes in order of their ticks."""

    def __init__(self, ticks: NDArray[np.int64], spikes: HostSpikes) -> None:
        self._ticks = ticks
        self._spikes = spikes

    def at(self, tick: int) -> HostSpikes:
        return self._spikes[slice(*np.searchsorted(self._ticks, [tick, tick + 1]))]


class InputQueue:
    """Queue of spikes that are added while ticks are played; ticks are read in order."""

    def __init__(self) -> None:
        self._coming: list[tuple[int, int, Inputs, int]] = []
        self._present: list[tuple[int, int, Inputs]] = []
        self._added = 0

    def add(self, inputs: Inputs, first: int, last: int) -> None:
        """Add spikes of ticks `first` to `last`; in each tick they follow those added before."""
        heapq.heappush(self._coming, (first, self._added, inputs, last))
        self._added += 1

    def at(self, tick: int) -> HostSpikes:
        """Return the spikes stamped with `tick`."""
        while self._coming and self._coming[0][0] <= tick:
            _, number, inputs, last = heapq.heappop(self._coming)
            self._present.append((number, last, inputs))
        self._present = sorted(entry for entry in self._present if entry[1] >= tick)
        parts = [inputs.at(tick) for _, _, inputs in self._present]
        return parts[0] if len(parts) == 1 else HostSpikes.join(parts)
