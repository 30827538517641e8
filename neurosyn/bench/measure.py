"""Measurement of time and memory for benchmarks."""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from neurosyn.support.processors import usable_processors

__all__ = ["Stamps", "machine", "peak_rss_gb", "spread", "time_calls"]


class Stamps:
    """Progress callback of the engine that records wall and processor time after each tick, in seconds."""

    def __init__(self) -> None:
        self._wall: list[float] = []
        self._cpu: list[float] = []

    def __call__(self, _done: int, _total: int, what: str) -> None:
        """Record the times after a tick."""
        if what == "ticks":
            self._wall.append(time.perf_counter())
            self._cpu.append(time.process_time())

    def ms_per_tick(self, ticks: int | None = None) -> tuple[float, float]:
        """Return mean wall and processor time of a tick in ms, over the last `ticks`, or all but the first.

        Times before the end of the first tick, which include loading, never count.
        """
        last = len(self._wall) - 1 if ticks is None else ticks
        wall, cpu = (1e3 * (clock[-1] - clock[-1 - last]) / last for clock in (self._wall, self._cpu))
        return wall, cpu


def time_calls(call: Callable[[], Any], repeats: int) -> list[float]:
    """Return the wall times of `repeats` calls in seconds, after one call to warm up."""
    call()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return seconds


def spread(name: str, values: Sequence[float], digits: int = 4) -> dict[str, Any]:
    """Return the median as `name`, and minimum and maximum as `name`_min and `name`_max."""
    rounded = [float(f"{value:.{digits}g}") for value in values]
    return {
        name: float(f"{statistics.median(values):.{digits}g}"),
        f"{name}_min": min(rounded),
        f"{name}_max": max(rounded),
    }


def peak_rss_gb() -> float:
    """Return the peak resident memory of this process in GB (10⁹ bytes)."""
    try:
        # On Linux `ru_maxrss` includes the peak of the parent process.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        kilobytes = int(status.split("VmHWM:", 1)[1].split()[0])
    except (OSError, IndexError, ValueError):
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if sys.platform == "darwin":  # in bytes there
            return round(kilobytes / 1e9, 3)
    return round(kilobytes * 1024 / 1e9, 3)


def machine() -> dict[str, Any]:
    """Return the number of usable processors, and the load of the machine over the last minute."""
    return {"processors": usable_processors(), "load_1min": round(os.getloadavg()[0], 2)}
