"""Memory of this machine and of this process."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["free_memory", "peak_memory"]

_GROUP = Path("/sys/fs/cgroup")


def peak_memory() -> int:
    """Return the most bytes that this process has had in memory; 0 where the system does not tell."""
    return _of_table(Path("/proc/self/status"), "VmHWM")


def free_memory() -> int | None:
    """Return the bytes that processes may still take, limited by the quota of a container; None if unknown."""
    free = _of_table(Path("/proc/meminfo"), "MemAvailable") or None
    with contextlib.suppress(OSError, ValueError):
        quota = int((_GROUP / "memory.max").read_text())
        left = max(quota - int((_GROUP / "memory.current").read_text()), 0)
        free = left if free is None else min(free, left)
    return free


def _of_table(path: Path, name: str) -> int:
    """Return a number of KiB in a table of the kernel, in bytes; 0 if it is not there."""
    with contextlib.suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
