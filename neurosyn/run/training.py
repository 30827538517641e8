"""Training stage: the network of a scenario, trained on its data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neurosyn.compiler.fold import fold
from neurosyn.errors import PluginError
from neurosyn.model.inference import infer, predict
from neurosyn.model.model import Model
from neurosyn.model.model_file import save_model
from neurosyn.network.layer_table import summarise_network
from neurosyn.network.network import Network
from neurosyn.registry import blame
from neurosyn.run.check import require_outcome
from neurosyn.run.folder import RunFolder
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import Scenario
from neurosyn.support.progress import StageProgress
from neurosyn.training.learning_curve import draw_history, save_history
from neurosyn.training.trainer import Trainer, TrainingContext

__all__ = ["measure_model", "train_network"]


def train_network(scenario: Scenario, inputs: RunInputs, folder: RunFolder, progress: StageProgress) -> Model:
    """Train the scenario's network, or go on from a checkpoint in the run folder.

    The learning curve is written as the training goes on.

    Raises
    ------
    ChipLimitError, DataError
        Before the training, if its outcome would not fit the chip or the test frames cannot be loaded.
    PluginError
        If the trainer breaks its contract.
    """
    outcome = require_outcome(scenario, inputs)
    _ = inputs.frames
    table = inputs.train_table
    trainer = scenario.options(table, Trainer)  # type: ignore[type-abstract]
    data = inputs.training_data(progress.update)
    for line in _network_lines(*outcome):
        progress.line(f"      {line}")

    def report(state: dict[str, Any]) -> None:
        if state.get("history"):
            save_history(state["history"], folder.learning_table)
        done, total = int(state.get("step", 0)), int(state.get("steps", 0))
        progress.update(done, total, _progress_note(state), state.get("seconds_left"))

    context = TrainingContext(folder.checkpoints, scenario.seed_of("train"), report)
    with blame("trainers", scenario.kind(table), "train"):
        model = trainer.train(inputs.network, data, context)
    if not isinstance(model, Model):
        raise PluginError(
            f"plugin trainers/{scenario.kind(table)}: train() returned {type(model).__name__}, not a Model; "
            "correct the plugin"
        )
    model.provenance.update(
        {
            "dataset": inputs.source.info.name,
            "classes": list(inputs.source.info.classes),
            "official": inputs.source.info.official,
            "images": len(data.train),
            "scenario": scenario.name,
            "seed": scenario.seed,
            "trainer": scenario.table(table),
            "data": inputs.fingerprint(),
        }
    )
    # In the order in which a model file has it: a run that loads the model ends with the same summary.
    ordered = json.loads(json.dumps(model.provenance, sort_keys=True))
    model.provenance.clear()
    model.provenance.update(ordered)
    if history := model.provenance.get("history"):
        save_history(history, folder.learning_table)
        draw_history(history, folder.learning_curve, scenario.title or scenario.name)
    return model


def measure_model(model: Model, inputs: RunInputs, packed: Path | None = None, command: str = "") -> float:
    """Return the accuracy of a model on the test frames.

    `packed` is a file for the model as it goes on the chip, with leaks in place of normalisation; `command` is kept in
    it.
    """
    labels = inputs.frames.split.labels
    accuracy = float((predict(model.network, infer(model, inputs.input_spikes(model))) == labels).mean())
    if packed is not None:
        measured = {"test_accuracy": accuracy, "test_dataset": inputs.source.info.name, "test_frames": len(labels)}
        model.provenance.update(measured | ({"command": command} if command else {}))
        save_model(fold(model), packed)
    return accuracy


def _network_lines(network: Network, cores: list[int]) -> list[str]:
    """Return the layers as a table; `cores` are those of the input's splitters and of each layer on the chip."""
    rows = summarise_network(network)
    per_layer = dict(zip((layer.name for layer in network.on_chip), cores[1:], strict=True))
    cells: list[tuple[str, ...]] = [
        ("layer", "output", "fan-in", "neurons", "weights", "cores"),
        ("input", "", "", "", "", f"{cores[0]:,}"),
    ]
    for row in rows:
        numbers = [f"{number:,}" for number in (row.fan_in, row.neurons, row.weights)]
        on_chip = f"{per_layer[row.name]:,}" if row.name in per_layer else "off chip"
        cells.append((row.name, str(row.output), *numbers, on_chip))
    cells.append(("all", "", "", "", "", f"{sum(cores):,}"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _progress_note(state: dict[str, Any]) -> str:
    """Return a trainer's report as a line: epoch, loss, accuracies and speed, as far as it has them."""
    notes = [f"epoch {state['epoch']}/{state['epochs']}"] if "epochs" in state else []
    for key, name in (("loss", "loss"), ("accuracy", "acc"), ("validation_accuracy", "val")):
        if state.get(key) is not None:
            notes.append(f"{name} {state[key]:.3f}")
    if state.get("images_per_second"):
        notes.append(f"{state['images_per_second']:.0f} images/s")
    return ", ".join(notes)
