"""Compilation of a network that has not been trained, for its use of the cores."""

from __future__ import annotations

from typing import Any

from neurosyn.chip.options import ChipOptions
from neurosyn.compiler.options import CompileOptions
from neurosyn.run.check import require_outcome
from neurosyn.run.stages import Stages
from neurosyn.support.progress import StageProgress
from neurosyn.training.trainer import Trainer

__all__ = ["compile_untrained"]


def compile_untrained(stages: Stages, progress: StageProgress) -> dict[str, Any]:
    """Compile the network of a scenario with random weights and return the use of the cores; nothing is written.

    Cores and axons are those of any trained weights; synapses and their density are of random ones.
    """
    from neurosyn.compiler.compile import compile_network
    from neurosyn.compiler.utilisation import summarise
    from neurosyn.network.layer_table import network_table
    from neurosyn.testing.models import random_model

    scenario, inputs = stages.scenario, stages.inputs
    with progress.stage("data") as notes:
        notes.append(inputs.source.info.name)
    require_outcome(scenario, inputs)
    with progress.stage("compile") as notes:
        network = inputs.network
        if inputs.model_file is None:
            network = scenario.options(inputs.train_table, Trainer).result(network)  # type: ignore[type-abstract]
        model = random_model(network, scenario.seed_of("untrained") % 2**32)
        chip = scenario.options("chip", ChipOptions).description
        options = scenario.options("compile", CompileOptions).for_chip(chip)
        program = compile_network(model, options, progress.update, chip)
        notes.append(f"{program.cores:,} cores, with random weights")
    return {"program": None, "network": network_table(network), "utilisation": summarise(program)}
