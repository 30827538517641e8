"""Topology ``layers``: the list that the scenario writes out."""

from __future__ import annotations

from pydantic import Field

from neurosyn.plugins import LayerSpec, MapShape, Topology

__all__ = ["WrittenLayers"]


class WrittenLayers(Topology):
    """Layers as ``[[network.layers]]`` tables of the scenario, from first to last, the read-out at the end."""

    written: list[LayerSpec] = Field(
        alias="layers", min_length=2, description="one table a layer: `kind`, optionally `name`, and its options"
    )

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:  # noqa: ARG002
        """Return the layers from first to last."""
        return [dict(spec) for spec in self.written]
