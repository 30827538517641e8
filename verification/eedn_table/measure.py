"""Simulation of a model's row: its scenario is run as by ``neurosyn run``, with all test frames."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import neurosyn
from neurosyn.errors import DataError
from neurosyn.model.shipped import shipped_models
from neurosyn.parallel.frames import part_runner
from neurosyn.parallel.running import Workers
from neurosyn.report.facts import limited_by
from neurosyn.report.model_card import model_card
from neurosyn.run.stages import Stages
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.support.progress import StageProgress
from verification.eedn_table.row import Kind, ModelRow

__all__ = ["RowPlan", "TableRun"]

_ALL = 1_000_000_000
"""A number of frames beyond any data set, since scenarios give a number."""


@dataclass(frozen=True)
class TableRun:
    """Settings of the table's runs.

    Attributes
    ----------
    scenarios
        Folder of the scenarios; a model names its scenario.
    runs
        Folder for the run folders.
    frames
        Test frames to simulate, drawn by seed; None for all.
    timed_frames
        Number of timed frames among them.
    jobs
        Ticks to time in parallel; None for one per processor.
    workers
        Processes or a cluster that simulate the frames; None for this process.
    """

    scenarios: Path
    runs: Path
    frames: int | None = None
    timed_frames: int = 100
    jobs: int | None = None
    workers: Workers | None = None

    @contextmanager
    def plan(self, model: Path) -> Iterator[RowPlan]:
        """Yield the plan of a model's row, on the data set or stand-in for which the model was trained.

        The plan is valid inside the context only.

        Raises
        ------
        DataError
            If the model does not name its scenario or data, or the data are not available.
        """
        card = model_card(model)
        task, dataset = card["task"], card["dataset"]
        if task is None or dataset is None:
            raise DataError(f"{model.name}: does not name its scenario and data; train it again with `neurosyn train`")
        reference = f"shipped:{model.stem}" if model in shipped_models().values() else model.resolve()
        scenario = load_scenario(
            self.scenarios / f"{task}.toml",
            changes={
                "train.model": reference,
                "simulate.frames": self.frames or _ALL,
                "simulate.timed_frames": self.timed_frames,
            },
        )
        available = []
        with tempfile.TemporaryDirectory() as empty:
            # A model of the stand-in also runs where the real data are: the second pass hides them.
            for folder in (None, empty):
                with _data_folder(folder):
                    run = Stages(scenario, self.runs / model.stem)
                    try:
                        source = run.inputs.source
                    except DataError as error:
                        available.append(str(error))
                        continue
                    if source.info.name == dataset:
                        inputs = (*_tables(scenario), card["sha256"], run.inputs.fingerprint(), neurosyn.__version__)
                        key = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
                        yield RowPlan(self, run, card, key[:16])
                        return
                    available.append(source.info.name)
        raise DataError(f"{model.name}: is for {dataset}, which is not here (there is: {'; '.join(available)})")


@dataclass(frozen=True)
class RowPlan:
    """Run of a row.

    Attributes
    ----------
    table, run, card
        Settings; stages; card of the model.
    key
        Hash of scenario, model, data and version of neurosyn.
    """

    table: TableRun
    run: Stages
    card: Mapping[str, Any]
    key: str

    def simulate(self, progress: StageProgress) -> ModelRow:
        """Run all stages and return the row."""
        workers = self.table.workers
        summary = self.run.simulate(progress, self.table.jobs, None if workers is None else part_runner(workers))
        return row_of(summary, self.card, self.kind, self.key, all_frames=self._has_all(summary))

    @property
    def kind(self) -> Kind:
        """Relation of the data to the paper's."""
        source = self.run.inputs.source
        return "official" if source.info.official else "stand-in" if source.used_stand_in else "copy"

    def _has_all(self, summary: Mapping[str, Any]) -> bool:
        return self.table.frames is None or bool(summary["dataset"]["frames"] < self.table.frames)


def row_of(summary: Mapping[str, Any], card: Mapping[str, Any], kind: Kind, key: str, *, all_frames: bool) -> ModelRow:
    """Return the row of a finished run and its model's card."""
    frames = summary["dataset"]["frames"]
    return ModelRow(
        name=card["name"],
        task=card["task"],
        dataset=summary["dataset"]["name"],
        kind=kind,
        frames=frames,
        all_frames=all_frames,
        timed_frames=summary["engine"]["timed_frames"],
        trained=summary["trained_accuracy"],
        on_chip=summary["accuracy"],
        mismatched=summary["mismatched_frames"],
        cores=summary["cores"],
        neurons=summary["neurons"],
        frames_per_second=summary["frames_per_second"],
        limited_by=limited_by(summary).partition(":")[0],
        power_mw=dict(summary["power_mw"]),
        energy_uj=summary["energy_per_frame_uj"],
        frames_per_second_per_watt=summary["frames_per_second_per_watt"],
        activity=summary["events"]["spikes"] / (summary["neurons"] * frames * summary["ticks_per_frame"]),
        zero_weights=card["zero_weights"],
        fan_in=card["fan_in"],
        model_sha256=card["sha256"],
        key=key,
        taken=date.today().isoformat(),
        neurosyn=summary["provenance"]["neurosyn"],
        code=summary["provenance"]["code"],
        seed=summary["seed"],
    )


def _tables(scenario: Scenario) -> list[Any]:
    """Return the parts of a scenario that determine a row: all but the training."""
    names = ("seed", "data", "encoder", "network", "compile", "place", "chip", "simulate")
    return [scenario.table(name) for name in names] + scenario.plugin_digests()


@contextmanager
def _data_folder(folder: str | None) -> Iterator[None]:
    """Set NEUROSYN_DATA to a folder within the block; None leaves it unchanged."""
    before = os.environ.get("NEUROSYN_DATA")
    try:
        if folder is not None:
            os.environ["NEUROSYN_DATA"] = folder
        yield
    finally:
        if folder is not None:
            os.environ.pop("NEUROSYN_DATA") if before is None else os.environ.update(NEUROSYN_DATA=before)
