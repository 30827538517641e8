"""CuPy, where there is one, and what it raises."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from neurosyn.errors import BackendError

__all__ = ["INSTALL", "import_cupy", "wrapped_errors"]

INSTALL = "pip install 'neurosyn[cuda12]' or 'neurosyn[cuda13]', whichever CUDA the driver supports (nvidia-smi)"
"""What to do where CuPy is missing or does not work."""


def import_cupy(who: str) -> Any:
    """Return CuPy; whether a GPU is there is not known before something has run.

    Parameters
    ----------
    who
        Who wants it, for the error.

    Raises
    ------
    BackendError
        If it cannot be imported.
    """
    try:
        return import_module("cupy")
    except ImportError as error:
        raise BackendError(f"{who}: CuPy cannot be imported ({error}); {INSTALL}") from error


@contextlib.contextmanager
def wrapped_errors(what: str, remedy: str) -> Iterator[None]:
    """Turn what CuPy raises, whose classes are known only when it is there, into a `BackendError`.

    Parameters
    ----------
    what, remedy
        What is wrong then, and what to do.
    """
    try:
        yield
    except BackendError:
        raise
    except Exception as error:
        raise BackendError(f"{what} ({type(error).__name__}: {error}); {remedy}") from error
