"""Topologies ``eedn_one_chip``, ``eedn_chips`` and ``eedn_tiny`` after Esser et al. 2016.

Layer types, written type-features (groups): S 3×3 stride 1 · N 1×1 · P 2×2 stride 2 (learned pooling) · P4 4×4
stride 2.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field

from neurosyn.plugins import CORE_INPUTS, LayerSpec, MapShape, ScenarioError, Topology

__all__ = ["ONE_CHIP", "EednChips", "EednOneChip", "EednTiny"]

_WINDOWS = {
    "S": {"kernel": 3, "stride": 1, "padding": 1},
    "N": {"kernel": 1, "stride": 1, "padding": 0},
    "P": {"kernel": 2, "stride": 2, "padding": 0},
    "P4": {"kernel": 4, "stride": 2, "padding": 1},
}

_Layer = tuple[str, int, int]
"""Type, features and groups of a layer."""

_STAGES: tuple[tuple[tuple[_Layer, ...], _Layer], ...] = (
    ((("P4", 252, 2),), ("N", 256, 2)),
    ((("P", 256, 8), ("S", 512, 32)), ("N", 512, 4)),
    ((("P", 512, 16), ("S", 1024, 64)), ("N", 1024, 8)),
    ((("P", 1024, 32),), ("N", 1024, 8)),
)
"""The layers that begin each size of the map, and the N layer that may follow several times."""
_LAST: _Layer = ("N", 2040, 8)
_DEPTH = (1, 3, 1, 2)
_FILTERS = 12

ONE_CHIP: tuple[_Layer, ...] = (
    *(layer for (first, more), n in zip(_STAGES, _DEPTH, strict=True) for layer in (*first, *(more,) * n)),
    _LAST,
)
"""The one-chip network's layers 2 to 15. [V]: with its splitters it takes 4,042 cores."""

_More = Annotated[int, Field(ge=0, le=100)]
_Depth = Annotated[
    tuple[Annotated[int, Field(ge=1, le=100)], _More, _More, _More],
    Field(description="N layers at each of the four sizes of the map, 16, 8, 4 and 2 pixels wide for 32×32 images"),
]
_Filters = Annotated[
    int | None,
    Field(
        ge=0,
        le=1 << 12,
        description="filters of the transduction before the chip, 12 × width if absent; 0: the encoder gives spikes",
    ),
]


def _check_width(width: float) -> float:
    if width not in (0.125, 0.25, 0.5) and width % 1:
        raise ValueError("should be a whole number, 0.5, 0.25 or 0.125")
    return width


_Width = Annotated[float, Field(ge=0.125, le=16), AfterValidator(_check_width)]


def _convolution(kind: str, features: int, groups: int) -> LayerSpec:
    return {"kind": "conv2d", "features": features, "groups": groups, **_WINDOWS[kind]}


class EednOneChip(Topology):
    """The network of 15 layers that fills one chip: 4,042 cores for 32×32 images, 3,236 for 30×30.

    `width` multiplies features, groups and transduction filters alike, so that a neuron keeps its number of inputs
    and the cores multiply; parts of groups are rounded up to one. `depth` repeats the 1×1 layers.
    """

    width: _Width = Field(default=1.0, description="multiple of the features: 0.125, 0.25, 0.5, 1, 2, 3, … 16")
    depth: _Depth = _DEPTH
    transduction: _Filters = None

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:  # noqa: ARG002
        """Return the layers from first to last."""
        return _eedn("eedn_one_chip", self.width, self.depth, self.transduction, inputs)


class EednChips(Topology):
    """The one-chip network made to fill a part of a chip or several chips, by a rule of our own.

    The layer lists of the paper's networks on several chips are not published; it states that its 8-chip network has
    twice the features of its 4-chip one. So here features, groups and transduction filters are those of the one-chip
    network times `chips`. The board grows by itself unless the scenario sets `chip.chips`.
    """

    chips: _Width = Field(default=2.0, description="chips to fill: 0.125, 0.25, 0.5, 1, 2, 3, … 16")
    depth: _Depth = _DEPTH
    transduction: _Filters = None

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:  # noqa: ARG002
        """Return the layers from first to last."""
        return _eedn("eedn_chips", self.chips, self.depth, self.transduction, inputs)


def _eedn(name: str, width: float, depth: tuple[int, ...], filters: int | None, inputs: MapShape) -> list[LayerSpec]:
    if min(inputs.height, inputs.width) < 16:
        raise ScenarioError(
            f"network: {name} halves the map four times and needs at least 16×16, the images are "
            f"{inputs.height}×{inputs.width}; use larger images or eedn_tiny"
        )
    times, parts = Fraction(width).as_integer_ratio()
    specs: list[LayerSpec] = []
    channels = inputs.channels
    if filters != 0:
        channels = filters or max(1, _FILTERS * times // parts)
        specs.append({"kind": "transduction", "features": channels})
    for (first, more), repeated in zip(_STAGES, depth, strict=True):
        for kind, features, groups in (*first, *(more,) * repeated):
            features, groups = features * times // parts, max(1, groups * times // parts)
            if kind == "P4":
                groups = _entrance_groups(name, channels, features, groups)
            specs.append(_convolution(kind, features, groups))
    kind, features, groups = _LAST
    specs.append(_convolution(kind, features * times // parts, max(1, groups * times // parts)))
    return [*specs, {"kind": "readout"}]


def _entrance_groups(name: str, channels: int, features: int, groups: int) -> int:
    """Return the groups of the first layer on the chip: as planned, or the fewest with which its inputs fit a core."""
    window = _WINDOWS["P4"]["kernel"] ** 2
    candidates: list[int] = [groups, *range(1, channels + 1)]
    for number in candidates:
        if not channels % number and not features % number and channels // number * window <= CORE_INPUTS:
            return number
    raise ScenarioError(
        f"network: {name}: {channels} input channels cannot be divided into groups of at most {CORE_INPUTS // window} "
        f"that also divide {features} features; choose another number of channels (`transduction`, or the encoder's)"
    )


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
