"""Loads of the shipped models and of board networks, kept in a file so that a fit takes no simulation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from neurosyn.chip.options import ChipOptions
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import DataError
from neurosyn.formats.placement_file import load_placement
from neurosyn.formats.program_file import load_program
from neurosyn.model.model_file import load_model
from neurosyn.placement.place import place_program
from neurosyn.placement.placer import Placer
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.files import write_text
from neurosyn.support.progress import StageProgress
from neurosyn.testing.models import random_model
from verification.eedn_table.measure import RowPlan
from verification.silicon.loads import NetworkLoads, measure

__all__ = ["BoardLoads", "LoadsFile", "ModelLoads", "measure_board", "measure_model"]


@dataclass(frozen=True)
class ModelLoads:
    """Loads of a shipped model.

    Attributes
    ----------
    name, task, dataset, kind
        Name of the model, its scenario, its data, and their relation to the paper's.
    model_sha256, taken
        Checksum of the model file; date.
    loads
        Counts of its network.
    """

    name: str
    task: str
    dataset: str
    kind: str
    model_sha256: str
    taken: str
    loads: NetworkLoads


@dataclass(frozen=True)
class BoardLoads:
    """Loads of a network on several chips, with random weights, which set the activity of its neurons only roughly.

    Attributes
    ----------
    chips, transduction
        Chips to fill, and filters of the transduction: input spikes of each pixel.
    taken
        Date.
    loads
        Counts of its network.
    """

    chips: int
    transduction: int
    taken: str
    loads: NetworkLoads


@dataclass
class LoadsFile:
    """Contents of the file with all loads.

    Attributes
    ----------
    models
        By name of the model.
    boards
        By number of chips and of filters, such as ``4x48``.
    """

    models: dict[str, ModelLoads] = field(default_factory=dict)
    boards: dict[str, BoardLoads] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> LoadsFile:
        """Return the contents of a file; empty if there is none.

        Raises
        ------
        DataError
            If the file is not one of `write`.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            models = [_with_loads(ModelLoads, row) for row in document["models"]]
            boards = [_with_loads(BoardLoads, row) for row in document["boards"]]
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(f"{path}: holds no loads ({error!r}); delete it to measure all again") from error
        return cls({row.name: row for row in models}, {f"{row.chips}x{row.transduction}": row for row in boards})

    def write(self, path: Path) -> None:
        """Write the contents as JSON."""
        document = {
            "models": [asdict(row) for row in self.models.values()],
            "boards": [asdict(row) for row in self.boards.values()],
        }
        write_text(path, json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _with_loads(kind: Any, row: Mapping[str, Any]) -> Any:
    return kind(**{**row, "loads": NetworkLoads.from_json(row["loads"])})


def measure_model(plan: RowPlan, jobs: int | None = None) -> ModelLoads:
    """Compile, place and simulate a model on the frames of its plan, timed with the defaults, and return its loads."""
    with StageProgress(0, quiet=True) as progress:
        plan.run.place(progress)
    folder = plan.run.folder
    model, program = load_model(folder.model), load_program(folder.program)
    placement, chip = load_placement(folder.placement), ChipOptions().fitted(program.cores)
    frames = plan.run.inputs.input_spikes(model)
    loads = measure(program, placement, chip, frames, ticks_per_frame=model.network.ticks_per_frame, jobs=jobs)
    card = plan.card
    return ModelLoads(
        card["name"], card["task"], card["dataset"], plan.kind, card["sha256"], date.today().isoformat(), loads
    )


def measure_board(scenarios: Path, chips: int, transduction: int, frames: int) -> BoardLoads:
    """Return the loads of a network for several chips with random weights, on frames of the scenario ``cifar10``.

    Packets are counted, not timed.
    """
    scenario = load_scenario(
        scenarios / "cifar10.toml",
        changes={
            "network.kind": "eedn_chips",
            "network.chips": chips,
            "network.transduction": transduction,
            "simulate.frames": frames,
            "train.model": "",
        },
    )
    inputs = RunInputs(scenario)
    model = random_model(inputs.network, 1)
    program = compile_network(model, CompileOptions())
    chip = ChipOptions().fitted(program.cores)
    placer = scenario.options("place", Placer)  # type: ignore[type-abstract]
    placement = place_program(program, chip.board, placer, scenario.seed_of("place"))
    spikes = inputs.input_spikes(model)
    loads = measure(program, placement, chip, spikes, timing="none")
    return BoardLoads(chips, transduction, date.today().isoformat(), loads)
