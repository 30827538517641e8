"""Stages of a scenario in their order: data → train → compile → place → simulate → report.

Each stage leaves its files in the run folder and is skipped while nothing that decides its outcome has changed.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from neurosyn.chip.defects import DefectOptions
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.compiler.options import CompileOptions
from neurosyn.data.source import DataSource
from neurosyn.engine.options import SimulateOptions
from neurosyn.errors import DataError, ScenarioError
from neurosyn.importing.model import SpikingModel
from neurosyn.model.model import Model
from neurosyn.placement.expected_traffic import mean_hops
from neurosyn.placement.place import place_program
from neurosyn.placement.placer import Placer
from neurosyn.registry import registry
from neurosyn.run.checkpoint import EVERY_S
from neurosyn.run.compiling import compile_model, describe_layers
from neurosyn.run.folder import RunFolder
from neurosyn.run.inputs import RunInputs
from neurosyn.run.memory import require_memory
from neurosyn.run.placed_program import PlacedProgram
from neurosyn.run.shard import PART_FRAMES
from neurosyn.run.training import measure_model, train_network
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.support.files import sha256_file
from neurosyn.support.memory import free_memory
from neurosyn.support.progress import StageProgress

if TYPE_CHECKING:
    from neurosyn.analysis.finished_run import FinishedRun
    from neurosyn.chip.program import Program
    from neurosyn.run.parts import PartedRun

__all__ = ["Goal", "PartRunner", "Stages"]

_LOG = logging.getLogger("neurosyn.run.stages")

Goal = Literal["train", "compile", "place", "simulate"]
"""A command that works through the stages up to its own."""

PartRunner = Callable[["PartedRun", StageProgress], str]
"""Simulates the missing parts of a run, and returns a note for the progress display."""


class Stages:
    """One scenario in its run folder.

    Parameters
    ----------
    scenario
        Options of every stage.
    out
        The run folder; ``runs/NAME-HASH`` by default.
    force
        Repeat stages that are up to date.
    goal
        The command, of `GOALS`, for the number of stages that `progress` counts.
    """

    GOALS: ClassVar[dict[Goal, int]] = {"train": 2, "compile": 3, "place": 4, "simulate": 6}
    """The number of stages that each command needs."""

    STAGES = GOALS["simulate"]
    """The number of all stages."""

    checkpoint_every_s = EVERY_S
    """Least number of seconds between checkpoints of a simulation in this process."""

    def __init__(
        self, scenario: Scenario, out: Path | None = None, *, force: bool = False, goal: Goal = "simulate"
    ) -> None:
        self.scenario = scenario
        self.folder = RunFolder(out or Path("runs") / f"{scenario.name}-{scenario.digest()}")
        self.inputs = RunInputs(scenario)
        self._force = force
        self._goal = goal
        self._keys: dict[str, str] = {}
        self._finished_only = False

    @classmethod
    def open(
        cls,
        goal: Goal,
        scenario: Path | Mapping[str, Any],
        *,
        profile: str | None = None,
        changes: Mapping[str, Any] | None = None,
        out: Path | None = None,
        force: bool = False,
    ) -> Self:
        """Return the stages of a scenario for one of `GOALS`.

        Parameters
        ----------
        goal
            The command; ``train`` trains also where the scenario names a trained model.
        scenario
            The scenario file, or the scenario's tables.
        profile, changes
            As of `neurosyn.scenario.scenario.load_scenario`.
        out, force
            As of the class.

        Raises
        ------
        ScenarioError
            With every mistake, one a line.
        """
        if goal == "train":
            changes = {**(changes or {}), "train.model": ""}
        return cls(load_scenario(scenario, profile=profile, changes=changes), out, force=force, goal=goal)

    def progress(self, *, quiet: bool = False) -> StageProgress:
        """Return a display on stderr that counts the stages of the goal."""
        return StageProgress(self.GOALS[self._goal], quiet=quiet)

    # Each command needs the stages up to its own.

    def simulate(
        self,
        progress: StageProgress,
        jobs: int | None = None,
        run_parts: PartRunner | None = None,
        *,
        part_frames: int = PART_FRAMES,
        adopt: Path | None = None,
        wait: bool = False,
    ) -> dict[str, Any]:
        """Go through all stages and return the summary (the document of ``simulate --json``).

        Parameters
        ----------
        progress
            Shows the stages.
        jobs
            Ticks that may be played in time at once; by default as many as there are processors.
        run_parts
            Simulates the missing parts of the frames, in whatever processes; None: the frames are simulated here. The
            results are the same.
        part_frames
            Frames of a part.
        adopt
            A run folder whose first stages' files are taken over, as far as they are those of this run.
        wait
            Wait for another process that is using the run folder.

        Raises
        ------
        FolderInUseError
            If another process is using the run folder.
        DataError
            If the trace could not be written, after everything else has been.
        """
        with self._in_folder(wait=wait):
            if adopt is not None:
                self.folder.adopt(adopt)
            outcomes = self._placed(progress)
            self._simulation(progress, outcomes, jobs, run_parts, part_frames)
            self.folder.drop_checkpoint()
            summary = self._report(progress).summary
            if not self._has_trace():
                raise DataError(
                    f"{self.folder.trace}: the trace could not be written, the other results are whole; correct the "
                    "cause, and the same command records it"
                )
            return summary

    def train(self, progress: StageProgress, packed: Path | None = None, command: str = "") -> dict[str, Any]:
        """Train, or resume a training, and return the model's file and its accuracy on the test frames.

        `packed` is a file for the model as it goes on the chip, with leaks in place of normalisation; `command` is kept
        in it.
        """
        with self._in_folder():
            source = self._source(progress)
            model = self._model(progress)
        if isinstance(model, SpikingModel):
            raise ScenarioError(f"{self.scenario.path}: {model.name} is trained already; use `neurosyn simulate`")
        return {
            "model": str(self.folder.model),
            "accuracy": measure_model(model, self.inputs, packed, command),
            "frames": len(self.inputs.frames.split),
            "dataset": {"name": source.info.name, "official": source.info.official},
            "training": model.provenance,
        }

    def compile(self, progress: StageProgress) -> dict[str, Any]:
        """Compile and return the use of the cores."""
        from neurosyn.compiler.utilisation import summarise

        with self._in_folder():
            self._source(progress)
            model = self._model(progress)
            program = self._program(progress, model)
        return {
            "program": str(self.folder.program),
            "network": describe_layers(model, program),
            "utilisation": summarise(program),
        }

    def place(self, progress: StageProgress) -> dict[str, Any]:
        """Place and return the mean route of this placement and of a row-by-row one."""
        with self._in_folder():
            _, program, placement = self._placed(progress)
        plain: Any = registry.get("placers", "row_major")
        row_major = place_program(program, self._chip(program.cores).board, plain(), seed=0)
        return {
            "placement": str(self.folder.placement),
            "cores": program.cores,
            "mean_hops": {
                self.scenario.kind("place"): mean_hops(program, placement),
                "row_major": mean_hops(program, row_major),
            },
        }

    # The stages.

    def _source(self, progress: StageProgress) -> DataSource:
        with progress.stage("data") as notes:
            source = self.inputs.source
            notes.append(source.info.name)
            if source.used_stand_in:
                notes.append("in place of files that are not here; `neurosyn data check` on the scenario names them")
        return source

    def _model(self, progress: StageProgress) -> Model | SpikingModel:
        from neurosyn.model.model_file import load_model, save_model

        with progress.stage("train") as notes:
            if self.inputs.is_spiking:
                spiking = self.inputs.spiking_model
                self._set_key("train", self._tables("network", "encoder"), *self.inputs.plugin_facts("network"))
                notes.append(f"trained network {spiking.name}")
                return spiking
            file = self.inputs.model_file
            if file is not None:
                model = load_model(file)
                self.inputs.check_model(model, file)
                self._set_key(
                    "train",
                    self.scenario.plugin_digests(),
                    file.name,
                    sha256_file(file),
                    *self.inputs.plugin_facts("network"),
                    code=False,
                )
                if self._pending("train"):
                    self._store("train", self.folder.model, partial(save_model, model))
                notes.append(f"trained model {file.name}")
                return model
            self._set_key(
                "train",
                self.scenario.plugin_digests(),
                self._tables("seed", "data", "encoder", "network", self.inputs.train_table),
                self.inputs.fingerprint(),
                *self.inputs.plugin_facts("data", "encoder", "network", self.inputs.train_table),
                code=False,
            )
            if self._pending("train"):
                model = train_network(self.scenario, self.inputs, self.folder, progress)
                self._store("train", self.folder.model, partial(save_model, model))
                notes.append(f"trained on {self.inputs.source.info.name}")
            else:
                model = load_model(self.folder.model)
                notes.append("up to date")
        return model

    def _program(self, progress: StageProgress, model: Model | SpikingModel) -> Program:
        from neurosyn.formats.program_file import load_program, save_program

        with progress.stage("compile") as notes:
            chip = self.scenario.options("chip", ChipOptions).description
            self._set_key("compile", self._keys["train"], self._tables("compile"), chip.core.model_dump(), chip.limits)
            if self._pending("compile"):
                options = self.scenario.options("compile", CompileOptions).for_chip(chip)
                program = compile_model(model, options, progress.update, chip)
                self._store("compile", self.folder.program, partial(save_program, program))
            else:
                program = load_program(self.folder.program)
                notes.append("up to date")
            notes.append(f"{program.cores:,} cores")
        return program

    def _placement(self, progress: StageProgress, program: Program) -> Placement:
        from neurosyn.formats.placement_file import load_placement, save_placement

        with progress.stage("place") as notes:
            board = self._chip(program.cores).board
            seed = self.scenario.seed_of("place")
            facts = self.inputs.plugin_facts("place")
            defects = self.scenario.options("defects", DefectOptions)
            avoided = defects.dead_xy(board.mesh) if defects.remap and defects.has_dead_cores else None
            fixed = [] if avoided is None else avoided.tolist()
            self._set_key("place", self._keys["compile"], self._tables("place"), asdict(board), seed, fixed, *facts)
            if self._pending("place"):
                placer = self.scenario.options("place", Placer)  # type: ignore[type-abstract]
                placement = place_program(program, board, placer, seed, progress.update, dead=avoided)
                self._store("place", self.folder.placement, partial(save_placement, placement))
            else:
                placement = load_placement(self.folder.placement)
                notes.append("up to date")
            notes.append(f"mean route {mean_hops(program, placement):.1f} hops")
        return placement

    def _placed(self, progress: StageProgress) -> PlacedProgram:
        """Go through the stages up to the placement."""
        self._source(progress)
        model = self._model(progress)
        program = self._program(progress, model)
        return PlacedProgram(model, program, self._placement(progress, program))

    def _set_simulation_key(self) -> None:
        self._set_key(
            "simulate",
            self._keys["place"],
            self._tables("name", "title", "seed", "data", "encoder", "chip", "defects", "simulate", "trace"),
            self.scenario.resolved.get("probes", []),
            self.inputs.fingerprint(),
            *self.inputs.plugin_facts("data", "encoder", "probes"),
        )

    def _parted(self, outcomes: PlacedProgram, jobs: int | None, part_frames: int) -> PartedRun:
        from neurosyn.run.parts import PartedRun

        self._set_simulation_key()
        key = self._keys["simulate"]
        return PartedRun(self.scenario, self.inputs, self.folder, outcomes, key, frames=part_frames, jobs=jobs)

    def _simulation(
        self,
        progress: StageProgress,
        outcomes: PlacedProgram,
        jobs: int | None,
        run_parts: PartRunner | None,
        part_frames: int,
        shards: Sequence[Path] = (),
    ) -> None:
        from neurosyn.run.frame_simulation import simulate_test_frames

        with progress.stage("simulate") as notes:
            self._set_simulation_key()
            if not self._pending("simulate"):
                notes.append("up to date")
                return
            run = self._parted(outcomes, jobs, part_frames) if run_parts or shards else None
            if run is not None and run_parts is not None and run.obstacle is not None:
                notes.append(f"in this process, since {run.obstacle}")
                run = None
            if run is None:
                require_memory(outcomes.program.cores, free_memory(), "this process")
                checkpoint = self.folder.tick_checkpoint(self._keys["simulate"], self.checkpoint_every_s)
                summary = simulate_test_frames(
                    self.scenario, self.inputs, self.folder, outcomes, progress, jobs, checkpoint
                )
            else:
                if run_parts is not None:
                    notes.append(run_parts(run, progress))
                summary = run.join(progress.update, shards)
            if self._has_trace():
                self._done("simulate", *self.folder.results)
                if run_parts is not None and run is not None:
                    run.clear()
            else:
                # The recorder has warned of the cause. The results stand; the next run records again.
                notes.append("without a trace")
            frames, wanted = summary["dataset"]["frames"], self.scenario.options("simulate", SimulateOptions).frames
            fewer = f" (all there are; {wanted:,} asked for)" if (wanted or 0) > frames else ""
            notes.append(f"{frames:,} frames{fewer}")
            notes.append(f"{summary['mismatched_frames']} differ from the trained network")
            notes.extend(f"DEVIATION {sentence}" for sentence in summary.get("deviations", []))

    def _has_trace(self) -> bool:
        from neurosyn.trace.schema import MANIFEST

        path: Path = self.folder.trace / MANIFEST
        return path.is_file()

    def _report(self, progress: StageProgress) -> FinishedRun:
        from neurosyn.analysis.finished_run import FinishedRun
        from neurosyn.report.page import write_report

        with progress.stage("report") as notes:
            run = FinishedRun(self.folder.path)
            self._set_key("report", self._keys["simulate"])
            if self._pending("report"):
                write_report(self.folder.report, run)
                self._done("report", self.folder.report)
            else:
                notes.append("up to date")
            notes.append(str(self.folder.report))
        return run

    # What the stages share.

    @contextlib.contextmanager
    def _in_folder(self, *, wait: bool = False) -> Iterator[None]:
        """Lock the run folder and write its scenario, so that a folder that cannot be written fails at once."""
        with self.folder.in_use(wait=wait):
            self.folder.write_scenario(self.scenario.to_toml())
            yield

    def _chip(self, cores: int) -> ChipOptions:
        """Return the chip's options, with a board for so many cores."""
        return self.scenario.options("chip", ChipOptions).fitted(cores)

    def _tables(self, *names: str) -> list[Any]:
        return [self.scenario.table(name) for name in names]

    def _set_key(self, stage: str, *parts: Any, code: bool = True) -> None:
        self._keys[stage] = RunFolder.key(stage, *parts, code=code)

    def _pending(self, stage: str) -> bool:
        """Whether a stage must run."""
        if not self._force and self.folder.up_to_date(stage, self._keys[stage]):
            _LOG.debug("%s: up to date in %s", stage, self.folder.path)
            return False
        if self._finished_only:
            raise self._other(stage)
        _LOG.debug("%s: must be done in %s (key %.12s)", stage, self.folder.path, self._keys[stage])
        if self._force and self.folder.forget(stage) and stage == "train":
            # A finished training goes on from its last checkpoint, which would train nothing.
            shutil.rmtree(self.folder.checkpoints, ignore_errors=True)
        return True

    def _other(self, stage: str) -> DataError:
        return DataError(
            f"{self.folder.path}: {stage} is another one to this process: the code, the packages or the data of this "
            "worker differ from those of the command, or the folder was changed; install the same versions and give "
            "all workers the same data folder (NEUROSYN_DATA)"
        )

    def _store(self, stage: str, path: Path, save: Callable[[Path], None]) -> None:
        """Write the one file of a stage, after the summary of the older file is removed."""
        self.folder.retract()
        save(path)
        self._done(stage, path)

    def _done(self, stage: str, *outputs: Path) -> None:
        self.folder.done(stage, self._keys[stage], list(outputs))
