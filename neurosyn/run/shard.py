"""Shards: shares of a run's parts, or of a sweep's points, for jobs that know nothing of each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from neurosyn.errors import ScenarioError

__all__ = ["PART_FRAMES", "Shard"]

PART_FRAMES = 64
"""Frames of a part of a run: as many as are integrated together."""


@dataclass(frozen=True)
class Shard:
    """Shard `number`, from 1 on, of `total`."""

    number: int
    total: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "3/20".

        Raises
        ------
        ScenarioError
            If it is not a shard.
        """
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ScenarioError(f"--shard: {text!r} is not a number and a total, such as 3/20")
        return cls(int(match[1]), int(match[2]))

    def of(self, count: int) -> range:
        """Return the numbers, out of 0 … `count` − 1, that belong to the shard: one stretch, as even as possible."""
        return range(count * (self.number - 1) // self.total, count * self.number // self.total)

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"
