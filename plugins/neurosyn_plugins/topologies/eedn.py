"""Topologies ``eedn_one_chip`` and ``eedn_tiny`` after Esser et al. 2016.

Layer types, written type-features (groups): S 3×3 stride 1 · N 1×1 · P 2×2 stride 2 (learned pooling) · P4 4×4
stride 2.
"""

from __future__ import annotations

from neurosyn.errors import ScenarioError
from neurosyn.network.layer import MapShape
from neurosyn.network.topology import LayerSpec, Topology

__all__ = ["ONE_CHIP", "EednOneChip", "EednTiny"]

_WINDOWS = {
    "S": {"kernel": 3, "stride": 1, "padding": 1},
    "N": {"kernel": 1, "stride": 1, "padding": 0},
    "P": {"kernel": 2, "stride": 2, "padding": 0},
    "P4": {"kernel": 4, "stride": 2, "padding": 1},
}

ONE_CHIP = (
    ("P4", 252, 2),
    ("N", 256, 2),
    ("P", 256, 8),
    ("S", 512, 32),
    ("N", 512, 4),
    ("N", 512, 4),
    ("N", 512, 4),
    ("P", 512, 16),
    ("S", 1024, 64),
    ("N", 1024, 8),
    ("P", 1024, 32),
    ("N", 1024, 8),
    ("N", 1024, 8),
    ("N", 2040, 8),
)
"""Type, features and groups of the one-chip network's layers 2 to 15. [V]: with its splitters it takes 4,042 cores."""


def _convolution(kind: str, features: int, groups: int) -> LayerSpec:
    return {"kind": "conv2d", "features": features, "groups": groups, **_WINDOWS[kind]}


class EednOneChip(Topology):
    """The network of 15 layers that fills one chip: 4,042 cores for 32×32 images, 3,236 for 30×30."""

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:  # noqa: ARG002
        """Return the layers from first to last."""
        if min(inputs.height, inputs.width) < 16:
            raise ScenarioError(
                f"network: eedn_one_chip halves the map four times and needs at least 16×16, the images are "
                f"{inputs.height}×{inputs.width}; use larger images or eedn_tiny"
            )
        convolutions = [_convolution(*layer) for layer in ONE_CHIP]
        return [{"kind": "transduction", "features": 12}, *convolutions, {"kind": "readout"}]


class EednTiny(Topology):
    """A network of some 40 cores that trains in seconds, for tests and first steps.

    The transduction layer shrinks the image to 8×8, so that the number of cores hardly depends on its size.
    """

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:  # noqa: ARG002
        """Return the layers from first to last."""
        side = min(inputs.height, inputs.width)
        if side < 8:
            raise ScenarioError(
                f"network: eedn_tiny needs images of at least 8×8, these are {inputs.height}×{inputs.width}; "
                "use larger images or write the layers out"
            )
        stride = side // 8
        return [
            {"kind": "transduction", "features": 8, "kernel": stride + 2, "stride": stride, "padding": 1},
            _convolution("P4", 64, 1),
            _convolution("P", 128, 2),
            _convolution("N", 240, 1),
            {"kind": "readout"},
        ]
