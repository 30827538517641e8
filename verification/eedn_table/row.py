"""A row of the table: what simulating one model gave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from neurosyn.errors import DataError
from neurosyn.support.files import write_text
from verification.eedn_table.published import PUBLISHED, Published

__all__ = ["Kind", "Row", "ordered", "read_rows", "write_rows"]

Kind = Literal["official", "copy", "stand-in"]
"""``copy``: the real images, but not as published; whether a data set is official is its plugin's word."""


@dataclass(frozen=True)
class Row:
    """What simulating one model gave.

    Attributes
    ----------
    name, task, dataset, kind
        Shipped model, its scenario, honest name of the data, and how far they are the paper's.
    frames, all_frames, timed_frames
        Test frames that were simulated, whether these are all there are, and how many of them were timed.
    trained, on_chip
        Accuracy of the trained network and of the chip on these frames, shares of one.
    mismatched
        Frames in which an output spike of the chip differs from the trained network's.
    cores, neurons
        Cores; neurons that are used, splitters included.
    frames_per_second, limited_by
        The rate, and what a shorter tick would break.
    power_mw
        Power by part, and ``total``.
    energy_uj, frames_per_second_per_watt
        Energy of a frame in µJ; its inverse, as the paper prints it.
    activity
        Share of the neurons that spike in a tick.
    zero_weights, fan_in
        See `neurosyn.report.model_card.weight_statistics`.
    model_sha256, key
        Checksum of the model's file; hash of everything that was asked for.
    taken, neurosyn, code, seed
        Day; version and code that took it; the scenario's seed.
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
        """The paper's row of the same task."""
        return PUBLISHED.get(self.task)

    @property
    def switching_uj(self) -> float:
        """Energy that a frame takes beyond leakage, in µJ."""
        return (self.power_mw["total"] - self.power_mw["leakage"]) * 1e3 / self.frames_per_second

    @property
    def spiking_uj(self) -> float:
        """Energy of a frame that grows with its spikes: neither leakage nor the reading of rows, in µJ."""
        return self.switching_uj - self.power_mw["memory"] * 1e3 / self.frames_per_second

    def power_at(self, frames_per_second: float) -> float:
        """Return the power in mW of the same frames at another rate: leakage stays, the rest is paid by the frame."""
        return self.power_mw["leakage"] + self.switching_uj * frames_per_second * 1e-3

    def activity_of_published(self) -> float | None:
        """Return the activity at which this network, with the paper's cores, rate and power, would close its budget.

        Leakage and the reading of rows are taken as ours for a core; what is left of the paper's power is held against
        what our spikes cost. [D]
        """
        paper = self.published
        if paper is None:
            return None
        cores = paper.cores / self.cores
        spent = (paper.power_mw - self.power_mw["leakage"] * cores) * 1e3 / paper.frames_per_second
        rows = self.power_mw["memory"] * 1e3 / self.frames_per_second * cores
        return self.activity * (spent - rows) / (self.spiking_uj * cores)


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the paper's order of tasks, of a task the official data first."""
    tasks, kinds = list(PUBLISHED), ("official", "copy", "stand-in")
    place = {task: number for number, task in enumerate(tasks)}
    return sorted(rows, key=lambda row: (place.get(row.task, len(tasks)), kinds.index(row.kind), row.name))


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write rows as JSON, with the paper's."""
    document = {
        "published": {task: asdict(row) | {"energy_uj": row.energy_uj} for task, row in PUBLISHED.items()},
        "rows": [asdict(row) for row in ordered(rows)],
    }
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_rows(path: Path) -> dict[str, Row]:
    """Return the rows of a file by the names of their models; none if there is no file.

    Raises
    ------
    DataError
        If it is not what `write_rows` writes.
    """
    try:
        found = [_row(row) for row in json.loads(path.read_text(encoding="utf-8"))["rows"]]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: holds no rows of the table ({error!r}); delete it to take all rows anew") from error
    return {row.name: row for row in found}


def _row(row: Mapping[str, Any]) -> Row:
    names = {field.name for field in fields(Row)}
    if row.keys() != names:
        raise ValueError(f"keys {', '.join(sorted(row.keys() ^ names))}")
    return Row(**row)
