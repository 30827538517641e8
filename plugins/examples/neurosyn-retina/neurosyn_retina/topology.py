"""Topology ``retina``: a foveated layer, then convolutions."""

from neurosyn.plugins import Field, LayerSpec, MapShape, ScenarioError, Topology


class Retina(Topology):
    """Transduction, a foveated layer that halves the map, two convolutions that do so again, a read-out."""

    features: int = Field(32, ge=8, le=256, multiple_of=8, description="features of the foveated layer")

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:
        """Return the layers from first to last."""
        if min(inputs.height, inputs.width) < 8:
            raise ScenarioError(f"retina: needs images of at least 8×8, these are {inputs}; use larger ones")
        return [
            {"kind": "transduction", "features": 12},
            {"kind": "fovea", "features": self.features},
            {"kind": "conv2d", "features": 2 * self.features, "kernel": 2, "stride": 2, "groups": 2},
            {"kind": "conv2d", "features": 4 * n_classes, "kernel": 2, "stride": 2, "groups": 4},
            {"kind": "readout"},
        ]
