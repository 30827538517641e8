"""From a shipped model to its row: its scenario is run as anybody would run it, with all test frames."""

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
from neurosyn.report.facts import limited_by
from neurosyn.report.model_card import model_card
from neurosyn.run.stages import Stages
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.support.progress import StageProgress
from verification.eedn_table.row import Kind, Row

__all__ = ["Plan", "Table"]

_ALL = 1_000_000_000
"""More test frames than any data set has: the scenarios name a number, and there is no word for all."""


@dataclass(frozen=True)
class Table:
    """How the rows are taken.

    Attributes
    ----------
    scenarios
        Folder of the scenarios, by whose names models say their task.
    runs
        Folder for the run folders.
    frames
        Test frames to simulate, drawn by seed; None for all.
    timed_frames
        Of these, how many are timed.
    jobs
        Ticks to time at once; None for one per processor.
    """

    scenarios: Path
    runs: Path
    frames: int | None = None
    timed_frames: int = 100
    jobs: int | None = None

    @contextmanager
    def plan(self, model: Path) -> Iterator[Plan]:
        """Find the data that a model was trained for, here or the stand-in, and give what is to be run on them.

        The plan is for use inside the context only.

        Raises
        ------
        DataError
            If the model does not say its scenario or data, or the data are not here.
        """
        card = model_card(model)
        task, wanted = card["task"], card["dataset"]
        if task is None or wanted is None:
            raise DataError(f"{model.name}: does not say its scenario and data; train it again with `neurosyn train`")
        reference = f"shipped:{model.stem}" if model in shipped_models().values() else model.resolve()
        scenario = load_scenario(
            self.scenarios / f"{task}.toml",
            overrides=[
                f'train.model="{reference}"',
                f"simulate.frames={self.frames or _ALL}",
                f"simulate.timed_frames={self.timed_frames}",
            ],
        )
        found = []
        with tempfile.TemporaryDirectory() as empty:
            # Where the real data are, a model of the stand-in is simulated all the same: as if they were not.
            for folder in (None, empty):
                with _data_folder(folder):
                    run = Stages(scenario, self.runs / model.stem)
                    try:
                        source = run.data.source
                    except DataError as error:
                        found.append(str(error))
                        continue
                    if source.info.name == wanted:
                        decides = (*_tables(scenario), card["sha256"], run.data.fingerprint(), neurosyn.__version__)
                        key = hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()
                        yield Plan(self, run, card, key[:16])
                        return
                    found.append(source.info.name)
        raise DataError(f"{model.name}: is for {wanted}, which is not here (there is: {'; '.join(found)})")


@dataclass(frozen=True)
class Plan:
    """What is to be run for a row.

    Attributes
    ----------
    table, run, card
        How; the run; the model's card.
    key
        Hash of everything that is asked for: scenario, model, data, neurosyn's version.
    """

    table: Table
    run: Stages
    card: Mapping[str, Any]
    key: str

    def simulate(self, progress: StageProgress) -> Row:
        """Run all stages and return the row."""
        summary = self.run.simulate(progress, self.table.jobs)
        source = self.run.data.source
        kind: Kind = "official" if source.info.official else "stand-in" if source.used_stand_in else "copy"
        return row_of(summary, self.card, kind, self.key, all_frames=self._has_all(summary))

    def _has_all(self, summary: Mapping[str, Any]) -> bool:
        return self.table.frames is None or bool(summary["dataset"]["frames"] < self.table.frames)


def row_of(summary: Mapping[str, Any], card: Mapping[str, Any], kind: Kind, key: str, *, all_frames: bool) -> Row:
    """Return the row of a finished run and its model's card."""
    frames = summary["dataset"]["frames"]
    return Row(
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
    """Return what of a scenario decides the row of a model: all but how it is trained."""
    names = ("seed", "data", "encoder", "network", "compile", "place", "chip", "simulate")
    return [scenario.table(name) for name in names] + scenario.plugin_digests()


@contextmanager
def _data_folder(folder: str | None) -> Iterator[None]:
    """Look for data in another folder, as NEUROSYN_DATA does for any command."""
    before = os.environ.get("NEUROSYN_DATA")
    try:
        if folder is not None:
            os.environ["NEUROSYN_DATA"] = folder
        yield
    finally:
        if folder is not None:
            os.environ.pop("NEUROSYN_DATA") if before is None else os.environ.update(NEUROSYN_DATA=before)
