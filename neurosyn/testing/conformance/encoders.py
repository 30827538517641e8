"""Whether encoders keep their contract."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.data.encoder import Encoder
from neurosyn.errors import ScenarioError
from neurosyn.testing.conformance.problems import Findings

__all__ = ["check_encoder"]

IMAGES = ((12, 12, 3), (9, 16, 1))
"""Shapes of the images that an encoder is tried on."""


def check_encoder(plugin: type[Encoder] | Encoder, options: dict[str, Any] | None = None) -> None:
    """Check an encoder: shape, type and range, each image by itself, the same every time.

    Parameters
    ----------
    plugin
        The class, or an instance with the options to check it with.
    options
        Options for a class.

    Raises
    ------
    ConformanceError
        With everything that does not conform, a sentence each.
    """
    found = Findings("encoders", plugin)
    encoder = found.instance(plugin, Encoder, options)  # type: ignore[type-abstract]
    if encoder is not None:
        refusals = []
        for shape in IMAGES:
            with found.blaming(f"encode() of {shape[0]}×{shape[1]}×{shape[2]} images"):
                try:
                    _check_images(found, encoder, _images(shape))
                except ScenarioError as refusal:
                    refusals.append(str(refusal))
        if len(refusals) == len(IMAGES):
            found.add("encode()", f"refuses all images it was tried on ({refusals[0]}); give options that suit")
    found.raise_if_any()


def _images(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return noise, and what is hard: black, white, one grey, one bright pixel."""
    images = np.random.default_rng(0).integers(0, 256, (8, *shape), dtype=np.uint8)
    images[0], images[1], images[2] = 0, 255, 100
    images[3] = 0
    images[3, 0, 0] = 255
    images.flags.writeable = False
    return images


def _check_images(found: Findings, encoder: Encoder, images: NDArray[np.uint8]) -> None:
    height, width, channels = images.shape[1:]
    where = f"encode() of {height}×{width}×{channels} images"
    ticks = encoder.ticks_per_frame
    shape = tuple(encoder.shape((height, width, channels)))
    encoded = encoder.encode(images)
    wanted = (len(images) * ticks, *shape)
    if not isinstance(encoded, np.ndarray) or encoded.dtype != np.float32 or encoded.shape != wanted:
        what = f"{encoded.dtype} {encoded.shape}" if isinstance(encoded, np.ndarray) else type(encoded).__name__
        found.add(where, f"returns {what}; return float32 {wanted}, as shape() says")
        return
    if not np.isfinite(encoded).all():
        found.add(where, "gives values that are no numbers; keep black, white and flat images finite")
    if encoder.binary and not np.isin(encoded, (0, 1)).all():
        found.add(where, "gives other values than 0 and 1, and says that it is binary; do one or the other")
    if not np.array_equal(encoded, encoder.encode(images), equal_nan=True):
        found.add(where, "gives other values the second time; draw nothing without a seed of its own")
        return
    alone = np.concatenate([encoder.encode(images[n : n + 1]) for n in range(len(images))])
    backwards = encoder.encode(images[::-1]).reshape(len(images), ticks, *shape)[::-1].reshape(wanted)
    if not np.array_equal(encoded, alone, equal_nan=True) or not np.array_equal(encoded, backwards, equal_nan=True):
        found.add(where, "an image's values depend on the images beside it; encode each by itself")
    if encoder.encode(images[:0]).shape != (0, *shape):
        found.add(where, f"no images become {encoder.encode(images[:0]).shape}; let them become (0, {shape})")
