"""Rows of the table, and their file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from neurosyn.errors import DataError
from neurosyn.support.files import write_text
from verification.eedn_table.published import PUBLISHED, Published

__all__ = ["Kind", "ModelRow", "ordered", "read_rows", "write_rows"]

Kind = Literal["official", "copy", "stand-in"]
"""``copy``: the real images, but not in the published form; the plugin declares whether a data set is official."""


@dataclass(frozen=True)
class ModelRow:
    """Results of the simulation of one model.

    Attributes
    ----------
    name, task, dataset, kind
        Name of the model, its scenario, name of the data, and their relation to the paper's data.
    frames, all_frames, timed_frames
        Number of simulated test frames, whether these are all, and number of timed frames.
    trained, on_chip
        Accuracy of the trained network and of the chip on these frames, as shares of one.
    mismatched
        Number of frames in which an output spike of the chip differs from the trained network's.
    cores, neurons
        Number of cores, and of used neurons, splitters included.
    frames_per_second, limited_by
        Rate, and the part that limits the tick.
    power_mw
        Power by part and ``total``, in mW.
    energy_uj, frames_per_second_per_watt
        Energy of a frame in µJ; its inverse, as the paper prints it.
    activity
        Share of the neurons that spike in a tick.
    zero_weights, fan_in
        See `neurosyn.report.model_card.weight_statistics`.
    model_sha256, key
        Checksum of the model file; hash of the inputs of the run.
    taken, neurosyn, code, seed
        Date; version and code hash of neurosyn; seed of the scenario.
    """

    name: str
    task: str
    dataset: str
    kind: Kind
    frames: int
    all_frames: bool
    timed_frames: int
    trained: float
    on_chip: float
    mismatched: int
    cores: int
    neurons: int
    frames_per_second: float
    limited_by: str
    power_mw: dict[str, float]
    energy_uj: float
    frames_per_second_per_watt: float
    activity: float
    zero_weights: float | None
    fan_in: float | None
    model_sha256: str
    key: str
    taken: str
    neurosyn: str
    code: str
    seed: int

    @property
    def published(self) -> Published | None:
        """Published row of the same task, or None."""
        return PUBLISHED.get(self.task)

    @property
    def switching_uj(self) -> float:
        """Energy of a frame without leakage, in µJ."""
        return (self.power_mw["total"] - self.power_mw["leakage"]) * 1e3 / self.frames_per_second

    @property
    def spiking_uj(self) -> float:
        """Energy of a frame without leakage and row reads, in µJ: it grows with the spikes."""
        return self.switching_uj - self.power_mw["memory"] * 1e3 / self.frames_per_second

    def power_at(self, frames_per_second: float) -> float:
        """Return the power in mW at another rate: leakage is constant, the rest is per frame."""
        return self.power_mw["leakage"] + self.switching_uj * frames_per_second * 1e-3

    def activity_of_published(self) -> float | None:
        """Return the activity that gives the paper's power with the paper's cores and rate, or None without such a row.

        Leakage and row reads per core are those of this row; the rest of the paper's power is divided by the energy of
        this row's spikes. [D]
        """
        paper = self.published
        if paper is None:
            return None
        cores = paper.cores / self.cores
        spent = (paper.power_mw - self.power_mw["leakage"] * cores) * 1e3 / paper.frames_per_second
        rows = self.power_mw["memory"] * 1e3 / self.frames_per_second * cores
        return self.activity * (spent - rows) / (self.spiking_uj * cores)


def ordered(rows: Iterable[ModelRow]) -> list[ModelRow]:
    """Return rows in the paper's order of tasks, with official data first."""
    tasks, kinds = list(PUBLISHED), ("official", "copy", "stand-in")
    rank = {task: number for number, task in enumerate(tasks)}
    return sorted(rows, key=lambda row: (rank.get(row.task, len(tasks)), kinds.index(row.kind), row.name))


def write_rows(rows: Iterable[ModelRow], path: Path) -> None:
    """Write rows as JSON, together with the published ones."""
    document = {
        "published": {task: asdict(row) | {"energy_uj": row.energy_uj} for task, row in PUBLISHED.items()},
        "rows": [asdict(row) for row in ordered(rows)],
    }
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_rows(path: Path) -> dict[str, ModelRow]:
    """Return the rows of a file by name of the model; empty if there is no file.

    Raises
    ------
    DataError
        If the file is not one of `write_rows`.
    """
    try:
        rows = [_row(row) for row in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{path}: holds no rows of the table ({error!r}); delete it to simulate all rows again"
        ) from error
    return {row.name: row for row in rows}


def _row(row: Mapping[str, Any]) -> ModelRow:
    names = {field.name for field in fields(ModelRow)}
    if row.keys() != names:
        raise ValueError(f"keys {', '.join(sorted(row.keys() ^ names))}")
    return ModelRow(**row)
