"""Estimates of what a network would need on other chips, without training and without simulation.

The network is compiled with random weights, so cores and axons are those of any weights, synapses and spikes are not.
Every input and neuron spikes with the expected activity (``compile.activity``) in each tick::

    tick    = longest over the cores of  neurons · time per neuron + activity · synapses · time per synaptic event
    energy  = of one tick: row reads, spikes, synaptic events, hops of a placement row by row, leakage, board's border

Waiting in the network of routers and at the host's ports is left out, so a tick is no less than that.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.options import NOMINAL_TICK_PS, ChipOptions
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
from neurosyn.compiler.compile import compile_network
from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.utilisation import summarise
from neurosyn.errors import ChipLimitError, ScenarioError
from neurosyn.formats.open_program import place_in_rows
from neurosyn.model.model import Model
from neurosyn.placement.expected_traffic import mean_hops
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.changes import parse_value
from neurosyn.scenario.scenario import Scenario, load_scenario
from neurosyn.testing.models import random_model
from neurosyn.training.trainer import Trainer

__all__ = ["WHAT_IF_KEYS", "estimate", "what_if"]

WHAT_IF_KEYS = ("axons", "neurons", "axon_types", "weight_bits", "leak_bits", "threshold_bits", "potential_bits")
"""Keys of ``chip.description.core`` that can be named without their table."""
_TABLES = ("core", "network", "reference", "time", "fifo", "energy", "leakage", "area")
_MOST = 200
"""Most rows of a table."""


def what_if(
    scenario: Path,
    ranges: Mapping[str, Sequence[str]],
    *,
    profile: str | None = None,
    changes: Mapping[str, Any] | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> list[dict[str, Any]]:
    """Return a row of estimates for every combination of the values of some keys.

    Parameters
    ----------
    scenario
        The scenario file.
    ranges
        Values by key, as written: keys of the core (``axons``), of the description (``network.side``) or of the
        scenario (``chip.voltage``).
    profile, changes
        As for a run.
    progress
        Called with the rows done, their number, and the unit.

    Returns
    -------
    list of dict
        The values, then what `estimate` returns, or with ``problem`` the reason why the network does not fit.

    Raises
    ------
    ScenarioError
        If there are no values or too many, or a combination is not a valid scenario.
    """
    if not ranges:
        raise ScenarioError("what-if: there is nothing to vary; give e.g. --what-if axons=128,256,512")
    combinations = [dict(zip(ranges, values, strict=True)) for values in itertools.product(*ranges.values())]
    if len(combinations) > _MOST:
        raise ScenarioError(f"what-if: {len(combinations):,} rows, at most {_MOST}; vary fewer keys or values")
    model = _model(load_scenario(scenario, profile=profile, changes=changes))
    rows = []
    for number, values in enumerate(combinations, 1):
        varied = {_key(name): parse_value(text) for name, text in values.items()}
        loaded = load_scenario(scenario, profile=profile, changes={**(changes or {}), **varied})
        chip, options = loaded.options("chip", ChipOptions), loaded.options("compile", CompileOptions)
        row: dict[str, Any] = dict(values)
        try:
            program = compile_network(model, options.for_chip(chip.description), chip=chip.description)
            row |= estimate(program, chip, model.network.ticks_per_frame) | {"problem": None}
        except ChipLimitError as error:
            row["problem"] = str(error)
        rows.append(row)
        progress(number, len(combinations), "chips")
    return rows


def estimate(program: Program, chip: ChipOptions, ticks_per_frame: int = 1) -> dict[str, Any]:
    """Return the estimates for a program on a chip; None where the chip's description has no such quantity.

    Returns
    -------
    dict
        ``chip`` (its name), ``cores``, ``chips``, ``axons_used`` and ``neurons_used`` (mean shares), ``tick_us``,
        ``frames_per_second``, ``power_mw``, ``energy_per_frame_uj`` and ``area_mm2`` (of the cores in use).
    """
    fitted, description = chip.fitted(program.cores), chip.description
    use = summarise(program)["total"]
    placement = place_in_rows(program, fitted)
    sends = program.dest_core != NO_DESTINATION
    spikes = float(program.activity[sends].sum(dtype=np.float64))
    activity = spikes / max(1, int(sends.sum()))
    synapses = np.bitwise_count(program.crossbars).sum(axis=(1, 2), dtype=np.int64)[program.crossbar]
    events = activity * synapses
    tick_ps = None
    if not chip.unknown_times():
        tick_ps = round(program.neurons * chip.neuron_time_ps + float(events.max()) * chip.synaptic_event_time_ps)
    outputs = float(program.activity[program.dest_core == OUTPUT].sum(dtype=np.float64))
    hops = mean_hops(program, placement) * (spikes - outputs)
    ports = round(outputs + activity * len(program.input_core))
    counted = Events(1, synaptic_events=round(events.sum()), spikes=round(spikes), hops=round(hops), ports=ports)
    model, period = EnergyModel.of(fitted), tick_ps or NOMINAL_TICK_PS
    power = model.power_mw(counted, program.cores, period).total if model.is_known else None
    frames_per_second = 1e12 / (period * ticks_per_frame)
    area = description.area
    return {
        "chip": description.name,
        "cores": program.cores,
        "chips": placement.mesh.chips,
        "axons_used": use["axons_mean"] / program.axons,
        "neurons_used": use["neurons_mean"] / program.neurons,
        "tick_us": None if tick_ps is None else tick_ps / 1e6,
        "frames_per_second": None if tick_ps is None else frames_per_second,
        "power_mw": power,
        "energy_per_frame_uj": None if power is None else power / frames_per_second * 1e3,
        "area_mm2": None if area is None else area.core_mm2 * description.scale(area) * program.cores,
    }


def _key(name: str) -> str:
    """Return the scenario's key for a key of the core or of the description."""
    if name in WHAT_IF_KEYS:
        return f"chip.description.core.{name}"
    return f"chip.description.{name}" if name.partition(".")[0] in _TABLES else name


def _model(scenario: Scenario) -> Model:
    """Return the scenario's network with random weights."""
    inputs = RunInputs(scenario)
    network = inputs.network
    if inputs.model_file is None:
        network = scenario.options(inputs.train_table, Trainer).result(network)  # type: ignore[type-abstract]
    return random_model(network, scenario.seed_of("untrained") % 2**32)
