"""Kinds of synthetic noise, each a function of a number of samples, their rate, and a source of randomness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import SplitName

__all__ = ["KINDS", "VERSION", "Noise"]

VERSION = 1
"""Counts changes that alter the noises, so that caches of older ones are not used."""

Sound = NDArray[np.floating[Any]]
Noise = Callable[[int, int, np.random.Generator], Sound]


def _unit(sound: Sound) -> Sound:
    """Return sound of standard deviation 1."""
    return np.asarray(sound / max(float(sound.std()), 1e-12))


def _shaped(count: int, rate: int, rng: np.random.Generator, gain: Callable[[Sound], Sound]) -> Sound:
    """Return Gaussian noise whose spectrum has the amplitudes ``gain(frequency in Hz)``."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    return np.fft.irfft(spectrum * gain(np.fft.rfftfreq(count, 1 / rate)), count)


def _swell(count: int, rate: int, rng: np.random.Generator, low: float, high: float) -> Sound:
    """Return a positive envelope whose strength changes at rates from `low` to `high` Hz."""
    slow = _shaped(count, rate, rng, lambda frequency: ((frequency >= low) & (frequency <= high)) * 1.0)
    return np.asarray(np.exp(0.7 * _unit(slow)))


def _harmonics(pitch: Sound, rate: int, rng: np.random.Generator, partials: int) -> Sound:
    """Return partials of a pitch in Hz that changes, each weaker than the one before."""
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    weights = rng.uniform(0.3, 1.0, partials) / np.arange(1, partials + 1) ** 0.7
    offsets = rng.uniform(0, 2 * np.pi, partials)
    tones = [weight * np.sin(n * phase + o) for n, (weight, o) in enumerate(zip(weights, offsets, strict=True), 1)]
    return np.asarray(np.sum(tones, axis=0))


def _impulses(count: int, rate: int, rng: np.random.Generator, per_second: float, decay_ms: float) -> Sound:
    """Return clicks at random times that ring out as noise."""
    from scipy.signal import lfilter

    hits = rng.random(count) < per_second / rate
    envelope = lfilter([1.0], [1.0, -np.exp(-1000 / (rate * decay_ms))], hits * rng.exponential(size=count))
    return np.asarray(envelope) * rng.normal(size=count)


def white(count: int, rate: int, rng: np.random.Generator) -> Sound:  # noqa: ARG001
    """Equal power at all frequencies."""
    return rng.normal(size=count)


def brown(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Power falling with the square of frequency, as in a car."""
    return _shaped(count, rate, rng, lambda frequency: 1 / np.maximum(frequency, 20))


def pink(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Power falling with frequency."""
    return _shaped(count, rate, rng, lambda frequency: np.maximum(frequency, 20) ** -0.5)


def hum(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Partials of a steady tone between 50 and 240 Hz, and a little hiss."""
    tone = _harmonics(np.full(count, rng.uniform(50, 240)), rate, rng, 12)
    return _unit(tone) + 0.2 * rng.normal(size=count)


def engine(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Many partials of a low pitch that wanders, and pink noise."""
    pitch = rng.uniform(25, 70) * _swell(count, rate, rng, 0.2, 1.5) ** 0.3
    tone = _harmonics(pitch, rate, rng, 30)
    background = pink(count, rate, rng)
    return _unit(tone) + 0.6 * _unit(background)


def clatter(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """A few knocks a second over weak noise."""
    knocks = _impulses(count, rate, rng, rng.uniform(3, 12), rng.uniform(5, 40))
    return _unit(knocks) + 0.25 * rng.normal(size=count)


def rain(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Hundreds of short drops a second."""
    return _impulses(count, rate, rng, rng.uniform(200, 900), rng.uniform(0.5, 2.0))


def siren(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """A tone with few partials that goes up and down, and weak noise."""
    time = np.arange(count) / rate
    pitch = rng.uniform(500, 900) * 2 ** (0.5 * np.sin(2 * np.pi * rng.uniform(0.2, 2.0) * time + rng.uniform(0, 6)))
    tone = _harmonics(pitch, rate, rng, 3)
    return _unit(tone) + 0.3 * rng.normal(size=count)


def wind(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Noise of low frequencies that swells and falls."""
    return _shaped(count, rate, rng, lambda f: 1 / (1 + (f / 400) ** 2)) * _swell(count, rate, rng, 0.2, 2.0)


def bursts(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Noise of a band that comes and goes several times a second."""
    centre = rng.uniform(500, 2500)
    band = _shaped(count, rate, rng, lambda f: 1 / (1 + ((f - centre) / 300) ** 2))
    return band * _swell(count, rate, rng, 2.0, 10.0) ** 2


def murmur(count: int, rate: int, rng: np.random.Generator) -> Sound:
    """Noise with the spectrum of speech, at whose syllables' pace it swells: a crowd far away."""
    shaped = _shaped(count, rate, rng, lambda f: 1 / (1 + (f / 500) ** 1.5))
    return shaped * _swell(count, rate, rng, 2.0, 6.0)


KINDS: dict[SplitName, dict[str, Noise]] = {
    "train": {kind.__name__: kind for kind in (white, brown, hum, clatter, siren, wind, bursts)},
    "test": {kind.__name__: kind for kind in (pink, engine, rain, murmur)},
}
"""Kinds of noise of each side by name; none is on both."""
