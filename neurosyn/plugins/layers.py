"""Contract of layers."""

from __future__ import annotations

from neurosyn.network.layer import Connectivity, FixedWeights, Layer, MapShape, Readout

__all__ = ["Connectivity", "FixedWeights", "Layer", "MapShape", "Readout"]
