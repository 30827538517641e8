"""Contract of placers, and the traffic that a placement is judged by."""

from __future__ import annotations

from neurosyn.placement.expected_traffic import Traffic, mean_hops, measure_traffic
from neurosyn.placement.place import require_room
from neurosyn.placement.placer import Placer

__all__ = ["Placer", "Traffic", "mean_hops", "measure_traffic", "require_room"]
