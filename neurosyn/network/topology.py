"""The contract of topologies: from the shape of the data to a list of layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from neurosyn.network.layer import MapShape
from neurosyn.options import Options

__all__ = ["LayerSpec", "Topology"]

LayerSpec = dict[str, Any]
"""A layer as a scenario writes it: ``kind`` names the plugin, ``name`` is optional, the rest are its options."""


class Topology(Options, ABC):
    """A topology plugin (group ``topologies``)."""

    @property
    def copies(self) -> int:
        """How many times the on-chip layers stand side by side, each with weights of its own: a committee.

        All see the same input spikes, and the read-out averages them; see `neurosyn.network.copies`.
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
