"""Rows of Esser et al. 2016 for networks of one chip, at 1.0 V. [P]"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "Published"]


@dataclass(frozen=True)
class Published:
    """Published row of a task.

    Attributes
    ----------
    title
        Name of the task in the paper.
    accuracy
        In percent.
    cores, frames_per_second, power_mw, frames_per_second_per_watt
        Number of cores, rate, power in mW, and rate per power, as printed.
    """

    title: str
    accuracy: float
    cores: int
    frames_per_second: int
    power_mw: float
    frames_per_second_per_watt: int

    @property
    def energy_uj(self) -> float:
        """Energy of a frame in µJ."""
        return 1e6 / self.frames_per_second_per_watt


PUBLISHED = {
    "cifar10": Published("CIFAR-10", 83.41, 4042, 1249, 204.4, 6109),
    "cifar100": Published("CIFAR-100", 55.64, 4042, 1526, 207.8, 7344),
    "svhn": Published("SVHN", 96.66, 4042, 2526, 256.5, 9850),
    "gtsrb": Published("GTSRB", 96.50, 4042, 1615, 200.6, 8052),
    "logo32": Published("LOGO32", 85.70, 3236, 1775, 171.7, 10336),
    "vad": Published("VAD", 95.42, 423, 1539, 26.1, 59011),
    "timit_class": Published("TIMIT class.", 79.16, 1943, 2610, 142.6, 18300),
    "timit_frames": Published("TIMIT frames", 71.17, 2476, 2107, 165.9, 12698),
}
"""Rows by name of the task's scenario, in the order of the paper."""
