"""Probe ``raster``: which neuron fired when."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import Columns, ProbePlugin, RunInfo, ScenarioError, TickColumns, did_you_mean

__all__ = ["Raster"]


class Raster(ProbePlugin):
    """Tick, core and neuron of every spike of chosen layers or cores, up to a limit."""

    layers: list[str] = Field([], description="layers to watch, by name; all if neither layers nor cores are given")
    cores: list[int] = Field([], description="cores to watch, beside those of `layers`")
    limit: int = Field(1_000_000, ge=1, le=100_000_000, description="spikes to keep; later ones are only counted")

    _watched: NDArray[np.bool_]
    _kept: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]]
    _room: int
    _missed: int

    def started(self, info: RunInfo) -> None:
        """Choose the cores."""
        program = info.program
        for name in self.layers:
            if name not in program.layer_names:
                raise ScenarioError(
                    f"layers: there is no layer '{name}'{did_you_mean(name, program.layer_names)} "
                    f"(there are: {', '.join(program.layer_names)})"
                )
        wrong = [core for core in self.cores if not 0 <= core < program.cores]
        if wrong:
            raise ScenarioError(f"cores: {wrong[0]} is not one of the program's cores 0 … {program.cores - 1}")
        chosen = [number for number, name in enumerate(program.layer_names) if name in self.layers]
        self._watched = np.isin(program.core_layer, chosen)
        self._watched[self.cores] = True
        if not self.layers and not self.cores:
            self._watched[:] = True
        self._kept, self._room, self._missed = [], self.limit, 0

    def tick(self, columns: TickColumns) -> None:
        """Keep the spikes of one tick."""
        here = np.flatnonzero(self._watched[columns.spike_core])
        kept = here[: self._room]
        self._room -= len(kept)
        self._missed += len(here) - len(kept)
        if not len(kept):
            return
        tick = np.full(len(kept), columns.tick, np.int64)
        self._kept.append((tick, columns.spike_core[kept], columns.spike_neuron[kept]))

    def state(self) -> Columns:
        """Return the spikes that were kept and the number of those that were not."""
        return {**self._spikes(), "missed": np.array(self._missed)}

    def resumed(self, info: RunInfo, state: Columns) -> None:
        """Go on after the spikes of a state."""
        self.started(info)
        self._kept = [(state["tick"], state["core"], state["neuron"])]
        self._room = self.limit - len(state["tick"])
        self._missed = int(state["missed"])

    def results(self) -> dict[str, Any]:
        """Return how many spikes were kept, and how many not."""
        missed = {"not_kept": self._missed} if self._missed else {}
        return {"cores": int(self._watched.sum()), "spikes": self.limit - self._room, **missed}

    def tables(self) -> dict[str, Columns]:
        """Return the spikes, in order of tick, core and neuron."""
        return {"spikes": self._spikes()}

    def _spikes(self) -> Columns:
        none = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
        tick, core, neuron = (np.concatenate(parts) for parts in zip(none, *self._kept, strict=True))
        return {"tick": tick, "core": core, "neuron": neuron}
