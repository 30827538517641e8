"""Arrays on a GPU: CuPy where it is installed, and its errors."""

from __future__ import annotations

from neurosyn.support.cupy import INSTALL, import_cupy, wrapped_errors

__all__ = ["INSTALL", "import_cupy", "wrapped_errors"]
