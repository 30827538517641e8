"""Checkpoint of an unfinished simulation: its state between two ticks, in a folder beside the results.

The folder holds ``state.npz`` (arrays, nothing pickled), replaced whole, and the rows of the trace that were sealed
with it. It is made when a run has taken the interval, and removed when the run is finished.
"""

from __future__ import annotations

import contextlib
import shutil
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from neurosyn.engine.state import State, gather, number, part_of, stored
from neurosyn.errors import DataError, InterruptedRunError
from neurosyn.support.files import sweep, write_npz
from neurosyn.support.untrusted import read_npz

__all__ = ["EVERY_S", "FOLDER", "CheckpointWarning", "TickCheckpoint", "checkpoint_folder", "resumes_from"]

FOLDER = ".checkpoint"
"""Name of the folder within that of the results."""

EVERY_S = 30.0
"""Seconds from checkpoint to checkpoint, if nothing else is said."""

_STATE = "state.npz"
_MAX_BYTES = 64 << 30
_CHUNK = 1 << 24


class CheckpointWarning(UserWarning):
    """A checkpoint cannot be used, or could not be written."""


class TickCheckpoint:
    """State of a simulation in a folder; a `neurosyn.engine.state.Checkpoint`.

    Parameters
    ----------
    folder
        Folder for the state and for the sealed rows of the trace.
    key
        Digest of everything that decides the outcome; a checkpoint with another is ignored.
    every_s
        Least number of seconds from the beginning to the first checkpoint, and from each to the next.

    Attributes
    ----------
    wanted : callable
        Whether the state is still worth saving. A run that has lost its trace keeps the checkpoint from before.
    resumed_at : int or None
        The first tick after the checkpoint that was loaded; None if there was none.
    """

    def __init__(self, folder: Path, key: str, every_s: float = EVERY_S) -> None:
        self.folder = folder
        self.resumed_at: int | None = None
        self.wanted: Callable[[], bool] = lambda: True
        self._key = key
        self._every_s = every_s
        self._since = time.monotonic()
        self._checksums: dict[tuple[str, int, int], int] = {}

    @property
    def exists(self) -> bool:
        """Whether a state is stored."""
        return (self.folder / _STATE).is_file()

    def load(self) -> State | None:
        """Return the stored state; None, and an empty folder, if there is none that can be used."""
        self._since = time.monotonic()
        state = None
        if self.exists:
            sweep(self.folder)
            try:
                state = self._read()
                self.resumed_at = number(state, "clock.tick")
            except DataError as error:
                warnings.warn(f"{error}; it is ignored, the run begins at its first tick", CheckpointWarning, 2)
        if state is None:
            self.remove()
        return state

    def _read(self) -> State:
        path = self.folder / _STATE
        content = read_npz(path, max_bytes=_MAX_BYTES)
        if str(content.get("key", "")) != self._key:
            raise DataError(f"{path}: is the checkpoint of another run")
        files = part_of(content, "files")
        for name, checksum in zip(stored(files, "name").tolist(), stored(files, "checksum").tolist(), strict=True):
            file = self.folder / name
            if not file.is_file() or self._checksum(file) != checksum:
                raise DataError(f"{file}: is missing or was changed after the checkpoint")
        return part_of(content, "state")

    def is_due(self) -> bool:
        """Whether the interval has passed."""
        return time.monotonic() - self._since >= self._every_s and self.wanted()

    def save(self, state: State | None) -> None:
        """Replace the stored state, unless there is none; a failure is a warning."""
        if state is not None and self.wanted():
            try:
                files = sorted(self.folder.glob("*.parquet"))
                checksums = np.array([self._checksum(path) for path in files], np.uint32)
                listed = {"name": np.array([path.name for path in files], np.str_), "checksum": checksums}
                content = {"key": np.array(self._key), **gather(state=state, files=listed)}
                write_npz(self.folder / _STATE, content, compress=False)
            except OSError as error:
                warnings.warn(f"{error}; there is no newer checkpoint, the run goes on", CheckpointWarning, 2)
        self._since = time.monotonic()

    def remove(self) -> None:
        """Remove the folder, the state first."""
        (self.folder / _STATE).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _checksum(self, path: Path) -> int:
        """Return the CRC-32 of a file, computed once while it is unchanged."""
        stat = path.stat()
        version = (path.name, stat.st_size, stat.st_mtime_ns)
        if version not in self._checksums:
            checksum = 0
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    checksum = zlib.crc32(chunk, checksum)
            self._checksums[version] = checksum
        return self._checksums[version]


def checkpoint_folder(trace: Path | None, out: Path | None) -> Path | None:
    """Return the folder for the checkpoint of a raw program's run: in that of the trace, else beside the outputs.

    None if there is neither: such a run has no checkpoint.
    """
    if trace is not None:
        return trace / FOLDER
    return None if out is None else out.with_name(f".{out.name}{FOLDER}")


@contextlib.contextmanager
def resumes_from(folder: Path | None) -> Iterator[None]:
    """Have an interruption of the block say whether there is a checkpoint in a folder from which it can be resumed."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise InterruptedRunError(resumes=folder is not None and (folder / _STATE).is_file()) from error
