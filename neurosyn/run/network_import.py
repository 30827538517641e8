"""Import of a network as one operation: read, map, compile, place, play all samples, compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.compiler.assembly import CompiledPopulations
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.sample_batches import SamplesResult, simulate_samples
from neurosyn.formats.nir.reader import read_nir
from neurosyn.importing.float_reference import simulate_floats
from neurosyn.importing.integer_reference import simulate_integers
from neurosyn.importing.mapping import Mapping
from neurosyn.importing.model import SpikingModel
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.rating import NodeRating, rate_types
from neurosyn.importing.samples import Expected, Samples, read_expected, read_samples
from neurosyn.importing.topology import network_file
from neurosyn.placement.place import place_program
from neurosyn.placement.placer import Placer
from neurosyn.registry import registry
from neurosyn.run.summary import summarise_chip

__all__ = ["ImportedNetwork", "import_network", "play_samples"]

_CHECKED = 64
"""Samples of which the spikes of all neurons are compared with the references."""


@dataclass(frozen=True, eq=False)
class ImportedNetwork:
    """A network on the chip.

    Attributes
    ----------
    path : Path
    model : SpikingModel
    compiled : CompiledPopulations
    placement : Placement
    chip : ChipOptions
        With a board that holds the program.
    """

    path: Path
    model: SpikingModel
    compiled: CompiledPopulations
    placement: Placement
    chip: ChipOptions

    @property
    def mapping(self) -> Mapping:
        """The mapping."""
        return self.model.mapping

    @property
    def program(self) -> Program:
        """The program."""
        return self.compiled.program

    @property
    def ratings(self) -> list[NodeRating]:
        """The rating of every node."""
        return self.model.rate(self.program)

    def describe(self) -> dict[str, Any]:
        """Return ratings, cores and assumptions as plain values."""
        return {**self.model.describe(self.program), "file": str(self.path)}


def import_network(
    path: Path,
    options: ImportOptions,
    chip: ChipOptions | None = None,
    *,
    calibrate: Path | None = None,
    refused: Callable[[list[NodeRating]], None] = lambda _: None,
) -> ImportedNetwork:
    """Read a NIR file and put its network on the chip.

    Parameters
    ----------
    path
        The file, or ``shipped:NAME``.
    options
    chip
        The board; as large as needed by default.
    calibrate
        Input spikes whose activity decides leaks and the weight of errors, where that helps.
    refused
        Called with the ratings if node types are refused, before the error is raised.

    Raises
    ------
    ChipLimitError
        If the network does not fit the chip, with node, limit, value and remedy.
    DataError
        If a file is missing, damaged or inconsistent.
    """
    path = network_file(str(path))
    graph = read_nir(path)
    types = rate_types(graph, path.name)
    if any(rating["rating"] == "refused" for rating in types):
        refused(types)
    given = chip or ChipOptions()
    model = SpikingModel.of(path.name, graph, options, calibrate, given.description)
    compiled = model.compile()
    board = given.fitted(compiled.program.cores)
    spectral: Any = registry.get("placers", "spectral")
    placer: Placer = spectral()
    placement = place_program(compiled.program, board.board, placer, 0)
    return ImportedNetwork(path, model, compiled, placement, board)


def play_samples(
    network: ImportedNetwork,
    inputs: Path,
    expected: Path | None = None,
    simulate: SimulateOptions | None = None,
    *,
    timed: int = 2,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Play samples on the chip and compare with the original.

    Parameters
    ----------
    network
    inputs, expected
        Files of input spikes and of the original's output counts; without the latter the built-in float reference
        stands for the original.
    simulate
        Timing and backend.
    timed
        Samples whose packets are timed.
    progress

    Returns
    -------
    dict
        Plain values: `ImportedNetwork.describe`, and the comparison.
    """
    mapping = network.mapping
    samples = read_samples(inputs, mapping.network.inputs)
    options = simulate or SimulateOptions(timing="none")
    given = None if expected is None else read_expected(expected, samples.spikes.shape[1], mapping.outputs)
    steps = len(samples.spikes)
    check = _Check(network, samples.spikes[:, :_CHECKED])
    result = simulate_samples(
        network.program, network.placement, network.chip, options, samples.spikes, mapping.ticks(steps),
        timed=timed, observe=check.observe, progress=progress,
    )  # fmt: skip
    counts = mapping.count(result.by_sample)
    return {
        **network.describe(),
        **_compare(network, samples, given, counts),
        **check.results(),
        **_chip_numbers(network, options, result, steps),
    }


def _compare(
    network: ImportedNetwork, samples: Samples, given: Expected | None, counts: NDArray[np.int64]
) -> dict[str, Any]:
    reference = network.model.original(samples.spikes) if given is None else given.counts
    labels = samples.labels if samples.labels is not None or given is None else given.labels
    chosen, wanted = counts.argmax(axis=1), reference.argmax(axis=1)
    return {
        "samples": len(counts),
        "steps": len(samples.spikes),
        "expected": "built-in float reference" if given is None else "file",
        "equal_samples": int((counts == reference).all(axis=1).sum()),
        "equal_answers": int((chosen == wanted).sum()),
        "accuracy": None if labels is None else float((chosen == labels).mean()),
        "expected_accuracy": None if labels is None else float((wanted == labels).mean()),
        "mean_count": float(counts.mean()),
        "expected_mean_count": float(reference.mean()),
    }


def _chip_numbers(
    network: ImportedNetwork, options: SimulateOptions, result: SamplesResult, steps: int
) -> dict[str, Any]:
    numbers = summarise_chip(network.program, network.placement, network.chip, options, result.counts, result.timing)
    ticks = network.mapping.ticks(steps)
    seconds, power = numbers["tick_period_us"] * 1e-6 * ticks, numbers["power_mw"]
    return {
        "timing": {
            "name": options.timing,
            "timed_samples": len(result.timed_frames),
            "differing_samples": result.differing_samples,
        },
        "ticks_per_sample": ticks,
        "samples_per_second": 1 / seconds,
        "energy_per_sample_uj": None if power is None else power["total"] * seconds * 1e3,
        **{name: numbers[name] for name in ("tick_period_us", "tick_limited_by", "power_mw", "events", "not_counted")},
        "chip_assumptions": numbers["assumptions"],
        "simulated_samples_per_second": len(result.by_sample) / max(result.wall_s, 1e-9),
    }


class _Check:
    """Comparison of all neurons' spikes with the integer reference, and of each layer's with the original."""

    def __init__(self, network: ImportedNetwork, inputs: NDArray[np.uint8]) -> None:
        self._network, self._inputs = network, inputs
        self._ticks = network.mapping.ticks(len(inputs))
        self._spikes = [np.zeros((self._ticks, inputs.shape[1], p.size), np.uint8) for p in network.mapping.populations]
        self._population, self._row = network.compiled.population.ravel(), network.compiled.row.ravel()

    def observe(self, first: int, tick: int, sample: NDArray[np.int64], neuron: NDArray[np.int64]) -> None:
        """Take the spikes of a tick."""
        if first >= self._inputs.shape[1]:
            return
        counted = first + sample < self._inputs.shape[1]
        sample, neuron = first + sample[counted], neuron[counted]
        population, row = self._population[neuron], self._row[neuron]
        for number, spikes in enumerate(self._spikes):
            of_population = population == number
            spikes[tick, sample[of_population], row[of_population]] = 1

    def results(self) -> dict[str, Any]:
        """Return the numbers of the comparison."""
        mapping = self._network.mapping
        reference = simulate_integers(mapping.populations, self._inputs, self._ticks)
        mismatched = sum(int((a != b).sum()) for a, b in zip(self._spikes, reference, strict=True))
        return {
            "compared_samples": self._inputs.shape[1],
            "mismatched_spikes": mismatched,
            "fidelity": self._fidelity(),
        }

    def _fidelity(self) -> list[dict[str, Any]]:
        """Return a row for each layer of the original: its spikes, and those that it sends if its inputs are right."""
        mapping, steps = self._network.mapping, len(self._inputs)
        floats = simulate_floats(mapping.original, self._inputs, self._network.model.options.reset)
        numbers = {population.name: n for n, population in enumerate(mapping.network.populations)}
        layers, given = [], {}
        for number, population in enumerate(mapping.original.populations):
            own = numbers.get(population.name)
            if own is not None and mapping.network.populations[own].size == population.size:
                given[own] = np.zeros_like(self._spikes[own])
                given[own][mapping.stages[own] + 1 :][:steps] = floats.spikes[number]
                layers.append((population.name, own, floats.spikes[number]))
        alone = simulate_integers(mapping.populations, self._inputs, self._ticks, given)
        rows = []
        for name, own, original in layers:
            start = mapping.stages[own] + 1
            chip, by_itself = (spikes[own][start : start + steps] for spikes in (self._spikes, alone))
            differs = (chip != original).any(axis=(1, 2))
            rows.append(
                {
                    "name": name,
                    "spikes": int(chip.sum()),
                    "expected_spikes": int(original.sum()),
                    "equal_share": _equal_share(chip, original),
                    "own_equal_share": _equal_share(by_itself, original),
                    "equal_share_by_step": [_equal_share(a, b) for a, b in zip(chip, original, strict=True)],
                    "first_divergence": int(differs.argmax()) if differs.any() else None,
                    "signal_to_noise_db": mapping.losses[own].signal_to_noise_db,
                }
            )
        return rows


def _equal_share(chip: NDArray[np.uint8], original: NDArray[np.uint8]) -> float:
    """Return the spikes that both have, as a share of those that either has; 1 if there are none."""
    either = int((chip | original).sum())
    return float((chip & original).sum() / either) if either else 1.0
