"""Decorator for functions compiled with Numba and cached on disk. Import it late: it imports Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["compiled"]


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator like ``numba.njit`` with a cache on disk, or without one if no folder can be written.

    With ``cache=True``, Numba raises a RuntimeError if it cannot write, as in a read-only container.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:
            return numba.njit(**options)(function)

    return decorate
