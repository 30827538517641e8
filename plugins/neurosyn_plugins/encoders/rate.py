"""Encoder ``rate``: the brighter, the more ticks of a frame with a spike."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import MOST_TICKS, Encoder

__all__ = ["Rate"]

_HIGHEST = 255
"""The largest 8-bit level: a spike at every tick."""


class Rate(Encoder):
    """A frame takes several ticks, in which a level v sends about v/255 of all possible spikes.

    ``even`` spaces them as evenly as ticks allow, ⌊T·v/255 + ½⌋ spikes in T ticks. ``bernoulli`` draws every tick
    by itself with the probability v/255; the draws follow from `seed` and the image, so that the same image
    always sends the same spikes.
    """

    binary: ClassVar[bool] = True

    ticks: int = Field(default=8, ge=1, le=MOST_TICKS, description="T, ticks that a frame takes")
    spacing: Literal["even", "bernoulli"] = Field(
        default="even", description="spikes at even distances, or drawn at random"
    )
    seed: int = Field(default=0, ge=0, lt=1 << 63, description="of bernoulli's draws")

    def unused(self) -> dict[str, str]:
        """Return `seed` if nothing is drawn."""
        return dict.fromkeys(self.changed("seed"), "spacing even draws nothing") if self.spacing == "even" else {}

    @property
    def ticks_per_frame(self) -> int:
        """Ticks during which one image enters the chip."""
        return self.ticks

    def encode(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images; each depends on itself alone."""
        spikes = np.empty((len(images), self.ticks, *images.shape[1:]), np.float32)
        for image, trains in zip(images, spikes, strict=True):
            trains[...] = self._space(image) if self.spacing == "even" else self._draw(image)
        return spikes.reshape(-1, *self.shape(images.shape[1:]))

    def _space(self, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return a spike wherever t·v/255 + ½ passes a whole number in the course of a tick."""
        edges = np.arange(self.ticks + 1)[:, None, None, None]
        sent = (2 * edges * image + _HIGHEST) // (2 * _HIGHEST)
        return np.asarray(sent[1:] > sent[:-1])

    def _draw(self, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
        digest = hashlib.blake2b(image.tobytes(), digest_size=8).digest()
        # The raw words of a bit generator are the same in every release of NumPy.
        source = np.random.Philox(key=[self.seed, int.from_bytes(digest, "little")])
        needed = self.ticks * image.size
        words = source.random_raw(-(-needed // 4)).astype("<u8", copy=False)
        drawn = words.view("<u2")[:needed].reshape(self.ticks, *image.shape)
        return np.asarray(drawn.astype(np.uint32) * _HIGHEST < image.astype(np.uint32) << 16)
