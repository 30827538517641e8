"""Conformance check of encoders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.data.encoder import Encoder
from neurosyn.errors import ScenarioError
from neurosyn.testing.conformance.problems import Problems

__all__ = ["check_encoder"]

IMAGES = ((12, 12, 3), (9, 16, 1))
"""Shapes of the images of the check: height, width, channels."""


def check_encoder(plugin: type[Encoder] | Encoder, options: dict[str, Any] | None = None) -> None:
    """Check an encoder: shape, type and range; independence of images; equal values in repeated calls.

    Parameters
    ----------
    plugin
        The class, or an instance with options.
    options
        Options for the class; ignored for an instance.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("encoders", plugin)
    encoder = problems.instance(plugin, Encoder, options)  # type: ignore[type-abstract]
    if encoder is not None:
        refusals = []
        with problems.watching(encoder):
            for shape in IMAGES:
                with problems.blaming(f"encode() of {shape[0]}×{shape[1]}×{shape[2]} images"):
                    try:
                        _check_images(problems, encoder, _images(shape))
                    except ScenarioError as refusal:
                        refusals.append(str(refusal))
        if len(refusals) == len(IMAGES):
            problems.add("encode()", f"refuses all images of the check ({refusals[0]}); give suitable options")
    problems.raise_if_any()


def _images(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return images of noise, and special ones: black, white, uniform grey, one bright pixel."""
    images = np.random.default_rng(0).integers(0, 256, (8, *shape), dtype=np.uint8)
    images[0], images[1], images[2] = 0, 255, 100
    images[3] = 0
    images[3, 0, 0] = 255
    images.flags.writeable = False
    return images


def _check_images(problems: Problems, encoder: Encoder, images: NDArray[np.uint8]) -> None:
    height, width, channels = images.shape[1:]
    where = f"encode() of {height}×{width}×{channels} images"
    ticks = encoder.ticks_of((height, width, channels))
    shape = tuple(encoder.shape((height, width, channels)))
    encoded = encoder.encode(images)
    expected = (len(images) * ticks, *shape)
    if not isinstance(encoded, np.ndarray) or encoded.dtype != np.float32 or encoded.shape != expected:
        returned = f"{encoded.dtype} {encoded.shape}" if isinstance(encoded, np.ndarray) else type(encoded).__name__
        problems.add(where, f"returns {returned}; return float32 {expected}, as shape() gives")
        return
    if not np.isfinite(encoded).all():
        problems.add(where, "gives values that are not finite; check black, white and uniform images")
    if encoder.binary and not np.isin(encoded, (0, 1)).all():
        problems.add(where, "gives values other than 0 and 1, but `binary` is True; correct one of them")
    if not np.array_equal(encoded, encoder.encode(images), equal_nan=True):
        problems.add(where, "gives other values in a second call; use no random numbers without a fixed seed")
        return
    alone = np.concatenate([encoder.encode(images[n : n + 1]) for n in range(len(images))])
    backwards = encoder.encode(images[::-1]).reshape(len(images), ticks, *shape)[::-1].reshape(expected)
    if not np.array_equal(encoded, alone, equal_nan=True) or not np.array_equal(encoded, backwards, equal_nan=True):
        problems.add(where, "the values of an image depend on the other images; encode each by itself")
    if encoder.encode(images[:0]).shape != (0, *shape):
        problems.add(where, f"an empty array gives the shape {encoder.encode(images[:0]).shape}; return {(0, *shape)}")
