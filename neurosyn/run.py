"""The stages in order: scenario → data → train → compile → place → simulate → trace → report.

Each stage leaves one file in the run folder and is skipped while nothing that decides its outcome has changed.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosyn.errors import DataError, ScenarioError
from neurosyn.files import write_json, write_npz, write_text
from neurosyn.provenance import provenance
from neurosyn.rundir import RunFolder

if TYPE_CHECKING:
    from neurosyn.chip.program import Program
    from neurosyn.data.dataset import DataContext, Split, SplitName
    from neurosyn.data.source import DataSource
    from neurosyn.network.network import Network
    from neurosyn.placement.placement import Placement
    from neurosyn.progress import StageProgress
    from neurosyn.scenario.scenario import Scenario
    from neurosyn.training.model import Model

__all__ = ["Run", "write_run_report"]

_SAMPLES = 256
"""Frames whose images are kept for the report page."""


class Run:
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
        self._force = force
        self._keys: dict[str, str] = {}
        self._sources: dict[str, DataSource] = {}

    # Each command needs the stages up to its own.

    def simulate(self, progress: StageProgress) -> dict[str, Any]:
        """Do every stage and return the summary (the document of ``simulate --json``)."""
        source = self._data(progress)
        model = self._model(progress)
        program = self._program(progress, model)
        placement = self._placement(progress, program)
        self._simulation(progress, source, model, program, placement)
        return self._report(progress)

    def train(self, progress: StageProgress, packed: Path | None = None) -> dict[str, Any]:
        """Train (or resume) and return where the model is and how good it is on the test frames.

        `packed` names a file for the model as it goes on the chip, with leaks in place of normalisation.
        """
        from neurosyn.compiler.fold import fold
        from neurosyn.training.model_file import save_model

        source = self._data(progress)
        model = self._model(progress)
        frames, _ = self._frames(source)
        accuracy = float((_predict(model, self._bits(model, frames)) == frames.labels).mean())
        if packed is not None:
            measured = {"test_accuracy": accuracy, "test_dataset": source.info.name, "test_frames": len(frames)}
            model.provenance.update(measured)
            save_model(fold(model), packed)
        return {
            "model": str(self.folder.model),
            "accuracy": accuracy,
            "frames": len(frames),
            "dataset": {"name": source.info.name, "official": source.info.official},
            "training": model.provenance,
        }

    def compile(self, progress: StageProgress) -> dict[str, Any]:
        """Compile and return the use of the cores."""
        from neurosyn.compiler.summary import summarise
        from neurosyn.network.summary import network_table

        self._data(progress)
        model = self._model(progress)
        program = self._program(progress, model)
        return {
            "program": str(self.folder.program),
            "network": network_table(model.network),
            "utilisation": summarise(program),
        }

    def place(self, progress: StageProgress) -> dict[str, Any]:
        """Place and return the mean route of this placement and of the plain one."""
        from neurosyn.chip.options import ChipOptions
        from neurosyn.placement.cost import mean_hops
        from neurosyn.placement.place import place_program
        from neurosyn.registry import registry

        self._data(progress)
        model = self._model(progress)
        program = self._program(progress, model)
        placement = self._placement(progress, program)
        mesh = self.scenario.options("chip", ChipOptions).mesh
        plain: Any = registry.get("placers", "row_major")
        row_major = place_program(program, mesh, plain(), seed=0)
        return {
            "placement": str(self.folder.placement),
            "cores": program.cores,
            "mean_hops": {
                self.scenario.kind("place"): mean_hops(program, placement),
                "row_major": mean_hops(program, row_major),
            },
        }

    # The stages.

    def source(self, split: SplitName) -> DataSource:
        """Return the data set that the scenario uses here for `split`: its own, or the stand-in."""
        from neurosyn.data.dataset import Dataset
        from neurosyn.data.source import load_source

        if split not in self._sources:
            dataset = self.scenario.options("data", Dataset)  # type: ignore[type-abstract]
            stand_in = (
                self.scenario.options("data.stand_in", Dataset)  # type: ignore[type-abstract]
                if self.scenario.has("data.stand_in")
                else None
            )
            self._sources[split] = load_source(dataset, stand_in, self._data_context(), split)
        return self._sources[split]

    def _data(self, progress: StageProgress) -> DataSource:
        with progress.stage("data") as said:
            source = self.source("test")
            said.append(source.info.name)
            if source.used_stand_in:
                said.append(f"stand-in, because {source.reason}")
        return source

    def _model(self, progress: StageProgress) -> Model:
        from neurosyn.training.model_file import load_model, save_model
        from neurosyn.training.source import ModelSource

        with progress.stage("train") as said:
            file = self.scenario.options("train.extra", ModelSource).file()
            if file is not None:
                model = load_model(file)
                self._check_model(model, file)
                self._keys["train"] = RunFolder.key("train", file.name, zlib.crc32(file.read_bytes()), code=False)
                if self._pending("train"):
                    save_model(model, self.folder.model)
                    self.folder.done("train", self._keys["train"], [self.folder.model])
                said.append(f"trained model {file.name}")
                return model
            train_source = self.source("train")
            self._keys["train"] = RunFolder.key(
                "train",
                *(self.scenario.resolved[table] for table in ("seed", "data", "encoder", "network", "train")),
                train_source.dataset.fingerprint(train_source.context),
                train_source.info.name,
                code=False,
            )
            if self._pending("train"):
                model = self._train(progress, train_source)
                save_model(model, self.folder.model)
                self.folder.done("train", self._keys["train"], [self.folder.model])
                said.append(f"trained on {train_source.info.name}")
            else:
                model = load_model(self.folder.model)
                said.append("up to date")
        return model

    def _train(self, progress: StageProgress, source: DataSource) -> Model:
        from neurosyn.data.encoder import Encoder
        from neurosyn.training.source import ModelSource
        from neurosyn.training.split import hold_out
        from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData

        choice = self.scenario.options("train.extra", ModelSource)
        rng = np.random.default_rng(self._seed("split"))
        context = self._data_context(progress)
        train, validation = hold_out(source.dataset.load("train", context), choice.validation, choice.images, rng)
        encoder = self.scenario.options("encoder", Encoder)  # type: ignore[type-abstract]
        trainer = self.scenario.options("train", Trainer)  # type: ignore[type-abstract]

        def report(state: dict[str, Any]) -> None:
            notes = [f"epoch {state['epoch']}/{state['epochs']}"] if "epochs" in state else []
            for key, name in (("loss", "loss"), ("accuracy", "acc"), ("validation_accuracy", "val")):
                if state.get(key) is not None:
                    notes.append(f"{name} {state[key]:.3f}")
            if state.get("images_per_second"):
                notes.append(f"{state['images_per_second']:.0f} images/s")
            progress.update(int(state.get("step", 0)), int(state.get("steps", 0)), ", ".join(notes))

        model = trainer.train(
            self._network(source),
            TrainingData(train, validation, encoder, self.scenario.resolved["encoder"]),
            TrainingContext(self.folder.checkpoints, self._seed("train"), report),
        )
        model.provenance.update(
            {
                "dataset": source.info.name,
                "official": source.info.official,
                "images": len(train),
                "scenario": self.scenario.name,
                "seed": self.scenario.seed,
                "trainer": self.scenario.resolved["train"],
            }
        )
        return model

    def _program(self, progress: StageProgress, model: Model) -> Program:
        from neurosyn.compiler.compile import compile_network
        from neurosyn.compiler.options import CompileOptions
        from neurosyn.interop.program_file import load_program, save_program

        with progress.stage("compile") as said:
            options = self.scenario.options("compile", CompileOptions)
            self._keys["compile"] = RunFolder.key("compile", self._keys["train"], self.scenario.resolved["compile"])
            if self._pending("compile"):
                program = compile_network(model, options, progress.update)
                save_program(program, self.folder.program)
                self.folder.done("compile", self._keys["compile"], [self.folder.program])
            else:
                program = load_program(self.folder.program)
                said.append("up to date")
            said.append(f"{program.cores:,} cores")
        return program

    def _placement(self, progress: StageProgress, program: Program) -> Placement:
        from neurosyn.chip.options import ChipOptions
        from neurosyn.placement.cost import mean_hops
        from neurosyn.placement.place import place_program
        from neurosyn.placement.placement import Placer
        from neurosyn.placement.placement_file import load_placement, save_placement

        with progress.stage("place") as said:
            mesh = self.scenario.options("chip", ChipOptions).mesh
            placer = self.scenario.options("place", Placer)  # type: ignore[type-abstract]
            seed = self._seed("place")
            self._keys["place"] = RunFolder.key(
                "place", self._keys["compile"], self.scenario.resolved["place"], [mesh.rows, mesh.columns], seed
            )
            if self._pending("place"):
                placement = place_program(program, mesh, placer, seed, progress.update)
                save_placement(placement, self.folder.placement)
                self.folder.done("place", self._keys["place"], [self.folder.placement])
            else:
                placement = load_placement(self.folder.placement)
                said.append("up to date")
            said.append(f"mean route {mean_hops(program, placement):.1f} hops")
        return placement

    def _simulation(
        self, progress: StageProgress, source: DataSource, model: Model, program: Program, placement: Placement
    ) -> None:
        from neurosyn.chip.options import ChipOptions
        from neurosyn.engine.options import SimulateOptions
        from neurosyn.engine.simulation import simulate_frames
        from neurosyn.report.summary import summarise_frames
        from neurosyn.trace.options import TraceOptions
        from neurosyn.trace.recorder import ParquetRecorder
        from neurosyn.training.inference import class_scores, infer

        with progress.stage("simulate") as said:
            self._keys["simulate"] = RunFolder.key(
                "simulate",
                self._keys["place"],
                *(self.scenario.resolved[table] for table in ("seed", "data", "encoder", "chip", "simulate", "trace")),
                source.dataset.fingerprint(source.context),
                source.info.name,
            )
            if not self._pending("simulate"):
                said.append("up to date")
                return
            frames, index = self._frames(source)
            bits = self._bits(model, frames)
            expected = infer(model, bits)
            chip = self.scenario.options("chip", ChipOptions)
            recorder = ParquetRecorder(self.folder.trace, self.scenario.options("trace", TraceOptions))
            result = simulate_frames(
                program,
                placement,
                chip,
                self.scenario.options("simulate", SimulateOptions),
                bits,
                probes=(recorder,),
                progress=progress.update,
            )
            scores = class_scores(model.network, result.spikes)
            measured = summarise_frames(
                program,
                placement,
                chip,
                result,
                labels=frames.labels,
                predictions=scores.argmax(axis=1),
                expected=expected,
                expected_predictions=class_scores(model.network, expected).argmax(axis=1),
            )
            write_npz(
                self.folder.outputs,
                {
                    "index": index.astype(np.int64),
                    "labels": frames.labels,
                    "predictions": scores.argmax(axis=1).astype(np.int32),
                    "scores": scores.astype(np.float32),
                    "spikes": np.packbits(result.spikes, axis=1),
                    "images": frames.images[:_SAMPLES],
                },
            )
            document = self._document(source, model, measured)
            write_json(self.folder.summary, document)
            write_text(self.folder.path / "scenario.toml", self.scenario.to_toml())
            write_json(self.folder.path / "provenance.json", document["provenance"])
            self.folder.done(
                "simulate", self._keys["simulate"], [self.folder.outputs, self.folder.summary, self.folder.trace]
            )
            said.append(f"{len(frames):,} frames, {document['mismatched_frames']} differ from the trained network")

    def _document(self, source: DataSource, model: Model, document: dict[str, Any]) -> dict[str, Any]:
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "seed": self.scenario.seed,
            "dataset": {
                "name": source.info.name,
                "official": source.info.official,
                "stand_in_because": source.reason if source.used_stand_in else None,
                "frames": document.pop("frames"),
                "classes": list(source.info.classes),
                "licence": source.info.licence,
                "source": source.info.source,
            },
            **document,
            "model": model.provenance,
            "provenance": provenance(),
            "run": str(self.folder.path),
        }

    def _report(self, progress: StageProgress) -> dict[str, Any]:
        with progress.stage("report") as said:
            self._keys["report"] = RunFolder.key("report", self._keys["simulate"])
            if self._pending("report"):
                write_run_report(self.folder.path)
                self.folder.done("report", self._keys["report"], [self.folder.report])
            else:
                said.append("up to date")
            said.append(str(self.folder.report))
        return read_summary(self.folder.path)

    # What the stages share.

    def _pending(self, stage: str) -> bool:
        """Whether a stage must run; its record is dropped then, since its files are about to change."""
        if not self._force and self.folder.up_to_date(stage, self._keys[stage]):
            return False
        self.folder.forget(stage)
        return True

    def _seed(self, stage: str) -> int:
        """Return the seed of one stage: stages do not share random numbers."""
        sequence = np.random.SeedSequence([self.scenario.seed, zlib.crc32(stage.encode())])
        return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))

    def _data_context(self, progress: StageProgress | None = None) -> DataContext:
        from neurosyn.data.folder import data_context

        return data_context(self.scenario.seed, progress.update if progress else None)

    def _network(self, source: DataSource) -> Network:
        from neurosyn.data.encoder import Encoder
        from neurosyn.network.layer import MapShape
        from neurosyn.network.network import build_network
        from neurosyn.network.topology import Topology

        encoder = self.scenario.options("encoder", Encoder)  # type: ignore[type-abstract]
        topology = self.scenario.options("network", Topology)  # type: ignore[type-abstract]
        shape = MapShape(*encoder.shape(source.info.shape))
        classes = len(source.info.classes)
        return build_network(topology.layers(shape, classes), shape, classes, self._seed("network"))

    def _check_model(self, model: Model, file: Path) -> None:
        """Refuse a model that was trained for other data, another encoder or another network than the scenario's."""
        wanted = self._network(self.source("test")).describe()
        described = model.network.describe()
        remedy = "train one with `neurosyn train` or correct the scenario"
        for key, name in (("inputs", "inputs of shape"), ("n_classes", "number of classes")):
            if described[key] != wanted[key]:
                raise ScenarioError(
                    f"{self.scenario.path}: train.model: {file.name} has {name} {described[key]}, the scenario "
                    f"{wanted[key]}; {remedy}"
                )
        if described["layers"] != wanted["layers"]:
            raise ScenarioError(
                f"{self.scenario.path}: train.model: {file.name} holds another network than [network] "
                f"describes; {remedy}"
            )
        if model.encoder != self.scenario.resolved["encoder"]:
            raise ScenarioError(
                f"{self.scenario.path}: train.model: {file.name} was trained with encoder {model.encoder}, the "
                f"scenario says {self.scenario.resolved['encoder']}; {remedy}"
            )

    def _frames(self, source: DataSource) -> tuple[Split, np.ndarray[Any, Any]]:
        """Return the test frames to simulate (all, or as many as asked for, drawn by seed) and their numbers."""
        from neurosyn.engine.options import SimulateOptions

        wanted = self.scenario.options("simulate", SimulateOptions).frames
        split = source.dataset.load("test", self._data_context())
        index = np.arange(len(split))
        if wanted is not None and wanted < len(split):
            index = np.sort(np.random.default_rng(self._seed("frames")).permutation(len(split))[:wanted])
        return split.take(index), index

    def _bits(self, model: Model, frames: Split) -> np.ndarray[Any, Any]:
        """Encode frames and run the off-chip layers: the chip's input spikes."""
        from neurosyn.data.encoder import Encoder
        from neurosyn.training.inference import transduce

        encoder = self.scenario.options("encoder", Encoder)  # type: ignore[type-abstract]
        return transduce(model, encoder.encode(frames.images))


def _predict(model: Model, bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from neurosyn.training.inference import infer, predict

    return predict(model.network, infer(model, bits))


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the summary of a finished run."""
    path = folder / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{folder}: holds no finished run (no summary.json); run `neurosyn simulate` first") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); run `neurosyn simulate` again") from error
    if not isinstance(summary, dict):
        raise DataError(f"{path}: is not the summary of a run; run `neurosyn simulate` again")
    return summary


def write_run_report(folder: Path, out: Path | None = None) -> Path:
    """Write the report page of a finished run and return its path."""
    from neurosyn.analysis.accuracy import Evaluation
    from neurosyn.files import read_npz
    from neurosyn.report.page import write_report
    from neurosyn.trace.trace import Trace

    summary = read_summary(folder)
    outputs = read_npz(folder / "outputs.npz")
    evaluation = Evaluation(
        labels=outputs["labels"],
        predictions=outputs["predictions"],
        classes=tuple(summary["dataset"]["classes"]),
        scores=outputs["scores"],
        images=outputs["images"],
    )
    trace = Trace(folder / "trace") if (folder / "trace" / "trace.json").is_file() else None
    path = out or folder / "report.html"
    write_report(path, summary, trace, evaluation)
    return path
