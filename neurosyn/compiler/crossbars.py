"""Crossbars: the bit-packed synapses of each core, with equal ones stored once.

For input k on axon pair p, a neuron has a synapse with axon 2p if the weight is −1 and with axon 2p + 1 if it is +1,
never with both. Axon types 0 and 1 give these axons the weights −1 and +1. [IBM]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.compiler.corelets import Corelet, Neurons
from neurosyn.compiler.options import CompileOptions
from neurosyn.network.layer import AXONS_PER_INPUT

__all__ = ["CrossbarStore"]


class CrossbarStore:
    """Distinct crossbars in the order of their first use."""

    def __init__(self, options: CompileOptions) -> None:
        self._shape = (options.axons, options.neurons)
        self._crossbars: list[NDArray[np.uint64]] = []
        self._numbers: dict[bytes, int] = {}

    def stack(self) -> NDArray[np.uint64]:
        """Return the crossbars, uint64 (crossbars, words, neurons)."""
        return np.stack(self._crossbars)

    def add(self, synapses: NDArray[np.bool_]) -> int:
        """Add the synapses (axons, neurons) of a core and return the number of the crossbar."""
        crossbar = np.ascontiguousarray(pack_bits(synapses.T).T)
        number = self._numbers.setdefault(crossbar.tobytes(), len(self._crossbars))
        if number == len(self._crossbars):
            self._crossbars.append(crossbar)
        return number

    def add_relays(self, neurons: Neurons, axon: NDArray[np.int32], cores: int) -> NDArray[np.int32]:
        """Add splitter cores and return the number of the crossbar of each; `axon` has the axon of each input line."""
        numbers = np.empty(cores, np.int32)
        ends = np.searchsorted(neurons.core, np.arange(cores + 1))
        for core in range(cores):
            here = slice(ends[core], ends[core + 1])
            synapses = np.zeros(self._shape, bool)
            synapses[axon[neurons.item[here]], neurons.neuron[here]] = True
            numbers[core] = self.add(synapses)
        return numbers

    def add_corelet(self, corelet: Corelet, weights: NDArray[np.int8]) -> NDArray[np.int32]:
        """Add a layer's cores and return the number of the crossbar of each, int32 (cores,).

        Parameters
        ----------
        corelet
            The layer's cores.
        weights : int8 array (banks, fan_in, features)
            −1, 0 or 1.
        """
        neurons, pairs = corelet.neurons, corelet.find_pairs()
        banks = np.where(corelet.sites >= 0, corelet.wiring.banks[corelet.sites], -1)
        site, feature = corelet.item_site[neurons.item], corelet.item_feature[neurons.item]
        ends = np.searchsorted(neurons.core, np.arange(corelet.cores + 1))
        numbers = np.empty(corelet.cores, np.int32)
        known: dict[bytes, int] = {}
        for core in range(corelet.cores):
            here = slice(ends[core], ends[core + 1])
            # Cores of one bank differ only in their windows at the edge of the map: most crossbars repeat.
            pattern = (banks[core], pairs[core], site[here], feature[here])
            key = b"".join(array.tobytes() for array in pattern)
            if key not in known:
                known[key] = self.add(self._synapses(*pattern, weights))
            numbers[core] = known[key]
        return numbers

    def _synapses(
        self,
        banks: NDArray[np.int32],
        pairs: NDArray[np.int32],
        site: NDArray[np.int32],
        feature: NDArray[np.int32],
        weights: NDArray[np.int8],
    ) -> NDArray[np.bool_]:
        """Return the synapses (axons, neurons) of one core."""
        synapses = np.zeros(self._shape, bool)
        for number, bank in enumerate(banks):
            columns = np.flatnonzero(site == number)
            seen = np.flatnonzero(pairs[number] >= 0)
            column_weights = weights[bank][np.ix_(seen, feature[columns])]
            axons = AXONS_PER_INPUT * pairs[number][seen]
            synapses[np.ix_(axons, columns)] = column_weights == -1
            synapses[np.ix_(axons + 1, columns)] = column_weights == 1
        return synapses
