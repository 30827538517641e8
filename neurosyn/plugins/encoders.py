"""Contract of encoders."""

from __future__ import annotations

from neurosyn.data.encoder import MOST_TICKS, Encoder

__all__ = ["MOST_TICKS", "Encoder"]
