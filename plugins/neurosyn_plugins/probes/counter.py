"""Probe ``counter``: spikes of each layer, tick by tick."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Columns, ProbePlugin, RunInfo, TickColumns

__all__ = ["Counter"]


class Counter(ProbePlugin):
    """Spikes of each layer in the ticks that are played one by one: a table of ticks × layers and the means."""

    _layers: tuple[str, ...]
    _core_layer: NDArray[np.int32]
    _ticks: list[int]
    _spikes: list[NDArray[np.int64]]

    def started(self, info: RunInfo) -> None:
        """Begin at 0."""
        self._layers, self._core_layer = info.program.layer_names, info.program.core_layer
        self._ticks, self._spikes = [], []

    def tick(self, columns: TickColumns) -> None:
        """Count one tick."""
        self._ticks.append(columns.tick)
        layer = self._core_layer[columns.spike_core]
        self._spikes.append(np.bincount(layer, minlength=len(self._layers)))

    def state(self) -> Columns:
        """Return the ticks and the spikes of each layer in each of them."""
        return {"ticks": np.array(self._ticks, np.int64), "spikes": self._table()}

    def resumed(self, info: RunInfo, state: Columns) -> None:
        """Go on after the ticks of a state."""
        self.started(info)
        self._ticks, self._spikes = state["ticks"].tolist(), list(state["spikes"])

    def results(self) -> dict[str, Any]:
        """Return the ticks, the spikes and how many each layer fires in a tick."""
        spikes = self._table()
        means = spikes.mean(axis=0) if len(spikes) else np.zeros(len(self._layers))
        return {
            "ticks": len(self._ticks),
            "spikes": int(spikes.sum()),
            "spikes_per_tick": dict(zip(self._layers, means.tolist(), strict=True)),
        }

    def tables(self) -> dict[str, Columns]:
        """Return the spikes of each layer in each tick."""
        by_layer = zip(self._layers, self._table().T, strict=True)
        return {"spikes": {"tick": np.array(self._ticks, np.int64), **dict(by_layer)}}

    def _table(self) -> NDArray[np.int64]:
        return np.array(self._spikes, np.int64).reshape(len(self._ticks), len(self._layers))
