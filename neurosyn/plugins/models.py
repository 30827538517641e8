"""Networks before training, and models after it."""

from __future__ import annotations

from neurosyn.model.model import NORMALISATION_EPSILON, LayerParameters, Model, Normalisation
from neurosyn.network.network import BoundLayer, Network

__all__ = ["NORMALISATION_EPSILON", "BoundLayer", "LayerParameters", "Model", "Network", "Normalisation"]
