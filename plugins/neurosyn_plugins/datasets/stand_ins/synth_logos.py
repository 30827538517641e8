"""SynthLogos: drawn brand marks, the stand-in where FlickrLogos-32 is absent.

The marks of 32 firms that do not exist, printed in a dozen ways for training and six others for the test, seen from
anywhere in any light; and, if asked for, pictures without any as class 33.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import SplitName
from neurosyn_plugins.datasets.drawing.logo_marks import MARKS, blank_plates, mark_plates
from neurosyn_plugins.datasets.drawing.photo import Pose, draw_poses, look_at, photograph
from neurosyn_plugins.datasets.drawing.scene import SIDE
from neurosyn_plugins.datasets.stand_ins.drawn_images import DrawnImages

__all__ = ["SynthLogos"]

_POSE = Pose(size=(0.6, 1.1), angle=10.0, tilt=0.18, stretch=0.12, shift=0.16)


class SynthLogos(DrawnImages):
    """Drawn brand marks, RGB, 32 classes in equal parts, or 33 with pictures that have none."""

    GENERATOR: ClassVar[str] = "synth_logos"
    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "SynthLogos (stand-in for LOGO32)"

    size: int = Field(default=32, ge=16, le=32, multiple_of=2, description="height and width; below 32 a middle part")
    no_logo: bool = Field(default=False, description="whether pictures without a mark are class 33")
    train_size: int = Field(default=32_000, ge=100, le=1_000_000, description="number of training images to draw")

    def side(self) -> int:
        """Return the height and width of an image in pixels."""
        return self.size

    def variant(self) -> str:
        """Return the number of classes and the size."""
        return f"{len(self.classes())}-{self.size}px"

    def classes(self) -> tuple[str, ...]:
        """Return the firms' names, and "no logo" if it is a class."""
        names = tuple(mark.name for mark in MARKS)
        return (*names, "no logo") if self.no_logo else names

    def draw(self, side: SplitName, labels: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw one mark per label, in prints of `side`."""
        plates, blanks = mark_plates(side), blank_plates(side)
        which = rng.integers(0, len(plates[0]) * len(blanks), len(labels))
        shown = [
            blanks[k % len(blanks)] if label == len(plates) else plates[label][k % len(plates[label])]
            for label, k in zip(labels, which, strict=True)
        ]
        art, cover = look_at(shown, draw_poses(len(labels), _POSE, rng))
        # Half of the pictures without a mark have not even a plate.
        bare = (labels == len(plates)) & (rng.random(len(labels)) < 0.5)
        images = photograph(art, cover * ~bare[:, None, None], rng, haze=(0.4, 1.0))
        margin = (SIDE - self.size) // 2
        return np.ascontiguousarray(images[:, margin : margin + self.size, margin : margin + self.size])
