"""Contract of topologies whose network is a graph with state, trained elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from neurosyn.errors import DataError, did_you_mean
from neurosyn.formats.nir.reader import NirGraph
from neurosyn.importing.options import ImportOptions
from neurosyn.options import PluginOptions

__all__ = ["SpikingTopology", "network_file"]

_SHIPPED = "shipped:"


def network_file(name: str) -> Path:
    """Return the NIR file of a name: a path, or ``shipped:NAME``.

    Raises
    ------
    DataError
        If none that ships has this name; the message lists what there is.
    """
    if not name.startswith(_SHIPPED):
        return Path(name).expanduser()
    files = {path.stem: path for path in sorted(Path(__file__).with_name("shipped").glob("*.nir"))}
    wanted = name.removeprefix(_SHIPPED)
    if wanted not in files:
        raise DataError(f"network {name}: does not exist{did_you_mean(wanted, files)} (there are: {', '.join(files)})")
    return files[wanted]


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
