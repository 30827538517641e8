"""Memory that a process takes to simulate a network, estimated from its cores before it begins."""

from __future__ import annotations

from neurosyn.errors import BackendError

__all__ = ["expected_memory", "require_memory"]

_BASE, _CORE = 400e6, 60e3
"""Bytes of a process, and of each of its cores with the packets of some ticks."""


def expected_memory(cores: int) -> int:
    """Return the bytes that a process is expected to take at most to simulate so many cores, packets timed."""
    return round(_BASE + _CORE * cores)


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
