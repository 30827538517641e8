"""Probe ``silence``: which neurons never fire."""

from typing import Any

import numpy as np
from neurosyn.plugins import NO_DESTINATION, Columns, ProbePlugin, RunInfo, TickColumns
from numpy.typing import NDArray


class Silence(ProbePlugin):
    """Neurons in use that never fired in the ticks that were played, by layer."""

    _info: RunInfo
    _fired: NDArray[np.bool_]
    _ticks: int

    def started(self, info: RunInfo) -> None:
        """Begin with no spikes."""
        self._info = info
        self._fired = np.zeros(info.program.dest_core.shape, np.bool_)
        self._ticks = 0

    def tick(self, columns: TickColumns) -> None:
        """Note the neurons that spike."""
        self._fired[columns.spike_core, columns.spike_neuron] = True
        self._ticks += 1

    def results(self) -> dict[str, Any]:
        """Return how many are silent, in all and of each layer's neurons."""
        silent, used = self._silent(), self._used()
        layers = self._info.program.core_layer
        shares = {
            name: silent[layers == number].sum() / max(used[layers == number].sum(), 1)
            for number, name in enumerate(self._info.program.layer_names)
        }
        return {"ticks": self._ticks, "silent_neurons": silent.sum(), "neurons": used.sum(), "silent_share": shares}

    def tables(self) -> dict[str, Columns]:
        """Return the silent neurons."""
        core, neuron = np.nonzero(self._silent())
        return {"neurons": {"core": core.astype(np.int32), "neuron": neuron.astype(np.int32)}}

    def _used(self) -> NDArray[np.bool_]:
        return self._info.program.dest_core != NO_DESTINATION

    def _silent(self) -> NDArray[np.bool_]:
        return self._used() & ~self._fired
