"""Functions compiled with Numba, their machine code cached on disk; importing this module imports Numba."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numba

__all__ = ["CacheWarning", "compiled", "remove_compiled"]


class CacheWarning(UserWarning):
    """The cache of machine code cannot be used, or has been repaired; results are the same without it."""


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator like ``numba.njit`` with a cache on disk, or without one if no folder can be written.

    Where no folder can be written, as in a container that is read-only, Numba would refuse to compile at all. A cache
    that is damaged is written again, one that cannot be written is not used; both are a `CacheWarning`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            dispatcher = numba.njit(cache=True, **options)(function)
        except RuntimeError:
            return numba.njit(**options)(function)
        _guard(dispatcher)
        return dispatcher

    return decorate


def _guard(dispatcher: Any) -> None:
    """Keep errors of a dispatcher's cache from its callers."""
    # Numba has no public hook for this: its caches read pickles and write files without handling errors.
    cache = getattr(dispatcher, "_cache", None)
    if cache is None or not hasattr(cache, "load_overload") or not hasattr(cache, "save_overload"):
        return
    load, save = cache.load_overload, cache.save_overload

    def load_overload(*arguments: Any) -> Any:
        try:
            return load(*arguments)
        except Exception as error:
            _warn(f"{cache.cache_path}: compiled code is damaged ({type(error).__name__}); it is compiled again")
            with contextlib.suppress(Exception):
                cache.flush()
            return None

    def save_overload(*arguments: Any) -> None:
        try:
            save(*arguments)
        except Exception as error:
            _warn(
                f"{cache.cache_path}: compiled code cannot be kept ({error or type(error).__name__}), so every process "
                "compiles it; free some space, or set NUMBA_CACHE_DIR to another folder"
            )
            cache.disable()

    cache.load_overload, cache.save_overload = load_overload, save_overload


def remove_compiled(cache_path: Path) -> int:
    """Remove the compiled code of neurosyn and its shipped plugins; it is compiled again when it is next used.

    Parameters
    ----------
    cache_path
        Folder of the compiled code of one module, as `stats.cache_path` of a compiled function has it.

    Returns
    -------
    int
        Number of files removed.
    """
    removed = 0
    for package in ("neurosyn", "neurosyn_plugins"):
        spec = find_spec(package)
        sources = Path(spec.origin).parent.rglob("*.py") if spec is not None and spec.origin is not None else ()
        for source in sources:
            beside = cache_path.name == "__pycache__"
            # Elsewhere Numba gives each folder of sources one of its name and a hash.
            folders = [source.parent / "__pycache__"] if beside else cache_path.parent.glob(f"{source.parent.name}_*")
            for file in (file for folder in folders for file in folder.glob(f"{source.stem}.*.nb[ic]")):
                file.unlink(missing_ok=True)
                removed += 1
    return removed


_warned: set[str] = set()


def _warn(message: str) -> None:
    """Warn once of each folder and cause."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, CacheWarning, stacklevel=3)
