"""Contract of layers."""

from __future__ import annotations

from neurosyn.network.layer import CORE_INPUTS, Connectivity, FixedWeights, Layer, MapShape, Readout

__all__ = ["CORE_INPUTS", "Connectivity", "FixedWeights", "Layer", "MapShape", "Readout"]
