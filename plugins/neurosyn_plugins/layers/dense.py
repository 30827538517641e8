"""Layers ``dense`` and ``dense_transduction``: neurons that see the whole map, or an equal share of a large one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from neurosyn.plugins import Connectivity, Layer, MapShape, ScenarioError

__all__ = ["Dense", "DenseTransduction"]


class Dense(Layer):
    """Full connections within blocks of the input map.

    A core has axons for 128 inputs. A map of no more than `fan_in` elements is one block, and every feature sees all
    of it. A larger one is dealt out to as few blocks as will do, element i to block i mod B, so that each block holds a
    coarse view of the whole map; the features are divided evenly among the blocks. As the channels are shuffled
    between layers, the blocks of the next layer mix those of this one.
    """

    features: int = Field(ge=1, le=1 << 20, description="neurons of all blocks together; a multiple of their number")
    fan_in: int = Field(default=128, ge=1, le=1 << 16, description="most inputs of a neuron; a core takes 128")
    shuffle: bool = Field(
        default=True,
        description="shuffle the channels of the input map by the seed, behind another layer; mixes blocks",
    )

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees."""
        return _deal(inputs, self.features, self.fan_in)


class DenseTransduction(Layer):
    """Real-valued weights over the whole encoded image before the chip, followed by the same binary neuron."""

    off_chip: ClassVar[bool] = True
    permute: ClassVar[bool] = False

    features: int = Field(default=128, ge=1, le=1 << 16, description="number of neurons: the chip's input spikes")

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees."""
        return _deal(inputs, self.features, inputs.size)


def _deal(inputs: MapShape, features: int, fan_in: int) -> Connectivity:
    blocks = -(-inputs.size // fan_in)
    if features % blocks:
        enough = -(-features // blocks) * blocks
        raise ScenarioError(
            f"features = {features}: cannot be divided among {blocks} blocks of at most {fan_in} of "
            f"{inputs.size} inputs; choose a multiple of {blocks}, such as {enough}"
        )
    largest = -(-inputs.size // blocks)
    dealt = np.arange(largest * blocks, dtype=np.int32).reshape(largest, blocks).T
    return Connectivity(
        output=MapShape(1, 1, features),
        inputs=np.where(dealt < inputs.size, dealt, -1).astype(np.int32),
        outputs=np.arange(features, dtype=np.int32).reshape(blocks, -1),
        banks=np.arange(blocks, dtype=np.int32),
        grid=(blocks, 1, 1),
    )
