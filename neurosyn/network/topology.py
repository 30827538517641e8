"""Contract of topologies, which list the layers of a network for given data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from neurosyn.network.layer import MapShape
from neurosyn.options import PluginOptions

__all__ = ["LayerSpec", "Topology"]

LayerSpec = dict[str, Any]
"""Table of a layer as in a scenario: ``kind`` names the plugin, ``name`` is optional, the rest are its options."""


class Topology(PluginOptions, ABC):
    """Topology plugin (group ``topologies``)."""

    @property
    def copies(self) -> int:
        """Number of copies of the on-chip layers, each with separate weights: a committee.

        All copies receive the same input spikes, and the read-out averages them; see `neurosyn.network.copies`.
        """
        return 1

    @abstractmethod
    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:
        """Return the layers from first to last, the read-out at the end.

        Raises
        ------
        ScenarioError
            If the topology does not suit such data.
        """
