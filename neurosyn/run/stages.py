"""The stages in order: scenario → data → train → compile → place → simulate → trace → report.

Each stage leaves one file in the run folder and is skipped while nothing that decides its outcome has changed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.compiler.options import CompileOptions
from neurosyn.data.source import DataSource
from neurosyn.engine.options import SimulateOptions
from neurosyn.errors import DataError, PluginError
from neurosyn.model.model import Model
from neurosyn.placement.expected_traffic import mean_hops
from neurosyn.placement.place import place_program, require_room
from neurosyn.placement.placer import Placer
from neurosyn.registry import blame, registry
from neurosyn.run.folder import RunFolder
from neurosyn.run.inputs import RunData
from neurosyn.run.probes import RunProbes
from neurosyn.run.provenance import provenance
from neurosyn.scenario.scenario import Scenario
from neurosyn.support.files import sha256_file, write_json, write_npz, write_text
from neurosyn.support.progress import StageProgress
from neurosyn.support.untrusted import read_npz
from neurosyn.training.learning_curve import draw_history, save_history
from neurosyn.training.trainer import Trainer, TrainingContext, require_trainable

if TYPE_CHECKING:
    from neurosyn.chip.program import Program

__all__ = ["Stages", "read_summary", "write_run_report"]

_LOG = logging.getLogger("neurosyn.run.stages")

_SAMPLES = 256
"""Frames whose images are kept for the report page."""


class Stages:
    """One scenario in its run folder.

    Parameters
    ----------
    scenario
        What to do.
    out
        The run folder; ``runs/NAME-HASH`` by default.
    force
        Repeat stages that are up to date.
    """

    STAGES = 6

    def __init__(self, scenario: Scenario, out: Path | None = None, *, force: bool = False) -> None:
        self.scenario = scenario
        self.folder = RunFolder(out or Path("runs") / f"{scenario.name}-{scenario.digest()}")
        self.data = RunData(scenario)
        self._force = force
        self._keys: dict[str, str] = {}

    # Each command needs the stages up to its own.

    def simulate(self, progress: StageProgress, jobs: int | None = None) -> dict[str, Any]:
        """Do every stage and return the summary (the document of ``simulate --json``).

        `jobs` says how many ticks may be played in time at once; by default as many as there are processors.
        """
        with self._in_folder():
            self._source(progress)
            model = self._model(progress)
            program = self._program(progress, model)
            placement = self._placement(progress, program)
            self._simulation(progress, model, program, placement, jobs)
            return self._report(progress)

    def train(self, progress: StageProgress, packed: Path | None = None, command: str = "") -> dict[str, Any]:
        """Train (or resume) and return where the model is and how good it is on the test frames.

        `packed` names a file for the model as it goes on the chip, with leaks in place of normalisation; `command` is
        kept in it as what made it.
        """
        from neurosyn.compiler.fold import fold
        from neurosyn.model.inference import infer, predict
        from neurosyn.model.model_file import save_model

        with self._in_folder():
            source = self._source(progress)
            model = self._model(progress)
        labels = self.data.frames.split.labels
        answers = predict(model.network, infer(model, self.data.input_spikes(model)))
        accuracy = float((answers == labels).mean())
        if packed is not None:
            measured = {"test_accuracy": accuracy, "test_dataset": source.info.name, "test_frames": len(labels)}
            model.provenance.update(measured | ({"command": command} if command else {}))
            save_model(fold(model), packed)
        return {
            "model": str(self.folder.model),
            "accuracy": accuracy,
            "frames": len(labels),
            "dataset": {"name": source.info.name, "official": source.info.official},
            "training": model.provenance,
        }

    def compile(self, progress: StageProgress) -> dict[str, Any]:
        """Compile and return the use of the cores."""
        from neurosyn.compiler.utilisation import summarise
        from neurosyn.network.layer_table import network_table

        with self._in_folder():
            self._source(progress)
            model = self._model(progress)
            program = self._program(progress, model)
        return {
            "program": str(self.folder.program),
            "network": network_table(model.network),
            "utilisation": summarise(program),
        }

    def place(self, progress: StageProgress) -> dict[str, Any]:
        """Place and return the mean route of this placement and of the plain one."""
        with self._in_folder():
            self._source(progress)
            model = self._model(progress)
            program = self._program(progress, model)
            placement = self._placement(progress, program)
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
        with progress.stage("data") as said:
            source = self.data.source
            said.append(source.info.name)
            if source.used_stand_in:
                said.append("in place of files that are not here; `neurosyn data check` on the scenario names them")
        return source

    def _model(self, progress: StageProgress) -> Model:
        from neurosyn.model.model_file import load_model, save_model

        with progress.stage("train") as said:
            file = self.data.model_file
            if file is not None:
                model = load_model(file)
                self.data.check_model(model, file)
                self._set_key("train", self.scenario.plugin_digests(), file.name, sha256_file(file), code=False)
                if self._pending("train"):
                    self._store("train", self.folder.model, partial(save_model, model))
                said.append(f"trained model {file.name}")
                return model
            self._set_key(
                "train",
                self.scenario.plugin_digests(),
                self._tables("seed", "data", "encoder", "network", self.data.train_table),
                self.data.fingerprint(),
                code=False,
            )
            if self._pending("train"):
                model = self._train(progress)
                self._store("train", self.folder.model, partial(save_model, model))
                said.append(f"trained on {self.data.source.info.name}")
            else:
                model = load_model(self.folder.model)
                said.append("up to date")
        return model

    def _train(self, progress: StageProgress) -> Model:
        def report(state: dict[str, Any]) -> None:
            if state.get("history"):
                save_history(state["history"], self.folder.learning_table)
            notes = [f"epoch {state['epoch']}/{state['epochs']}"] if "epochs" in state else []
            for key, name in (("loss", "loss"), ("accuracy", "acc"), ("validation_accuracy", "val")):
                if state.get(key) is not None:
                    notes.append(f"{name} {state[key]:.3f}")
            if state.get("images_per_second"):
                notes.append(f"{state['images_per_second']:.0f} images/s")
            done, total = int(state.get("step", 0)), int(state.get("steps", 0))
            progress.update(done, total, ", ".join(notes), state.get("seconds_left"))

        self._check_before_training()
        scenario, source = self.scenario, self.data.source
        table = self.data.train_table
        trainer = scenario.options(table, Trainer)  # type: ignore[type-abstract]
        data = self.data.training_data(progress.update)
        context = TrainingContext(self.folder.checkpoints, scenario.seed_of("train"), report)
        with blame("trainers", scenario.kind(table), "train"):
            model = trainer.train(self.data.network, data, context)
        if not isinstance(model, Model):
            raise PluginError(
                f"plugin trainers/{scenario.kind(table)}: train() returned {type(model).__name__}, not a Model; "
                "correct the plugin"
            )
        model.provenance.update(
            {
                "dataset": source.info.name,
                "classes": list(source.info.classes),
                "official": source.info.official,
                "images": len(data.train),
                "scenario": scenario.name,
                "seed": scenario.seed,
                "trainer": scenario.table(table),
                "data": self.data.fingerprint(),
            }
        )
        if history := model.provenance.get("history"):
            save_history(history, self.folder.learning_table)
            draw_history(history, self.folder.learning_curve, scenario.title or scenario.name)
        return model

    def _check_before_training(self) -> None:
        """Refuse now what would be refused after a training that may take hours."""
        from neurosyn.compiler.compile import count_cores

        table = self.data.train_table
        trainer = self.scenario.options(table, Trainer)  # type: ignore[type-abstract]
        require_trainable(trainer, self.data.network)
        with blame("trainers", self.scenario.kind(table), "result"):
            network = trainer.result(self.data.network)
        cores = count_cores(network, self.scenario.options("compile", CompileOptions))
        require_room(cores, self._chip(cores).mesh)
        _ = self.data.frames

    def _program(self, progress: StageProgress, model: Model) -> Program:
        from neurosyn.compiler.compile import compile_network
        from neurosyn.formats.program_file import load_program, save_program

        with progress.stage("compile") as said:
            self._set_key("compile", self._keys["train"], self._tables("compile"))
            if self._pending("compile"):
                options = self.scenario.options("compile", CompileOptions)
                program = compile_network(model, options, progress.update)
                self._store("compile", self.folder.program, partial(save_program, program))
            else:
                program = load_program(self.folder.program)
                said.append("up to date")
            said.append(f"{program.cores:,} cores")
        return program

    def _placement(self, progress: StageProgress, program: Program) -> Placement:
        from neurosyn.formats.placement_file import load_placement, save_placement

        with progress.stage("place") as said:
            board = self._chip(program.cores).board
            seed = self.scenario.seed_of("place")
            self._set_key("place", self._keys["compile"], self._tables("place"), asdict(board), seed)
            if self._pending("place"):
                placer = self.scenario.options("place", Placer)  # type: ignore[type-abstract]
                placement = place_program(program, board, placer, seed, progress.update)
                self._store("place", self.folder.placement, partial(save_placement, placement))
            else:
                placement = load_placement(self.folder.placement)
                said.append("up to date")
            said.append(f"mean route {mean_hops(program, placement):.1f} hops")
        return placement

    def _simulation(
        self, progress: StageProgress, model: Model, program: Program, placement: Placement, jobs: int | None
    ) -> None:
        from neurosyn.engine.simulation import simulate_frames
        from neurosyn.model.inference import class_scores, infer
        from neurosyn.run.summary import summarise_frames
        from neurosyn.trace.options import TraceOptions
        from neurosyn.trace.recorder import ParquetRecorder
        from neurosyn.trace.selection import chosen_cores

        with progress.stage("simulate") as said:
            self._set_key(
                "simulate",
                self._keys["place"],
                self._tables("name", "title", "seed", "data", "encoder", "chip", "simulate", "trace"),
                self.scenario.resolved.get("probes", []),
                self.data.fingerprint(),
            )
            if not self._pending("simulate"):
                said.append("up to date")
                return
            split, index = self.data.frames
            bits = self.data.input_spikes(model)
            expected = infer(model, bits)
            chip = self._chip(program.cores)
            options = self.scenario.options("simulate", SimulateOptions)
            chosen_cores(self.scenario.options("trace", TraceOptions), program)  # what is not there is refused now
            self.folder.retract()
            recorder = ParquetRecorder(self.folder.trace, self.scenario.options("trace", TraceOptions))
            probes = RunProbes(self.scenario, (recorder,))
            program = probes.disturb(program)
            result = simulate_frames(
                program,
                placement,
                chip,
                options,
                bits,
                probes=probes.watch,
                progress=progress.update,
                jobs=jobs,
                ticks_per_frame=model.network.ticks_per_frame,
            )
            measured_by_probes = probes.write(self.folder.probes)
            scores = class_scores(model.network, result.spikes)
            predictions = scores.argmax(axis=1)
            measured = summarise_frames(
                program,
                placement,
                chip,
                result,
                labels=split.labels,
                predictions=predictions,
                expected=expected,
                expected_predictions=class_scores(model.network, expected).argmax(axis=1),
            )
            write_npz(
                self.folder.outputs,
                {
                    "index": index.astype(np.int64),
                    "labels": split.labels,
                    "predictions": predictions.astype(np.int32),
                    "scores": scores.astype(np.float32),
                    "spikes": np.packbits(result.spikes, axis=1),
                    "images": split.images[:_SAMPLES],
                },
            )
            document = self._document(model, measured | measured_by_probes)
            write_json(self.folder.provenance, document["provenance"])
            write_json(self.folder.summary, document)
            if _has_trace(self.folder.path):
                self._done("simulate", *self.folder.results)
            else:
                # The recorder's warning has said why. The results stand; another run records again.
                said.append("without a trace")
            fewer = f" (all there are; {options.frames:,} asked for)" if (options.frames or 0) > len(split) else ""
            said.append(f"{len(split):,} frames{fewer}")
            said.append(f"{document['mismatched_frames']} differ from the trained network")
            said.extend(f"DEVIATION {sentence}" for sentence in probes.deviations)

    def _document(self, model: Model, measured: dict[str, Any]) -> dict[str, Any]:
        source = self.data.source
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "seed": self.scenario.seed,
            "dataset": {
                "name": source.info.name,
                "official": source.info.official,
                "stand_in_because": source.reason if source.used_stand_in else None,
                "frames": measured.pop("frames"),
                "classes": list(source.info.classes),
                "licence": source.info.licence,
                "source": source.info.source,
            },
            **measured,
            "model": model.provenance,
            "provenance": provenance(),
            "run": str(self.folder.path),
        }

    def _report(self, progress: StageProgress) -> dict[str, Any]:
        with progress.stage("report") as said:
            self._set_key("report", self._keys["simulate"])
            if self._pending("report"):
                write_run_report(self.folder.path)
                self._done("report", self.folder.report)
            else:
                said.append("up to date")
            said.append(str(self.folder.report))
        return read_summary(self.folder.path)

    # What the stages share.

    @contextlib.contextmanager
    def _in_folder(self) -> Iterator[None]:
        """Work in the run folder. Its scenario is written first: a folder that cannot be written fails now."""
        with self.folder.in_use():
            text = self.scenario.to_toml()
            if not _holds(self.folder.scenario, text):
                write_text(self.folder.scenario, text)
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
        _LOG.debug("%s: must be done in %s (key %.12s)", stage, self.folder.path, self._keys[stage])
        if self._force and self.folder.forget(stage) and stage == "train":
            # It was finished: going on from its last checkpoint would be no training.
            shutil.rmtree(self.folder.checkpoints, ignore_errors=True)
        return True

    def _store(self, stage: str, path: Path, save: Callable[[Path], None]) -> None:
        """Write the one file of a stage; what described the file before it goes first."""
        self.folder.retract()
        save(path)
        self._done(stage, path)

    def _done(self, stage: str, *outputs: Path) -> None:
        self.folder.done(stage, self._keys[stage], list(outputs))


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the summary of a finished run."""
    path = folder / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"{folder}: holds no finished run (no summary.json); run `neurosyn simulate` first") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is damaged ({error}); run `neurosyn simulate` again") from error
    if not isinstance(summary, dict):
        raise DataError(f"{path}: is not the summary of a run; run `neurosyn simulate` again")
    return summary


def write_run_report(folder: Path, out: Path | None = None) -> Path:
    """Write the report page of a finished run and return its path.

    Raises
    ------
    DataError
        If there is no finished run in the folder, or its files are damaged or were changed.
    """
    from neurosyn.analysis.evaluation import Evaluation
    from neurosyn.report.page import write_report
    from neurosyn.trace.reader import Trace

    run = RunFolder(folder)
    summary = read_summary(folder)
    for file in (run.summary, run.outputs):
        if not run.intact(file):
            raise DataError(f"{file}: is missing or was changed after the run; run `neurosyn simulate` again")
    outputs = read_npz(run.outputs)
    try:
        evaluation = Evaluation(
            labels=outputs["labels"],
            predictions=outputs["predictions"],
            classes=tuple(summary["dataset"]["classes"]),
            scores=outputs["scores"],
            images=outputs["images"],
        )
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{folder}: summary.json and outputs.npz are not those of a run ({error!r}); run `neurosyn simulate` again"
        ) from error
    trace = Trace(run.trace) if _has_trace(folder) else None
    path = out or run.report
    write_report(path, summary, trace, evaluation)
    return path


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _has_trace(folder: Path) -> bool:
    return (folder / "trace" / "trace.json").is_file()
