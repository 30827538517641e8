"""Log of the spikes that leave the board, in compact arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.spikes import OutputSpikes
from neurosyn.engine.state import State, stored

__all__ = ["OutputLog"]

_PIECES = 1 << 12
"""Ticks with output spikes whose arrays are kept apart; each takes hundreds of bytes beside its spikes."""

_Columns = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]


class OutputLog:
    """Output spikes in order of tick, core and neuron: 16 bytes each, nothing for ticks without any.

    Parameters
    ----------
    program
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._blocks: list[_Columns] = []
        self._pieces: list[_Columns] = []

    def add(self, tick: int, core: NDArray[np.int32], neuron: NDArray[np.int32]) -> None:
        """Add the spikes of a tick, later than those before."""
        if not len(core):
            return
        self._pieces.append((np.full(len(core), tick, np.int64), core, neuron))
        if len(self._pieces) == _PIECES:
            self._pack()

    def take(self) -> OutputSpikes:
        """Return the spikes; the log is empty then."""
        self._pack()
        tick, core, neuron = self._joined()
        self._blocks = []
        program = self._program
        return OutputSpikes(
            tick,
            core,
            neuron,
            # All of them are to the host; one number in memory is enough.
            np.broadcast_to(np.int32(OUTPUT), len(tick)),
            program.dest_axon[core, neuron],
        )

    def state(self) -> State:
        """Return the spikes as arrays ``tick``, ``core`` and ``neuron``."""
        self._pack()
        self._blocks = [self._joined()]
        return dict(zip(("tick", "core", "neuron"), self._blocks[0], strict=True))

    def restore(self, state: State) -> None:
        """Replace the spikes by those of a state."""
        self._pieces = []
        self._blocks = [(stored(state, "tick"), stored(state, "core"), stored(state, "neuron"))]

    def _pack(self) -> None:
        if self._pieces:
            self._blocks.append(_join(self._pieces))
            self._pieces = []

    def _joined(self) -> _Columns:
        return self._blocks[0] if len(self._blocks) == 1 else _join(self._blocks)


def _join(pieces: list[_Columns]) -> _Columns:
    tick = np.concatenate([np.zeros(0, np.int64), *(piece[0] for piece in pieces)])
    core, neuron = (np.concatenate([np.zeros(0, np.int32), *(piece[column] for piece in pieces)]) for column in (1, 2))
    return tick, core, neuron
