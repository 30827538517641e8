"""From sound to patches of a time-frequency plane that a convolutional network sees as small pictures.

The features of Esser et al. 2016 are not known to us; these are neurosyn's own. Every 10 ms, the power of a 25 ms Hann
window in mel bands (librosa), in decibels, at a resolution of half a decibel, 8 bits. From these levels come three
channels: the level less its mean over the recording, which takes out loudness and the microphone; its slope over
9 frames (Δ); and the slope of that (ΔΔ). A patch is ``(time, band, channel)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANNELS", "FRAMES_PER_SECOND", "cut_windows", "derive_channels", "measure_levels", "warp_segments"]

FRAMES_PER_SECOND = 100
WINDOW_MS = 25
CHANNELS = 3
"""Level, Δ, ΔΔ."""

_LEVELS_PER_DB = 2
_LOWEST_DB = -100.0
_SLOPE_FRAMES = 9
_GAINS = (1.0, 6.0, 12.0)
"""8-bit steps for one level, one level per frame, and one level per frame²: each channel fills its 8 bits alike."""

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


def measure_levels(samples: F32, rate: int, *, bands: int, low: float, high: float) -> U8:
    """Return the levels of mel bands.

    Parameters
    ----------
    samples : float32 array (n,)
        Sound, −1 … 1.
    rate
        Samples a second, a multiple of 100.
    bands
        Number of bands.
    low, high
        Ends of the frequency range in Hz.

    Returns
    -------
    uint8 array (1 + n // hop, bands)
        Frame i is centred on i / 100 s; level 2·(dB + 100), where 0 dB is a power of 1 in a band.
    """
    import librosa

    power = librosa.feature.melspectrogram(
        y=samples,
        sr=rate,
        n_fft=1 << (rate * WINDOW_MS // 1000 - 1).bit_length(),
        win_length=rate * WINDOW_MS // 1000,
        hop_length=rate // FRAMES_PER_SECOND,
        n_mels=bands,
        fmin=low,
        fmax=high,
    )
    decibels = 10 * np.log10(np.maximum(power, 1e-30))
    return _to_bytes((decibels - _LOWEST_DB) * _LEVELS_PER_DB).T.copy()


def derive_channels(levels: U8) -> U8:
    """Return level, Δ and ΔΔ of one recording.

    Parameters
    ----------
    levels : uint8 array (frames, bands)

    Returns
    -------
    uint8 array (frames, bands, 3)
        128 is the mean of the recording, respectively no change.
    """
    from scipy.signal import savgol_filter

    # A recording shorter than the window is prolonged by its last frame.
    short = max(0, _SLOPE_FRAMES - len(levels))
    padded = np.pad(levels.astype(np.float32), ((0, short), (0, 0)), mode="edge")
    slopes = [savgol_filter(padded, _SLOPE_FRAMES, order, deriv=order, axis=0, mode="nearest") for order in (1, 2)]
    channels = [padded - levels.mean(axis=0, dtype=np.float64), *slopes]
    scaled = np.stack(channels, axis=-1)[: len(levels)] * np.array(_GAINS)
    return _to_bytes(scaled + 128)


def cut_windows(channels: U8, centres: NDArray[np.intp], width: int) -> U8:
    """Return the `width` frames round each centre; what lies outside of the recording repeats its edge.

    Parameters
    ----------
    channels : uint8 array (frames, bands, 3)
    centres : array (n,)
        Numbers of frames; a window reaches from ``centre − width // 2`` to ``centre + (width − 1) // 2``.

    Returns
    -------
    uint8 array (n, width, bands, 3)
    """
    frames = np.asarray(centres)[:, None] + np.arange(width) - width // 2
    return np.asarray(channels[np.clip(frames, 0, len(channels) - 1)])


def warp_segments(channels: U8, begin: F32, end: F32, *, inside: int, context: int) -> U8:
    """Return each segment stretched to one width, between frames of its surroundings.

    Parameters
    ----------
    channels : uint8 array (frames, bands, 3)
    begin, end : float32 arrays (n,)
        Ends of the segments, in frames.
    inside
        Points in the segment, evenly spaced.
    context
        Points before and after it, one frame apart.

    Returns
    -------
    uint8 array (n, context + inside + context, bands, 3)
        Interpolated between frames; what lies outside of the recording repeats its edge.
    """
    steps = (np.arange(inside, dtype=np.float32) + 0.5) / inside
    before = begin[:, None] - np.arange(context, 0, -1, dtype=np.float32)
    within = begin[:, None] + (end - begin)[:, None] * steps
    after = end[:, None] + np.arange(context, dtype=np.float32)
    at = np.clip(np.concatenate([before, within, after], axis=1), 0, len(channels) - 1)
    left = np.minimum(at.astype(np.intp), max(len(channels) - 2, 0))
    share = (at - left)[:, :, None, None]
    right = np.minimum(left + 1, len(channels) - 1)
    mixed = channels[left] * (1 - share) + channels[right] * share
    return _to_bytes(mixed)


def _to_bytes(values: NDArray[np.floating[Any]]) -> U8:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
