"""Topology ``reservoir``: a recurrent network of fixed random weights, unrolled in depth, behind a trained read-out."""

from __future__ import annotations

import math

from pydantic import Field

from neurosyn.plugins import CORE_INPUTS, LayerSpec, MapShape, ScenarioError, Topology
from neurosyn_plugins.layers.reservoir import BLOCK

__all__ = ["Reservoir"]

_MOST_STEPS = 64


class Reservoir(Topology):
    """Reads the image from top to bottom, or a sound from beginning to end, some rows a step; only the read-out learns.

    Layer k is step k of one recurrent network, all steps with the same random weights (layer ``reservoir``): unrolled
    in depth, since a layer on the chip sees the layer before and nothing else. So a step costs cores and a tick, and
    the state does not live on from frame to frame. Rows still to be read wait in relays. Train it with ``ridge`` or
    ``logistic``, which leave the random weights alone.
    """

    neurons: int = Field(
        default=1024,
        ge=BLOCK,
        le=1 << 16,
        multiple_of=BLOCK,
        description=f"neurons of the state, a multiple of {BLOCK}",
    )
    filters: int = Field(
        default=8, ge=0, le=1 << 12, description="random filters before the chip; 0 if the encoder gives spikes"
    )
    stride: int | None = Field(
        default=None, ge=1, le=64, description="step of these filters; if absent, such that 8 rows or columns are left"
    )
    rows: int = Field(default=1, ge=1, le=1 << 12, description="rows of the map read in one step")
    drive: int = Field(default=12, ge=1, le=64, description="synapses of a neuron to what is read")
    recurrence: int = Field(default=2, ge=0, le=64, description="synapses of a neuron to the state before")
    memory: float = Field(
        default=0.6, ge=0, le=1, description="share of neurons that do nothing but repeat one of the state before"
    )
    seed: int = Field(default=0, ge=0, lt=1 << 63, description="of the random weights on the chip")
    outputs: int = Field(default=480, ge=1, le=1 << 16, description="neurons of the read-out, at least one a class")

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:
        """Return the layers from first to last.

        Raises
        ------
        ScenarioError
            If the image takes too many steps.
        """
        specs: list[LayerSpec] = []
        height, row = inputs.height, inputs.width * inputs.channels
        if self.filters:
            stride = self.stride or max(1, min(inputs.height, inputs.width) // 8)
            if min(inputs.height, inputs.width) < stride:
                raise ScenarioError(
                    f"network: stride = {stride}: leaves nothing of {inputs.height}×{inputs.width}; choose a smaller "
                    "one"
                )
            height, row = inputs.height // stride, inputs.width // stride * self.filters
            window = {"kernel": stride + 2, "stride": stride, "padding": 1}
            specs.append({"kind": "transduction", "features": self.filters, **window})
        steps = -(-height // self.rows)
        if steps > _MOST_STEPS:
            raise ScenarioError(
                f"network: {height} rows, {self.rows} at a time, take {steps} steps, at most {_MOST_STEPS} are "
                f"unrolled; read rows = {-(-height // _MOST_STEPS)} or more at a time"
            )
        random = self.model_dump(include={"neurons", "drive", "recurrence", "memory", "seed"})
        for step in range(steps):
            waits = max(height - (step + 1) * self.rows, 0) * row
            reads = min(self.rows, height) * row
            specs.append({"kind": "reservoir", "state": step > 0, "reads": reads, "waits": waits, **random})
        # So that no class has more neurons than another.
        unit = math.lcm(n_classes, -(-self.neurons // CORE_INPUTS))
        specs.append({"kind": "dense", "features": max(self.outputs // unit, 1) * unit})
        return [*specs, {"kind": "readout"}]
