"""Number of usable processors."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["usable_processors"]


def usable_processors() -> int:
    """Return the number of processors that this process may use, limited by the quota of a container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        count = min(count, -(-int(quota) // int(period)))
    return count
