"""Shards of a sweep, joined to the sweep."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.errors import DataError
from neurosyn.run.sweep import compare_runs
from neurosyn.run.sweep_results import sweep_space, write_sweep_results
from neurosyn.support.files import make_folder, write_json
from neurosyn.support.untrusted import read_json

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis

__all__ = ["MergedSweep", "is_sweep", "merge_sweep"]

_LIST = re.compile(r"sweep-(\d+)-of-(\d+)\.json")
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class MergedSweep:
    """A sweep that was joined from shards: the document of ``neurosyn sweep --json``, without the comparison."""

    document: dict[str, Any]

    def compare(self) -> Analysis | None:
        """Return the comparison of the finished runs; None without any."""
        return compare_runs([Path(point["run"]) for point in self.document["points"] if point["finished"]])

    def design_space(self) -> Analysis:
        """Return the table of all runs, the values of keys first, and its plots."""
        return sweep_space(self.document)


def is_sweep(folder: Path) -> bool:
    """Whether a folder holds shards of a sweep."""
    return bool(_lists(folder))


def _lists(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("sweep-*.json")) if _LIST.fullmatch(path.name)]


def merge_sweep(folders: Sequence[Path], out: Path) -> MergedSweep:
    """Join the shards of a sweep and write its list and its table of runs; runs of other folders are copied.

    Parameters
    ----------
    folders
        Folders with shards.
    out
        The folder of the sweep; may be one of them.

    Raises
    ------
    DataError
        If the shards are of different sweeps, or runs are missing.
    """
    documents = [
        (folder, read_json(path, _MOST_BYTES, what="list of a sweep's runs"))
        for folder in folders
        for path in _lists(folder)
    ]
    _, first = documents[0]
    if any(document["over"] != first["over"] for _, document in documents):
        raise DataError(f"{folders[0]}: the shards are of sweeps over different values; give the folders of one sweep")
    points, missing = [], []
    make_folder(out)
    for number, point in enumerate(first["points"]):
        found = next(
            (
                (folder, document["points"][number])
                for folder, document in documents
                if document["points"][number]["finished"] or document["points"][number]["error"] is not None
            ),
            None,
        )
        if found is None:
            missing.append(number + 1)
            continue
        folder, done = found
        run = out / Path(point["run"]).name
        if done["finished"]:
            _copy(folder / run.name, run)
        points.append(done | {"run": str(run)})
    if missing:
        raise DataError(
            f"{out}: runs {', '.join(map(str, missing[:8]))}{', …' if len(missing) > 8 else ''} of "
            f"{len(first['points'])} are missing; do the shards that have them (--shard), or give their folders"
        )
    document = {"sweep": str(out), "over": first["over"], "points": points}
    write_json(out / "sweep.json", document)
    write_sweep_results(document)
    return MergedSweep(document)


def _copy(source: Path, target: Path) -> None:
    """Copy a run folder; the list of its finished stages comes last."""
    if source.resolve() == target.resolve():
        return
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("stages.json", ".partial-*"))
    shutil.copyfile(source / "stages.json", target / "stages.json")
