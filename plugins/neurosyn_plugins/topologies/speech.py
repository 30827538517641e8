"""Topology ``eedn_speech``: the layers of the one-chip network of Esser et al. 2016 on a time-frequency plane.

The paper does not list its networks for speech. On planes of 16×32 and 20×32 (time × bands), which pool with floors,
the one-chip network's own layers take 1,952 and 2,414 cores, close to the paper's 1,943 and 2,476 for TIMIT's phones
and frames; with half of its features and without the three 1×1 layers in its middle it takes 421 on 16×16, where the
paper's network for voice activity has 423. That they are the paper's networks is a guess. [A]
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurosyn.plugins import LayerSpec, MapShape, ScenarioError, Topology
from neurosyn_plugins.topologies.eedn import EednOneChip

__all__ = ["EednSpeech"]


class EednSpeech(Topology):
    """The one-chip network's layers, at full or half width, on a plane of time and frequency."""

    width: Literal["full", "half"] = Field(
        "full", description="features and groups of each layer: the one-chip network's, or half of them"
    )
    mixing: int = Field(3, ge=0, le=16, description="1×1 layers in the middle; three in the one-chip network")

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:
        """Return the layers from first to last.

        Raises
        ------
        ScenarioError
            If the plane is too small to be halved four times.
        """
        if min(inputs.height, inputs.width) < 16:
            raise ScenarioError(
                f"network: eedn_speech halves the plane four times and needs at least 16×16, it is "
                f"{inputs.height}×{inputs.width}; use longer patches or more bands"
            )
        # A core of the first layer takes 128 inputs: 4×4 windows of 6 filters in each of two groups, or 8 in one.
        width, filters = (1.0, 12) if self.width == "full" else (0.5, 8)
        return EednOneChip(width=width, depth=(1, self.mixing, 1, 2), transduction=filters).layers(inputs, n_classes)
