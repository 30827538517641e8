"""Watch of the files that a plugin reads, by Python's audit hook."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from neurosyn.data.folder import cache_folder

__all__ = ["OpenedFiles"]

_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib")).resolve()
_INSTALLED = {"site-packages", "dist-packages"}
_SYSTEM = ("/dev/", "/proc/", "/sys/")
_CODE = {".py", ".pyc", ".pyi", ".so", ".pyd", ".nbi", ".nbc"}


class OpenedFiles:
    """Files that the code of a plugin opens, and that a fingerprint of it covers.

    Files are those that Python opens: a library in C that opens a file by itself escapes the watch.

    Parameters
    ----------
    cls
        Class of the plugin.

    Attributes
    ----------
    read : set of Path
        Files opened for reading, outside Python's packages, the cache and the plugin's own modules, and not written
        before by the plugin itself.
    visited : set of Path
        Files and folders whose state was looked up, and folders that were listed.
    """

    _active: OpenedFiles | None = None
    _hooked = False

    def __init__(self, cls: type) -> None:
        modules = {base.__module__ for base in cls.__mro__ if not base.__module__.startswith(("neurosyn.", "pydantic"))}
        self._sources = {getattr(sys.modules.get(name), "__file__", None) for name in modules} - {None}
        # The code of neurosyn and of its shipped plugins is in the keys.
        specs = filter(None, map(find_spec, ("neurosyn", "neurosyn_plugins")))
        shipped = [Path(spec.origin).resolve().parent for spec in specs if spec.origin]
        folders = [str(folder) + os.sep for folder in (_STANDARD_LIBRARY, cache_folder().resolve(), *shipped)]
        self._excluded = (*folders, *_SYSTEM)
        self._written: set[Path] = set()
        self.read: set[Path] = set()
        self.visited: set[Path] = set()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Gather `read` within."""
        if not OpenedFiles._hooked:  # a hook stays until the process ends
            sys.addaudithook(_hook)
            OpenedFiles._hooked = True
        before, OpenedFiles._active = OpenedFiles._active, self
        try:
            yield
        finally:
            OpenedFiles._active = before

    @contextlib.contextmanager
    def visits(self) -> Iterator[None]:
        """Gather `visited` within, and `read` too."""
        stat = os.stat

        def noting(path: Any, *args: Any, **options: Any) -> os.stat_result:
            self._add(self.visited, path)
            return stat(path, *args, **options)

        # Looking up a file's state raises no audit event.
        with self.watched(), mock.patch.object(os, "stat", noting):
            yield

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep one audit event, if the code of the plugin is its cause."""
        if event == "os.rename" and self._resolved(arguments[0]) in self._written:
            self._add(self._written, arguments[1])
        elif event in ("os.listdir", "os.scandir"):
            self._add(self.visited, "." if arguments[0] is None else arguments[0])
        elif event == "open" and isinstance(arguments[0], (str, bytes)) and self._is_of_plugin(sys._getframe(2)):
            path = self._resolved(arguments[0])
            if path is None or path.suffix in _CODE or str(path).startswith(self._excluded):
                return
            if not _INSTALLED.isdisjoint(path.parts):
                return
            mode, flags = arguments[1], arguments[2]
            writes = any(letter in mode for letter in "wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR)
            if writes:
                self._written.add(path)
            elif path not in self._written and path.is_file():
                self.read.add(path)

    def _is_of_plugin(self, frame: FrameType | None) -> bool:
        """Whether a function of the plugin is on the stack, and no import after it."""
        while frame is not None:
            if frame.f_code.co_filename in self._sources:
                return True
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return False
            frame = frame.f_back
        return False

    def _add(self, paths: set[Path], path: Any) -> None:
        resolved = self._resolved(path)
        if resolved is not None:
            paths.add(resolved)

    @staticmethod
    def _resolved(path: Any) -> Path | None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return None
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            return Path(os.path.realpath(os.fsdecode(path)))
        return None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    watch = OpenedFiles._active
    if watch is not None and event in ("open", "os.rename", "os.listdir", "os.scandir"):
        OpenedFiles._active = None  # what the watch itself looks up is not the plugin's
        try:
            watch.note(event, arguments)
        finally:
            OpenedFiles._active = watch
