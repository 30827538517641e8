"""Data set ``event_files``: recordings of event cameras, as N-MNIST and the DVS128 gestures have them.

Either ``ROOT/Train/CLASS/*.bin`` and ``ROOT/Test/CLASS/*.bin`` (N-MNIST), or ``ROOT/*.aedat`` (AEDAT 3.1), each with
``*_labels.csv``, and the lists ``trials_to_train.txt`` and ``trials_to_test.txt`` (DVS128 gestures).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn.plugins.files import read_text
from neurosyn_plugins.datasets.readers.event_camera import CameraEvents, Window, read_aedat, read_bin, read_windows

__all__ = ["EventFiles"]

_MOST_SPIKES = 1 << 32
_MOST_LIST = 1 << 20
_SIDES = {"bin": 34, "aedat": 128}
"""Height and width in pixels of the recordings of N-MNIST and of the gestures."""
_GESTURES = (
    "hand clapping", "right hand wave", "left hand wave", "right arm clockwise", "right arm counter clockwise",
    "left arm clockwise", "left arm counter clockwise", "arm roll", "air drums", "air guitar", "other gestures",
)  # fmt: skip


class _Recording(NamedTuple):
    path: Path
    label: int
    window: Window | None


class EventFiles(Dataset):
    """Recordings of event cameras, cut into steps of equal time.

    A sample begins with its first event, or with its window in the table of labels. In a step an element spikes once,
    however many events it has. Elements are ordered channel (OFF, ON), row, column.
    """

    folder: str = Field(
        min_length=1,
        examples=["./N-MNIST"],
        description="the folder: ./NAME beside the scenario, an absolute path, or a name inside the data folder",
    )
    steps: int = Field(ge=1, le=100_000, description="steps of a sample: later events are left out")
    step_us: int = Field(default=1000, ge=1, le=10_000_000, description="time of a step in µs")
    channels: Literal["both", "any"] = Field(
        default="both", description="both: OFF and ON events apart; any: one channel for both"
    )
    pool: int = Field(default=1, ge=1, le=64, description="pixels of a side that share an element")
    side: int | None = Field(
        default=None, ge=1, le=4096, description="height and width of the camera; by default 34 (.bin) or 128 (.aedat)"
    )
    per_class: int | None = Field(default=None, ge=1, description="first samples of each class to use; all if absent")
    name: str = Field(default="", description="honest name for every output; by default the folder's")
    licence: str = Field(default="unknown", description="terms of use")

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the recordings from the names of their files.

        Raises
        ------
        DataError
            If the folder is missing or has another layout than the module describes.
        """
        root, side = self._root(context), -(-self._side(context) // self.pool)
        kind = self._kind(root)
        return DatasetInfo(
            name=self.name or f"own events '{root.name}'",
            official=False,
            licence=self.licence,
            source=str(root),
            classes=_GESTURES if kind == "aedat" else _class_names(root),
            shape=(self.steps, side * side * (2 if self.channels == "both" else 1), 1),
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the folder has recordings of the split, else what to put where."""
        try:
            self._recordings(split, context)
        except DataError as error:
            return str(error)
        return None

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Read the recordings of a split as images (steps, elements, 1).

        Raises
        ------
        DataError
            If a recording is missing or damaged, or all are too many to be held.
        """
        recordings, side = self._recordings(split, context), self._side(context)
        shape = self.info(context).shape
        spikes = len(recordings) * shape[0] * shape[1]
        if spikes > _MOST_SPIKES:
            raise DataError(
                f"{self._root(context)}: {len(recordings):,} samples of {shape[0]:,} steps and {shape[1]:,} elements "
                f"are {spikes:,} bytes, more than {_MOST_SPIKES:,}; use per_class, fewer steps, or pool"
            )
        images = np.zeros((len(recordings), *shape), np.uint8)
        path, events = None, None
        for number, recording in enumerate(recordings):
            if events is None or recording.path != path:
                path = recording.path
                events = read_bin(path) if path.suffix == ".bin" else read_aedat(path)
            self._fill(images[number, :, :, 0], events, recording, side)
            context.progress(number + 1, len(recordings), "recordings")
        return Split(images, np.array([recording.label for recording in recordings], np.int32))

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return a hash of names, sizes and times of all files; empty if there is no folder."""
        root = self._root(context)
        if not root.is_dir():
            return {}
        digest = hashlib.sha256()
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            status = file.stat()
            digest.update(f"{file.relative_to(root)} {status.st_size} {status.st_mtime_ns}\n".encode())
        return {"files": digest.hexdigest()}

    def _fill(self, image: NDArray[np.uint8], events: CameraEvents, recording: _Recording, side: int) -> None:
        x, y, polarity, time_us = events
        if len(x) and (x.max() >= side or y.max() >= side):
            raise DataError(
                f"{recording.path}: has an event at ({x.max()}, {y.max()}); the camera has a side of {side}"
            )
        if recording.window is None:
            begin, end = (int(time_us.min()) if len(x) else 0), np.iinfo(np.int64).max
        else:
            _, begin, end = recording.window
        step = (time_us - begin) // self.step_us
        inside = (time_us >= begin) & (time_us < end) & (step < self.steps)
        pooled = -(-side // self.pool)
        channel = polarity if self.channels == "both" else np.zeros_like(polarity)
        element = (channel * pooled + y // self.pool) * pooled + x // self.pool
        image[step[inside], element[inside]] = 1

    def _root(self, context: DataContext) -> Path:
        return context.folder / Path(self.folder).expanduser()

    def _side(self, context: DataContext) -> int:
        return self.side or _SIDES[self._kind(self._root(context))]

    def _kind(self, root: Path) -> str:
        if not root.is_dir():
            raise DataError(f"{root}: there is no such folder; put the recordings there, or correct `data.folder`")
        if any(root.glob("*.aedat")):
            return "aedat"
        if (root / "Test").is_dir():
            return "bin"
        raise DataError(f"{root}: has neither *.aedat nor a folder Test with a folder of .bin files for each class")

    def _recordings(self, split: SplitName, context: DataContext) -> list[_Recording]:
        root = self._root(context)
        listed = _gestures(root, split) if self._kind(root) == "aedat" else _digits(root, split)
        taken: dict[int, int] = {}
        recordings = []
        for recording in listed:
            taken[recording.label] = taken.get(recording.label, 0) + 1
            if self.per_class is None or taken[recording.label] <= self.per_class:
                recordings.append(recording)
        if not recordings:
            raise DataError(f"{root}: has no recordings to {split}; put some there")
        return recordings


def _class_names(root: Path) -> tuple[str, ...]:
    names = sorted(path.name for path in (root / "Test").iterdir() if path.is_dir())
    if not names:
        raise DataError(f"{root / 'Test'}: has no folders; make one of .bin files for each class")
    return tuple(names)


def _digits(root: Path, split: SplitName) -> Iterator[_Recording]:
    folder = root / split.capitalize()
    for label, name in enumerate(_class_names(root)):
        for file in sorted((folder / name).glob("*.bin")):
            yield _Recording(file, label, None)


def _gestures(root: Path, split: SplitName) -> Iterator[_Recording]:
    trials = root / f"trials_to_{split}.txt"
    for line in read_text(trials, _MOST_LIST, what="list of recordings").splitlines():
        name = line.strip()
        if not name:
            continue
        file = root / name
        if Path(name).name != name or file.suffix != ".aedat":
            raise DataError(f"{trials}: names '{name[:80]}', not an .aedat file of this folder; correct the list")
        for window in read_windows(file.with_name(f"{file.stem}_labels.csv")):
            if window.label >= len(_GESTURES):
                raise DataError(f"{file.stem}_labels.csv: class {window.label + 1}; there are 1…{len(_GESTURES)}")
            yield _Recording(file, window.label, window)
