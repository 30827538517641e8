"""A network with state on the chip: mapped, compiled, rated, and its outputs according to the references."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.program import Program
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.compiler.assembly import CompiledPopulations, compile_populations
from neurosyn.errors import ChipLimitError
from neurosyn.formats.nir.reader import NirGraph
from neurosyn.importing.building import build_network
from neurosyn.importing.float_reference import simulate_floats
from neurosyn.importing.integer_reference import simulate_integers
from neurosyn.importing.mapping import Mapping, map_graph
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.rating import NodeRating, rate_mapping
from neurosyn.importing.samples import read_samples

__all__ = ["SpikingModel"]

_TOGETHER = 64
"""Samples that the references simulate together; bounds the memory."""
_COMPARED = 256
"""Samples of a calibration on which its outcome is compared with that without it."""


@dataclass(frozen=True, eq=False)
class SpikingModel:
    """A network with state, mapped to the chip.

    Attributes
    ----------
    name : str
        The file's, for messages.
    graph : NirGraph
    options : ImportOptions
    mapping : Mapping
    chip : ChipDescription
        The chip whose cores it is mapped to.
    calibration : str
        What a calibration did; "" without one.
    """

    name: str
    graph: NirGraph
    options: ImportOptions
    mapping: Mapping
    chip: ChipDescription = TRUENORTH
    calibration: str = ""

    @staticmethod
    def of(
        name: str,
        graph: NirGraph,
        options: ImportOptions,
        calibrate: Path | None = None,
        chip: ChipDescription = TRUENORTH,
    ) -> SpikingModel:
        """Map a graph.

        Parameters
        ----------
        name
        graph
        options
        calibrate
            Input spikes whose activity decides leaks and the weight of errors, if more answers are then the original's.
        chip
            Its cores have TrueNorth's limits or wider ones, and any size.

        Raises
        ------
        ChipLimitError
            If the network does not fit the chip, with node, limit, value and remedy.
        DataError
            If the graph or the input spikes are inconsistent.
        """
        _require_limits(chip, name)

        def mapped(calibration: NDArray[np.uint8] | None) -> SpikingModel:
            return SpikingModel(
                name, graph, options, map_graph(graph, options, name, calibration, chip.core.axons), chip
            )

        plain = mapped(None)
        if calibrate is None:
            return plain
        samples = read_samples(calibrate, build_network(graph, options, name).inputs).spikes
        fitted = mapped(samples)
        compared = samples[:, :_COMPARED]
        without, fit = plain._agreement(compared), fitted._agreement(compared)
        helps = fit > without
        line = f"calibration on {calibrate.name}: {fit[0]:.1%} of {compared.shape[1]:,} answers are the original's, "
        line += f"{without[0]:.1%} without it" + ("" if helps else "; left out, since it does not help")
        return replace(fitted if helps else plain, calibration=line)

    def compile(self) -> CompiledPopulations:
        """Compile the network.

        Raises
        ------
        ChipLimitError
            If it does not fit the cores of the chip.
        """
        mapping = self.mapping
        outputs = [(mapping.network.output, mapping.pin_class)]
        try:
            return compile_populations(
                mapping.populations, mapping.network.inputs, outputs, about={"nir": self.name}, chip=self.chip
            )
        except ChipLimitError as error:
            raise ChipLimitError(f"{self.name}: {error}") from error

    def rate(self, program: Program) -> list[NodeRating]:
        """Return the rating of every node, with its cores in the program."""
        counts = np.bincount(program.core_layer, minlength=len(program.layer_names))
        cores = {name: int(count) for name, count in zip(program.layer_names, counts, strict=True)}
        return rate_mapping(self.graph, self.mapping, self.name, cores)

    def describe(self, program: Program) -> dict[str, Any]:
        """Return ratings, cores and assumptions as plain values."""
        nodes, network = self.rate(program), self.mapping.network
        layers = np.bincount(program.core_layer, minlength=len(program.layer_names))
        return {
            "file": self.name,
            "nodes": list(nodes),
            "exact": all(node["rating"] == "exact" for node in nodes),
            "cores": program.cores,
            "layers": [
                {"name": name, "cores": int(count)} for name, count in zip(program.layer_names, layers, strict=True)
            ],
            "inputs": network.inputs,
            "outputs": self.mapping.outputs,
            "depth_ticks": self.mapping.depth,
            "drain_ticks": self.mapping.drain,
            "assumptions": [*network.assumptions, *filter(None, [self.calibration])],
        }

    def _agreement(self, inputs: NDArray[np.uint8]) -> tuple[float, float]:
        """Return the share of samples with the original's answer, and how near the counts are; more is better."""
        mapping, pins = self.mapping, self.expected(inputs)
        counts = mapping.count(pins.reshape(inputs.shape[1], -1, pins.shape[1]))
        original = self.original(inputs)
        answers = float((counts.argmax(axis=1) == original.argmax(axis=1)).mean())
        return answers, -float(np.abs(counts - original).mean())

    def assumptions(self) -> list[Any]:
        """Return what was assumed, in the form of a summary's assumptions."""
        listed = [(f"network {self.name}", line, "NIR does not say [A]") for line in self.mapping.network.assumptions]
        listed.append(("between samples", "all potentials are set again", "without time and energy of its own [A]"))
        return [{"name": n, "value": v, "unit": "", "basis": basis, "option": False} for n, v, basis in listed]

    def expected(self, inputs: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the output spikes of the integer reference, which the chip must equal.

        Parameters
        ----------
        inputs : uint8 array (T, samples, elements)

        Returns
        -------
        uint8 array (samples · ticks, pins)
            Sample after sample, all ticks of each.
        """
        mapping, ticks = self.mapping, self.mapping.ticks(len(inputs))
        pins = mapping.populations[mapping.network.output].size
        spikes = np.empty((inputs.shape[1], ticks, pins), np.uint8)
        for start in range(0, inputs.shape[1], _TOGETHER):
            block = slice(start, start + _TOGETHER)
            of_output = simulate_integers(mapping.populations, inputs[:, block], ticks)[mapping.network.output]
            spikes[block] = of_output.transpose(1, 0, 2)
        return spikes.reshape(-1, pins)

    def original(self, inputs: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the output counts (samples, outputs) of the original network; potentials where nothing spikes."""
        network = self.mapping.original
        population = network.populations[network.output]
        has_spikes = bool(np.isfinite(population.threshold).all())
        counts = np.empty((inputs.shape[1], population.size))
        for start in range(0, inputs.shape[1], _TOGETHER):
            block = slice(start, start + _TOGETHER)
            recording = simulate_floats(network, inputs[:, block], self.options.reset)
            counts[block] = recording.spikes[network.output].sum(axis=0) if has_spikes else recording.final
        return counts


def _require_limits(chip: ChipDescription, name: str) -> None:
    """Refuse a chip whose numbers are narrower than those that weights and thresholds are rounded to."""
    given, needed = vars(chip.limits), vars(TRUENORTH.limits)
    narrow = next((limit for limit, least in needed.items() if given[limit] < least), None)
    if narrow is not None:
        raise ChipLimitError(
            f"{name}: networks with state need at least TrueNorth's limits, and {chip.title} has {narrow} = "
            f"{given[narrow]}, not {needed[narrow]}; choose another chip.description"
        )
