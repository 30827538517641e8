"""Run folders and sweeps in a folder: their state, and what they hold beyond their results."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosyn.errors import FolderInUseError
from neurosyn.run.part_files import part_head
from neurosyn.support.files import locked_folder

__all__ = ["RunState", "SweepState", "find_runs"]

_LEFT = ("parts", "jobs")


@dataclass(frozen=True)
class RunState:
    """State of a run folder.

    Attributes
    ----------
    path
        The folder.
    stages
        Stages that are finished, in order.
    in_use
        Whether a process is working in it.
    """

    path: Path
    stages: tuple[str, ...]
    in_use: bool

    @property
    def is_finished(self) -> bool:
        """Whether the run has its summary, and no process is working on it."""
        return not self.in_use and (self.path / "summary.json").is_file()

    @property
    def leftovers(self) -> list[Path]:
        """Folders that hold no results: parts, job files and logs."""
        return [self.path / name for name in _LEFT if (self.path / name).is_dir()]

    @property
    def parts(self) -> str | None:
        """Parts of the frames that are there, such as "3 of 16"; None if there are none."""
        heads = [head for folder in (self.path / "parts").glob("[0-9]*") if (head := part_head(folder)) is not None]
        return f"{len(heads)} of {heads[0].parts}" if heads else None

    def clean(self) -> float:
        """Remove the leftovers and return their size in MB."""
        size = sum(_megabytes(folder) for folder in self.leftovers)
        for folder in self.leftovers:
            shutil.rmtree(folder)
        return round(size, 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values."""
        state = "in use" if self.in_use else "finished" if self.is_finished else "unfinished"
        return {
            "run": str(self.path),
            "state": state,
            "stages": list(self.stages),
            "parts": self.parts,
            "mb": round(_megabytes(self.path), 1),
        }


@dataclass(frozen=True)
class SweepState(RunState):
    """State of the folder of a sweep; it is in use if one of its runs is.

    Attributes
    ----------
    finished, total
        Number of its runs that are finished, and of all.
    """

    finished: int
    total: int

    @property
    def is_finished(self) -> bool:
        """Whether all its runs are finished."""
        return not self.in_use and self.finished == self.total

    @property
    def parts(self) -> str | None:
        """Runs that are finished."""
        return f"{self.finished} of {self.total} runs"


def find_runs(folders: Sequence[Path] | None) -> Iterator[RunState]:
    """Yield run folders and sweeps at and below `folders`, by default ``runs`` and ``sweeps``, in order of names."""
    for top in folders or (Path("runs"), Path("sweeps")):
        for below, names, files in os.walk(top):
            names.sort()
            if "scenario.toml" in files or "stages.json" in files:
                names.clear()
                yield _state(Path(below))
            elif "sweep.json" in files and (sweep := _sweep_state(Path(below))) is not None:
                yield sweep


def _sweep_state(path: Path) -> SweepState | None:
    """Return the state of a sweep; None if its list of runs is damaged."""
    try:
        points = json.loads((path / "sweep.json").read_text(encoding="utf-8"))["points"]
        finished = sum(bool(point["finished"]) for point in points)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    in_use = any(_state(file.parent).in_use for file in path.glob("*/scenario.toml"))
    return SweepState(path, (), in_use, finished, len(points))


def _state(path: Path) -> RunState:
    try:
        record = json.loads((path / "stages.json").read_text(encoding="utf-8"))
        stages = tuple(record) if isinstance(record, dict) else ()
    except (OSError, ValueError):
        stages = ()
    try:
        with locked_folder(path):
            in_use = False
    except FolderInUseError:
        in_use = True
    return RunState(path, stages, in_use)


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
