"""Contract of layers: a validated options model and one method that returns the inputs of each neuron.

The trainer's connectivity, the cores, the check of axons and the summary all follow from that method.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.shipped import TRUENORTH
from neurosyn.errors import PluginError
from neurosyn.options import PluginOptions

__all__ = [
    "AXONS_PER_INPUT",
    "CORE_INPUTS",
    "LEAK_LIMIT",
    "Connectivity",
    "FixedWeights",
    "Layer",
    "MapShape",
    "Readout",
]

AXONS_PER_INPUT = 2
"""Axons of a trinary input: one of weight −1 and one of weight +1. [IBM]"""
CORE_INPUTS = TRUENORTH.core.axons // AXONS_PER_INPUT
"""Trinary inputs of a core of TrueNorth whose axons are all taken. [IBM]"""
LEAK_LIMIT = TRUENORTH.limits.leak
"""Largest |λ| on TrueNorth: a sign and eight bits of magnitude. [P] Cassidy et al. 2013."""


class MapShape(NamedTuple):
    """Shape of a feature map; element (y, x, c) has the flat index (y·width + x)·channels + c."""

    height: int
    width: int
    channels: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.height * self.width * self.channels

    def __str__(self) -> str:
        return f"{self.height}×{self.width}×{self.channels}"


@dataclass(frozen=True, eq=False)
class Connectivity:
    """Inputs of each neuron of a layer.

    A layer consists of *sites*: a site is a set of neurons with the same inputs, e.g. all features of one group at one
    output position. Sites of one *bank* share their weights, as the positions of a convolution do.

    Attributes
    ----------
    output : MapShape
        Shape of the layer's output map.
    inputs : int32 array (sites, fan_in)
        Flat index into the input map, −1 where the window lies outside it. No index occurs twice in a row.
    outputs : int32 array (sites, features)
        Flat index of each neuron in the output map; every output occurs exactly once.
    banks : int32 array (sites,)
        Number of the weight bank of each site, 0 … n_banks−1.
    grid : (groups, rows, columns)
        Sites are numbered (group·rows + row)·columns + column. The compiler puts neighbouring sites of one group into a
        common core where that saves cores. A layer without such an order has (1, 1, sites).
    """

    output: MapShape
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    banks: NDArray[np.int32]
    grid: tuple[int, int, int]

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.inputs)

    @property
    def fan_in(self) -> int:
        """Number of inputs of a site, those outside the map included."""
        return int(self.inputs.shape[1])

    @property
    def features(self) -> int:
        """Number of neurons of a site."""
        return int(self.outputs.shape[1])

    @property
    def n_banks(self) -> int:
        """Number of weight banks."""
        return int(self.banks.max()) + 1 if len(self.banks) else 0

    def check(self, input_shape: MapShape, name: str) -> None:
        """Raise `PluginError` if the arrays break the rules above; `name` is the layer's name in the message."""

        def refuse(problem: str) -> None:
            raise PluginError(f"layer {name}: {problem}; correct its connect()")

        sites = len(self.inputs)
        for label, array, ndim in (("inputs", self.inputs, 2), ("outputs", self.outputs, 2), ("banks", self.banks, 1)):
            if array.ndim != ndim or array.dtype != np.int32 or len(array) != sites:
                refuse(f"{label} is {array.dtype} {array.shape}, not int32 with {ndim} axes and one row a site")
        if sites == 0 or self.fan_in == 0 or self.features == 0:
            refuse(f"it has {sites} sites of {self.fan_in} inputs and {self.features} features")
        if int(np.prod(self.grid)) != sites:
            refuse(f"grid {self.grid} does not have {sites} sites")
        if self.inputs.min() < -1 or self.inputs.max() >= input_shape.size:
            refuse(
                f"inputs reach from {self.inputs.min()} to {self.inputs.max()}, the input map {input_shape} has "
                f"0…{input_shape.size - 1}"
            )
        ordered = np.sort(self.inputs, axis=1)
        if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
            refuse("a site sees one input twice")
        if not np.array_equal(np.sort(self.outputs, axis=None), np.arange(self.output.size)):
            refuse(f"outputs do not name every element of the output map {self.output} exactly once")
        if not np.array_equal(np.unique(self.banks), np.arange(self.n_banks)):
            refuse("bank numbers are not 0, 1, 2, … without a gap")


@dataclass(frozen=True, eq=False)
class FixedWeights:
    """Weights that a layer sets and trainers do not change: a neuron spikes iff Σ weights·inputs ≥ threshold.

    Attributes
    ----------
    weights : int8 array (banks, fan_in, features)
        In −1, 0, 1.
    threshold : int32 array (banks, features)
        −254 … 256, the range that a leak can express.
    """

    weights: NDArray[np.int8]
    threshold: NDArray[np.int32]

    def check(self, connectivity: Connectivity, name: str) -> None:
        """Raise `PluginError` if the arrays do not fit the connectivity; `name` is the layer's name in the message."""
        filters = (connectivity.n_banks, connectivity.features)
        shape = (connectivity.n_banks, connectivity.fan_in, connectivity.features)
        wrong = ""
        if self.weights.dtype != np.int8 or self.weights.shape != shape:
            wrong = f"weights are {self.weights.dtype} {self.weights.shape}, not int8 {shape}"
        elif not np.isin(self.weights, (-1, 0, 1)).all():
            wrong = "weights are not all −1, 0 or 1"
        elif self.threshold.dtype != np.int32 or self.threshold.shape != filters:
            wrong = f"thresholds are {self.threshold.dtype} {self.threshold.shape}, not int32 {filters}"
        elif np.abs(1 - self.threshold).max() > LEAK_LIMIT:
            wrong = f"thresholds reach from {self.threshold.min()} to {self.threshold.max()}, the chip has −254…256"
        if wrong:
            raise PluginError(f"layer {name}: {wrong}; correct its fixed_weights()")


class Layer(PluginOptions, ABC):
    """Layer plugin (group ``layers``) of binary neurons; its fields are its options.

    Attributes
    ----------
    off_chip
        True for a layer with real-valued inputs and weights that runs before the chip (transduction).
    permute
        Whether the network shuffles the channels of this layer's input map by a fixed random permutation, so that its
        groups mix the features of all groups of the layer before. A layer may have an option ``shuffle`` that
        turns it off.
    """

    off_chip: ClassVar[bool] = False
    permute: ClassVar[bool] = True

    @abstractmethod
    def connect(self, inputs: MapShape) -> Connectivity:
        """Return the inputs of each neuron, for an input map of this shape.

        Raises
        ------
        ScenarioError
            If the options do not suit the input map; the message gives the option and a suitable value.
        """

    def fixed_weights(self, inputs: MapShape) -> FixedWeights | None:  # noqa: ARG002
        """Return fixed weights, or None (the default) if training determines the weights.

        Only for layers on the chip. Trainers with `fixed_layers` keep the weights; others refuse the network.
        """
        return None


class Readout(PluginOptions, ABC):
    """Read-out plugin (group ``layers``): class of each output neuron."""

    @abstractmethod
    def assign(self, outputs: MapShape, n_classes: int) -> NDArray[np.int32]:
        """Return the class of each element of the last layer's output map.

        Returns
        -------
        int32 array (outputs.size,)
            Class number, or −1 for an output without a class.
        """
