"""Topology ``nir``: a spiking network of another framework, from a NIR file."""

from __future__ import annotations

from pathlib import Path

from neurosyn.plugins import Field, NirGraph, SpikingTopology, network_file, read_nir

__all__ = ["Nir"]


class Nir(SpikingTopology):
    """A trained network whose neurons keep potentials, as `neurosyn import` maps it to the chip.

    Each frame of the data is a sample: potentials begin again with it, and its answer is the output with most spikes.
    """

    file: str = Field(
        min_length=1,
        examples=["./net.nir"],
        description="the NIR file: ./NAME beside the scenario, shipped:digits, or a path from the working folder",
    )
    calibrate: str = Field(
        default="",
        description="file of input spikes (.npz or Parquet) that leaks and the weights' errors are fitted to",
    )

    @property
    def path(self) -> Path:
        """The network's file."""
        return network_file(self.file)

    @property
    def calibration(self) -> Path | None:
        """File of input spikes."""
        return Path(self.calibrate).expanduser() if self.calibrate else None

    def graph(self) -> NirGraph:
        """Return the network.

        Raises
        ------
        DataError
            If the file is missing or damaged.
        """
        return read_nir(self.path)
