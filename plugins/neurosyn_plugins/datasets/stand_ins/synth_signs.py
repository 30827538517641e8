"""SynthSigns: drawn traffic signs, the stand-in where the German benchmark is absent.

The 43 classes of the benchmark, each in 16 makers' styles for training and 8 others for the test, seen from anywhere in
any light. The classes come in equal parts, which the benchmark's do not.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.drawing.photo import Pose, draw_poses, look_at, photograph
from neurosyn_plugins.datasets.drawing.signs.art import sign_plates
from neurosyn_plugins.datasets.labels.signs import SIGN_CLASSES
from neurosyn_plugins.datasets.stand_ins.drawn_images import DrawnImages

__all__ = ["SynthSigns"]

_POSE = Pose(size=(0.68, 1.05), angle=6.0, tilt=0.12, stretch=0.08, shift=0.14)


class SynthSigns(DrawnImages):
    """Drawn traffic signs, 32 x 32 RGB, the 43 classes of the German benchmark in equal parts."""

    GENERATOR: ClassVar[str] = "synth_signs"
    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "SynthSigns (stand-in for GTSRB)"

    def classes(self) -> tuple[str, ...]:
        """Return the benchmark's class names."""
        return SIGN_CLASSES

    def draw(self, side: SplitName, labels: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw one sign per label, in styles of `side`."""
        plates = sign_plates(side)
        styles = rng.integers(0, len(plates[0]), len(labels))
        art, cover = look_at(
            [plates[label][style] for label, style in zip(labels, styles, strict=True)],
            draw_poses(len(labels), _POSE, rng),
        )
        return photograph(art, cover, rng, haze=(0.35, 1.0))
