"""Mapping of a spiking network to populations of the chip: relays where a core is too small, stages, integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.shipped import TRUENORTH
from neurosyn.compiler.populations import ChipPopulation
from neurosyn.errors import ChipLimitError
from neurosyn.formats.nir.reader import NirGraph
from neurosyn.importing.building import build_network
from neurosyn.importing.float_reference import Recording, simulate_floats
from neurosyn.importing.network import INPUT, INTEGRATORS, POOLS, Population, SpikingNetwork
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.rounding import Loss, Statistics, constant_axons, has_lattice, round_population
from neurosyn.importing.splitting import split_network
from neurosyn.importing.stages import find_stages

__all__ = ["Mapping", "map_graph"]

_WIDTHS = {"trinary": 2, "3bit": 3, "4bit": 4}
_WIDEST = 4
"""Axons of an input of a relay."""


@dataclass(frozen=True, eq=False)
class Mapping:
    """A network as it goes on the chip.

    Attributes
    ----------
    original : SpikingNetwork
        Without relays.
    network : SpikingNetwork
        With relays.
    populations : list of ChipPopulation
        The integers, one for each population of `network`.
    losses : list of Loss
    stages : list of int
    drain : int
        Ticks after the last step in which relays still pass on what they hold.
    """

    original: SpikingNetwork
    network: SpikingNetwork
    populations: list[ChipPopulation]
    losses: list[Loss]
    stages: list[int]
    drain: int

    @property
    def outputs(self) -> int:
        """Number of outputs of the original."""
        return self.original.populations[self.original.output].size

    @property
    def pin_class(self) -> NDArray[np.int64]:
        """The output that each neuron of the output population counts for, int64 (pins,)."""
        return np.arange(self.populations[self.network.output].size) % self.outputs

    @property
    def pin_sign(self) -> NDArray[np.int64]:
        """1 or −1, int64 (pins,): the second relay of each pair counts backwards."""
        if self.network.populations[self.network.output].kind != "partial":
            return np.ones(self.outputs, np.int64)
        return 1 - 2 * (np.arange(self.populations[self.network.output].size) // self.outputs % 2)

    def count(self, spikes: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the counts (samples, outputs) of output spikes (samples, ticks, pins)."""
        pins = spikes[:, self.depth :].sum(axis=1, dtype=np.int64) * self.pin_sign
        counts: NDArray[np.int64] = pins.reshape(len(pins), -1, self.outputs).sum(axis=1)
        return counts

    def ticks(self, steps: int) -> int:
        """Return the ticks that a sample of so many steps takes."""
        return steps + self.depth + self.drain

    @property
    def depth(self) -> int:
        """Ticks from the stamp of a step's input to the spikes of its output."""
        return self.stages[self.network.output] + 1


def map_graph(
    graph: NirGraph,
    options: ImportOptions,
    where: str,
    calibration: NDArray[np.uint8] | None = None,
    axons: int = TRUENORTH.core.axons,
) -> Mapping:
    """Map a NIR graph to the chip.

    Parameters
    ----------
    graph
    options
    where
        The file, for messages.
    calibration : uint8 array (T, samples, inputs), optional
        Input spikes whose activity decides leaks and the weight of errors.
    axons
        Of a core.

    Raises
    ------
    ChipLimitError
        If a node does not fit, with limit, value and remedy.
    DataError
        If the graph is inconsistent.
    """
    original = build_network(graph, options, where)
    relayed: set[str] = set()
    network = original
    while True:
        pools = _pools_to_relay(network, graph, options, axons) - relayed
        if not pools:
            break
        relayed |= pools
        network = build_network(graph, options, where, relayed)
    wide = [
        n for n, p in enumerate(network.populations) if p.kind not in INTEGRATORS and _width(p, options, axons) is None
    ]
    if wide and not options.split:
        _refuse(network.populations[wide[0]], options, where, axons)
    read = [n for n, p in enumerate(network.populations) if p.kind in INTEGRATORS]
    parts = dict.fromkeys([*wide, *read], axons // _WIDEST)
    network = split_network(network, parts)
    stages = find_stages(network, where)
    recording = None if calibration is None else simulate_floats(network, calibration, options.reset)
    populations, losses = [], []
    for number, population in enumerate(network.populations):
        width = _width(population, options, axons)
        if width is None:
            _refuse(population, options, where, axons)
        assert width is not None
        chip, loss = round_population(
            population, width, _ticks(population, number, stages), stages[number],
            _statistics(network, number, recording, calibration), axons=axons,
        )  # fmt: skip
        if population.kind == "partial":
            is_read = number == network.output
            loss.add(
                "its potential is read as the difference of two counts of spikes"
                if is_read
                else "partial sums are rounded to half a threshold"
            )
        if population.kind == "pool":
            loss.add("a pool becomes relay neurons, which delay what they sum")
        if options.reset == "late" and population.kind == "LIF" and (population.decay > 0).any():
            loss.add("the threshold is subtracted at once, not one step later")
        populations.append(chip)
        losses.append(loss)
    has_relays = any(p.kind in ("partial", "pool") for p in network.populations)
    return Mapping(original, network, populations, losses, stages, 2 if has_relays else 0)


def _fan_in(population: Population) -> int:
    if not population.synapses:
        return 0
    return int(sum(np.diff(s.weights.indptr) for s in population.synapses).max())


def _width(population: Population, options: ImportOptions, axons: int) -> int | None:
    """Return the axons of an input that a core has room for; None if even the fewest are too many."""
    fan_in = _fan_in(population)
    widest = _WIDTHS.get(options.bits, 4)
    for width in range(2, widest + 1):
        if fan_in * width > axons:
            break
        if has_lattice(population, width):
            return width
    if options.bits != "auto":
        width = _WIDTHS[options.bits]
        return width if fan_in * width <= axons else None
    for width in (4, 3):
        # The inputs that matter least may do without the axon of the smallest weight.
        if fan_in * (width - 1) <= axons - constant_axons(population, width):
            return width
    return None


def _pools_to_relay(network: SpikingNetwork, graph: NirGraph, options: ImportOptions, axons: int) -> set[str]:
    """Return the pools before populations whose fan-in would be too large with the pools folded into them."""
    wide = {n for n, p in enumerate(network.populations) if _width(p, options, axons) is None}
    return {
        node for node, member in network.members.items()
        if member in wide and node in graph.nodes and graph.nodes[node].kind in POOLS
    }  # fmt: skip


def _refuse(population: Population, options: ImportOptions, where: str, axons: int) -> None:
    width = _WIDTHS.get(options.bits, 2)
    raise ChipLimitError(
        f"{where}: node '{population.name}' has a fan-in of {_fan_in(population)}; a core has {axons} axons, room for "
        f"{axons // width} inputs of {width} axons each; allow splitting (leave out --no-split), choose fewer --bits, "
        "or train with smaller kernels or groups"
    )


def _ticks(population: Population, number: int, stages: list[int]) -> list[int]:
    return [stages[number] - (0 if s.source == INPUT else stages[s.source]) + s.delay for s in population.synapses]


def _statistics(
    network: SpikingNetwork, number: int, recording: Recording | None, inputs: NDArray[np.uint8] | None
) -> Statistics | None:
    if recording is None or inputs is None:
        return None
    rates = [
        (inputs if s.source == INPUT else recording.spikes[s.source]).mean(axis=(0, 1), dtype=np.float64)
        for s in network.populations[number].synapses
    ]
    return Statistics(np.concatenate(rates), recording.potential[number])
