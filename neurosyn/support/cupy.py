"""Import of CuPy, which is optional, and translation of its errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from neurosyn.errors import BackendError

__all__ = ["INSTALL", "import_cupy", "wrapped_errors"]

INSTALL = "pip install 'neurosyn[cuda12]' or 'neurosyn[cuda13]', whichever CUDA the driver supports (nvidia-smi)"
"""Remedy in messages about a missing or failing CuPy."""


def import_cupy(user: str) -> Any:
    """Return CuPy. A missing GPU shows only when the first operation runs.

    Parameters
    ----------
    user
        The part that needs CuPy, for the message.

    Raises
    ------
    BackendError
        If it cannot be imported.
    """
    try:
        import cupy
    except ImportError as error:
        raise BackendError(f"{user}: CuPy cannot be imported ({error}); {INSTALL}") from error
    return cupy


@contextlib.contextmanager
def wrapped_errors(what: str, remedy: str) -> Iterator[None]:
    """Turn any exception within into a `BackendError`; CuPy's exceptions cannot be named without importing it.

    Parameters
    ----------
    what, remedy
        Parts of the message: what is wrong, what to do.
    """
    try:
        yield
    except BackendError:
        raise
    except Exception as error:
        raise BackendError(f"{what} ({type(error).__name__}: {error}); {remedy}") from error
