"""Check of a scenario beyond its options: the network is built, its cores are counted, absent packages are named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from neurosyn.chip.options import ChipOptions
from neurosyn.compiler.compile import count_layer_cores
from neurosyn.compiler.options import CompileOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.errors import BackendError, ChipLimitError, DataError, NeurosynError, PluginError, ScenarioError
from neurosyn.network.network import Network
from neurosyn.options import KeyPath, Options, PluginOptions, dotted
from neurosyn.placement.place import require_room
from neurosyn.registry import blame
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import Scenario
from neurosyn.support.cupy import INSTALL
from neurosyn.training.trainer import Trainer, require_trainable

__all__ = ["Checked", "check_scenario", "require_outcome"]


@dataclass(frozen=True)
class Checked:
    """Outcome of a check.

    Attributes
    ----------
    cores
        Number of cores; None where the network could not be built for want of data.
    notes
        What the check could not look at, with what to do.
    """

    cores: int | None
    notes: tuple[str, ...] = ()


def check_scenario(scenario: Scenario) -> Checked:
    """Build the network of a scenario, count its cores, and look for what is not installed.

    Data that are not here are no mistake of the scenario: without them, only a note is returned.

    Raises
    ------
    ScenarioError, ChipLimitError, PluginError
        If the network cannot be built, trained or placed on the board, with file and line of the layer; or if a plugin
        needs what is not installed.
    """
    inputs = RunInputs(scenario)
    _require_installed(scenario, ("encoder", "network", "place"))
    if scenario.options("simulate", SimulateOptions).backend == "cupy" and not find_spec("cupy"):
        where = scenario.place(("simulate", "backend"))
        raise BackendError(f"{where}: simulate.backend: cupy needs CuPy; install it with: {INSTALL}")
    try:
        _ = inputs.source
    except DataError as error:
        return Checked(None, (f"the network was not checked, its data are not here: {error}",))
    try:
        if not inputs.model_source.model and not inputs.is_spiking:
            _require_installed(scenario, (inputs.train_table,))
        if inputs.is_spiking:
            return Checked(_count_spiking(scenario, inputs))
        _, cores = require_outcome(scenario, inputs)
        return Checked(sum(cores))
    except (ScenarioError, ChipLimitError) as error:
        raise _placed(scenario, inputs, error) from error


def _require_installed(scenario: Scenario, tables: Iterable[str]) -> None:
    """Refuse plugins that need what is not installed, those of the tables and all probes.

    Raises
    ------
    PluginError
        With the command that installs it.
    """
    plugins: list[tuple[KeyPath, str, Any]] = [((table,), table, scenario.kind(table)) for table in tables]
    for number, entry in enumerate(scenario.resolved.get("probes", [])):
        plugins.append((("probes", number), f"probes.{entry['name']}", entry["kind"]))
    for path, table, kind in plugins:
        options = scenario.options(table, Options)
        if isinstance(options, PluginOptions) and (missing := options.missing()):
            raise PluginError(f"{scenario.place((*path, 'kind'))}: {dotted(path)}.kind: {kind} {missing}")


def require_outcome(scenario: Scenario, inputs: RunInputs) -> tuple[Network, list[int]]:
    """Return the layers that the training ends with, and their cores; refuse what would be refused after the training.

    Returns
    -------
    (Network, list of int)
        The numbers of cores are those of the splitters of the input, then of each layer on the chip.

    Raises
    ------
    ScenarioError
        If the network cannot be built or trained.
    ChipLimitError
        If it does not fit a core or the board.
    """
    network: Network = inputs.network
    table = inputs.train_table
    if not inputs.model_source.model:
        trainer = scenario.options(table, Trainer)  # type: ignore[type-abstract]
        require_trainable(trainer, network)
        with blame("trainers", scenario.kind(table), "check"):
            held_out = inputs.model_source.validation > 0
            trainer.check(network, inputs.source.info.classes, held_out=held_out)
        with blame("trainers", scenario.kind(table), "result"):
            network = trainer.result(network)
    chip = scenario.options("chip", ChipOptions)
    cores = count_layer_cores(network, scenario.options("compile", CompileOptions).for_chip(chip.description))
    require_room(sum(cores), chip.fitted(sum(cores)).mesh)
    return network, cores


def _count_spiking(scenario: Scenario, inputs: RunInputs) -> int:
    """Return the number of cores of a network with state, which is trained; refuse one that has no room."""
    chip = scenario.options("chip", ChipOptions)
    cores = inputs.spiking_model.compile().program.cores
    require_room(cores, chip.fitted(cores).mesh)
    return cores


def _placed(scenario: Scenario, inputs: RunInputs, error: NeurosynError) -> NeurosynError:
    """Return the error with the place of the layer that it names, or else of the network."""
    path: tuple[str | int, ...] = ("network",)
    named = re.match(r"(?:network: )?layer (?:(\d+)\b|(\S+):)", str(error))
    if str(error).startswith("placement:"):
        path = ("chip", "chips") if scenario.options("chip", ChipOptions).chips is not None else path
    elif named and scenario.kind("network") == "layers":
        names = [spec.get("name") for spec in inputs.layer_specs]
        if named[1]:
            path = ("network", "layers", int(named[1]) - 1)
        elif named[2] in names:
            path = ("network", "layers", names.index(named[2]))
    place = scenario.place(path)
    return error if str(error).startswith(place) else type(error)(f"{place}: {error}")
