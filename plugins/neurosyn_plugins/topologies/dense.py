"""Topology ``dense``: fully connected layers, in blocks where a layer is larger than a core takes."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from neurosyn.plugins import CORE_INPUTS, LayerSpec, MapShape, Topology

__all__ = ["Dense"]


class Dense(Topology):
    """A matrix of real weights before the chip, then layers of trinary ones in which every neuron sees all it can.

    That is all neurons of the layer before if they are at most 128. More are dealt out to blocks of at most 128, each
    with its share of the layer's neurons (layer ``dense``); numbers of neurons are rounded up to a multiple of the
    blocks.
    """

    inputs: int = Field(
        default=128,
        ge=0,
        le=1 << 16,
        description="filters before the chip, each over all values of the input; 0 if the encoder gives spikes",
    )
    hidden: tuple[Annotated[int, Field(ge=1, le=1 << 20)], ...] = Field(
        default=(128,), description="neurons of the layers between, from first to last"
    )
    outputs: int = Field(default=240, ge=1, le=1 << 16, description="neurons of the last layer, at least one a class")

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:
        """Return the layers from first to last."""
        specs: list[LayerSpec] = []
        width = inputs.size
        if self.inputs:
            specs.append({"kind": "dense_transduction", "features": self.inputs})
            width = self.inputs
        for features in self.hidden:
            blocks = -(-width // CORE_INPUTS)
            width = -(-features // blocks) * blocks
            specs.append({"kind": "dense", "features": width})
        # So that no class has more neurons than another.
        unit = math.lcm(n_classes, -(-width // CORE_INPUTS))
        specs.append({"kind": "dense", "features": max(self.outputs // unit, 1) * unit})
        return [*specs, {"kind": "readout"}]
