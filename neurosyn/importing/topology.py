"""Contract of topologies whose network is a graph with state, trained elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from neurosyn.formats.nir.reader import NirGraph
from neurosyn.importing.options import ImportOptions
from neurosyn.options import PluginOptions

__all__ = ["SpikingTopology"]


class SpikingTopology(ImportOptions, PluginOptions):
    """Topology plugin (group ``topologies``) of a trained network whose neurons keep potentials from step to step.

    A frame is a sample: it enters in as many steps as the encoder makes of it, with all potentials at their beginning.
    """

    @property
    @abstractmethod
    def path(self) -> Path:
        """The network's file, for messages."""

    @property
    def calibration(self) -> Path | None:
        """File of input spikes whose activity decides leaks and the weight of errors (`read_samples`); None: none."""
        return None

    @abstractmethod
    def graph(self) -> NirGraph:
        """Return the network.

        Raises
        ------
        DataError
            If the file is missing or damaged.
        """
