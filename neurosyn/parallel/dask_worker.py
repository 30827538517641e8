"""Preparation of a worker of a Dask cluster that a command has started, as a preload module of Dask."""

from __future__ import annotations

import signal
from typing import Any

__all__ = ["dask_setup"]


def dask_setup(_: Any) -> None:
    """Ignore Ctrl-C, which the terminal sends to all processes of a command: the command ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
