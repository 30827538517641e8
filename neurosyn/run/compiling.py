"""Compilation of a run's network: of layers, or with state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.program import Program
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.options import CompileOptions
from neurosyn.importing.model import SpikingModel
from neurosyn.model.model import Model
from neurosyn.network.layer_table import network_table

__all__ = ["compile_model", "describe_layers"]


def compile_model(
    model: Model | SpikingModel,
    options: CompileOptions,
    progress: Callable[[int, int, str], None],
    chip: ChipDescription,
) -> Program:
    """Return the program of a network."""
    if isinstance(model, SpikingModel):
        return model.compile().program
    return compile_network(model, options, progress, chip)


def describe_layers(model: Model | SpikingModel, program: Program) -> list[dict[str, Any]]:
    """Return a row for each layer, or for each node of a network with state."""
    if isinstance(model, SpikingModel):
        return [dict(node) for node in model.rate(program)]
    return network_table(model.network)
