"""Memory that a process takes to simulate a network, estimated from its cores before it begins."""

from __future__ import annotations

from neurosyn.errors import BackendError

__all__ = ["expected_memory", "require_memory"]

_BASE = 350e6
"""Bytes of a process with its modules and a few images."""
_SMALL = 130e3
"""Bytes of a core up to one chip."""
_ROOM, _CORE = 350e6, 42e3
"""Bytes that a full chip has beyond its cores, and bytes of a core.

Measured with every packet timed: 0.84 GB for 4,042 cores and two frames, 3.10 GB for 64,646 cores and one; the rest is
room for the 64 frames of a part.
"""


def expected_memory(cores: int) -> int:
    """Return the bytes that a process is expected to take at most to simulate so many cores, packets timed."""
    return round(_BASE + min(_SMALL * cores, _ROOM + _CORE * cores))


def require_memory(cores: int, limit: int | None, process: str) -> None:
    """Refuse a simulation that does not fit the memory of a process, before the system ends it.

    Parameters
    ----------
    cores
        Number of cores.
    limit
        Bytes that the process may take; None if unknown.
    process
        Its name, for the message.

    Raises
    ------
    BackendError
        With both numbers.
    """
    needed = expected_memory(cores)
    if limit is not None and needed > limit:
        raise BackendError(
            f"memory: {cores:,} cores need about {needed / 1e9:.1f} GB in {process}, and there are {limit / 1e9:.1f} "
            "GB; use fewer workers on a machine, or a machine with more memory"
        )
