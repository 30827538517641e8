"""Functions compiled by Numba; importing this module imports Numba."""

from __future__ import annotations

from neurosyn.support.numba_cache import compiled

__all__ = ["compiled"]
