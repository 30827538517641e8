"""Compilation of populations of neurons with state: the compiler's other entrance beside networks of layers.

Populations are cut into cores from the last to the first, because each axon that a neuron reaches needs a copy
of it. Splitter cores send each element of the input to all axons that listen to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.lfsr import DEFAULT_SEED
from neurosyn.chip.limits import Limits
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program, neuron_type_dtype
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.compiler.compile import SPLITTER_LAYER
from neurosyn.compiler.crossbars import CrossbarStore
from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.partition import CorePart, partition
from neurosyn.compiler.populations import INPUT, ChipPopulation
from neurosyn.errors import ChipLimitError

__all__ = ["CompiledPopulations", "compile_populations"]

_ROUNDS = 10
"""Attempts to find a partition whose copies fit: with feedback, copies depend on the partition itself."""
_FLOOR = 2**18 - 1


@dataclass(frozen=True, eq=False)
class CompiledPopulations:
    """A program, and which neuron each of its neurons computes.

    Attributes
    ----------
    program : Program
        With state: potentials have to be set again before every sample.
    population, row : int32 arrays (C, N)
        −1 for neurons that are unused, splitters, or drive constants.
    """

    program: Program
    population: NDArray[np.int32]
    row: NDArray[np.int32]


def compile_populations(
    populations: Sequence[ChipPopulation],
    inputs: int,
    outputs: Sequence[tuple[int, NDArray[np.int64]]],
    about: dict[str, Any] | None = None,
    chip: ChipDescription = TRUENORTH,
) -> CompiledPopulations:
    """Compile populations onto cores.

    Parameters
    ----------
    populations
    inputs
        Number of elements of the input.
    outputs
        Populations that are read, each with the class of its neurons; pins are numbered in this order.
    about
        Plain JSON values for `Program.about`.
    chip
        Its cores have TrueNorth's limits or wider ones.

    Raises
    ------
    ChipLimitError
        If a neuron needs more axons or copies than a core has.
    """
    return _Assembly(populations, inputs, outputs, about or {}, chip).compiled()


@dataclass(frozen=True, eq=False)
class _Axons:
    """Axons that listen to neurons of one source, ordered by neuron."""

    source: NDArray[np.int64]
    core: NDArray[np.int64]
    axon: NDArray[np.int64]
    delay: NDArray[np.int64]


class _Assembly:
    def __init__(
        self,
        populations: Sequence[ChipPopulation],
        inputs: int,
        outputs: Sequence[tuple[int, NDArray[np.int64]]],
        about: dict[str, Any],
        chip: ChipDescription,
    ) -> None:
        self._populations, self._inputs, self._outputs = populations, inputs, outputs
        self._options, self._about, self._chip = CompileOptions().for_chip(chip), about, chip
        self._type = neuron_type_dtype(chip.limits.axon_types)
        self._parts: list[list[CorePart]] = [[] for _ in populations]
        self._cut()

    # Partition.

    def _cut(self) -> None:
        """Cut all populations; repeat while feedback changes the copies that a population was cut for."""
        for _ in range(_ROUNDS):
            used: list[NDArray[np.int64]] = [np.zeros(0, np.int64)] * len(self._populations)
            for number in reversed(range(len(self._populations))):
                used[number] = self._copies(number)
                self._parts[number] = partition(self._populations[number], used[number], self._options)
            if all(np.array_equal(used[n], self._copies(n)) for n in range(len(used))):
                return
        raise ChipLimitError(
            f"layer '{self._populations[-1].name}': feedback needs ever more copies; use fewer axons an input"
        )

    def _copies(self, number: int) -> NDArray[np.int64]:
        """Return the copies of each neuron: one for each axon and pin that it reaches, at least one."""
        counts = np.zeros(self._populations[number].size, np.int64)
        for target, population in enumerate(self._populations):
            for group, synapses in enumerate(population.synapses):
                if synapses.source == number:
                    for part in self._parts[target]:
                        counts += np.bincount(self._elements(target, group, part), minlength=len(counts))
        counts += sum(number == output for output, _ in self._outputs)
        clipped: NDArray[np.int64] = counts.clip(1)
        return clipped

    def _bounds(self, target: int) -> NDArray[np.int64]:
        """Return the first column of each group of synapses, and the first constant."""
        bounds: NDArray[np.int64] = np.cumsum([0, *(s.types.shape[1] for s in self._populations[target].synapses)])
        return bounds

    def _elements(self, target: int, group: int, part: CorePart) -> NDArray[np.int64]:
        """Return the sources of a core's axons that belong to a group of synapses."""
        first, last = self._bounds(target)[group : group + 2]
        inside = (part.keys >= first) & (part.keys < last)
        elements: NDArray[np.int64] = part.keys[inside] - first
        return elements

    # Program.

    def compiled(self) -> CompiledPopulations:
        """Return the program and the origin of its neurons."""
        sizes = [len(parts) for parts in self._parts]
        splitters, of_input, axons = self._splitters(sizes)
        first = np.cumsum([splitters, *sizes])
        cores = int(first[-1])
        draft = _Draft(cores, self._options, self._chip.limits)
        self._add_splitters(draft, of_input, axons, int(first[0]))
        pin = 0
        pins: dict[int, int] = {}
        for output, classes in self._outputs:
            pins[output] = pin
            pin += len(classes)
        for number, population in enumerate(self._populations):
            listening = self._listening(number, first)
            for index, part in enumerate(self._parts[number]):
                core = int(first[number]) + index
                rows = self._add_core(draft, core, population, part, listening, pins.get(number))
                draft.population[core, : len(rows)], draft.row[core, : len(rows)] = number, rows
        program = draft.finish(
            input_line=of_input.elements,
            input_core=of_input.core,
            input_axon=of_input.axon,
            pin_class=np.concatenate([classes for _, classes in self._outputs]).astype(np.int32),
            layer_names=(SPLITTER_LAYER, *(population.name for population in self._populations)),
            core_layer=np.repeat(np.arange(len(sizes) + 1, dtype=np.int32), [splitters, *sizes]),
            about=self._about,
        )
        return CompiledPopulations(program, draft.population, draft.row)

    def _listening(self, source: int, first: NDArray[np.int64]) -> _Axons:
        """Return the axons that listen to a population (or `INPUT`); `first` has the first core of each population."""
        rows: list[NDArray[np.int64]] = [np.zeros((4, 0), np.int64)]
        for target, population in enumerate(self._populations):
            bounds = self._bounds(target)
            for group, synapses in enumerate(population.synapses):
                if synapses.source != source:
                    continue
                for index, part in enumerate(self._parts[target]):
                    axon = np.flatnonzero((part.keys >= bounds[group]) & (part.keys < bounds[group + 1]))
                    core = np.full(len(axon), first[target] + index)
                    rows.append(
                        np.stack([part.keys[axon] - bounds[group], core, axon, np.full(len(axon), synapses.delay)])
                    )
        joined = np.concatenate(rows, axis=1)
        return _Axons(*joined[:, np.lexsort(joined[::-1])])

    def _splitters(self, sizes: list[int]) -> tuple[int, _InputLines, _Axons]:
        """Pack the relays of the input into cores by first-fit decreasing."""
        listening = self._listening(INPUT, np.cumsum([0, *sizes]))
        elements, relays = np.unique(listening.source, return_counts=True)
        if len(elements) and relays.max() > self._options.neurons:
            raise ChipLimitError(
                f"layer '{SPLITTER_LAYER}': an element of the input reaches {relays.max()} axons, a splitter core "
                f"has {self._options.neurons} neurons; use fewer axons an input (--bits), or a smaller first layer"
            )
        core = np.zeros(len(elements), np.int64)
        free_neurons: list[int] = []
        free_axons: list[int] = []
        lowest = 0
        for index in np.argsort(-relays, kind="stable"):
            need = int(relays[index])
            for chosen in range(lowest, len(free_neurons) + 1):
                if chosen == len(free_neurons):
                    free_neurons.append(self._options.neurons)
                    free_axons.append(self._options.axons)
                if free_neurons[chosen] >= need and free_axons[chosen] > 0:
                    break
            core[index] = chosen
            free_neurons[chosen] -= need
            free_axons[chosen] -= 1
            while lowest < len(free_neurons) and (not free_neurons[lowest] or not free_axons[lowest]):
                lowest += 1
        order = np.lexsort((elements, core))
        elements, relays, core = elements[order], relays[order], core[order]
        count = int(core.max(initial=-1)) + 1
        axon = np.arange(len(core)) - np.searchsorted(core, np.arange(count))[core] if count else core
        shifted = _Axons(listening.source, listening.core + count, listening.axon, listening.delay)
        lines = _InputLines(elements.astype(np.int32), core.astype(np.int32), axon.astype(np.int32), relays)
        return count, lines, shifted

    def _add_splitters(self, draft: _Draft, lines: _InputLines, axons: _Axons, cores: int) -> None:
        relay = np.zeros((), self._type)
        relay["weights"][0] = 1
        relay["threshold"], relay["negative_saturation"] = 1, True
        begin = np.searchsorted(axons.source, lines.elements)
        for core in range(cores):
            here = np.flatnonzero(lines.core == core)
            line = np.repeat(here, lines.relays[here])
            target = np.concatenate([begin[k] + np.arange(lines.relays[k]) for k in here])
            neurons = np.arange(len(line))
            synapses = np.zeros((self._options.axons, self._options.neurons), bool)
            synapses[lines.axon[line], neurons] = True
            draft.set_core(core, synapses, np.zeros(0, np.uint8))
            draft.set_neurons(core, neurons, np.repeat(relay, len(line)), np.zeros(len(line)), 0.1)
            draft.connect(core, neurons, axons.core[target], axons.axon[target], axons.delay[target])

    def _add_core(
        self,
        draft: _Draft,
        core: int,
        population: ChipPopulation,
        part: CorePart,
        listening: _Axons,
        pin: int | None,
    ) -> NDArray[np.int64]:
        """Add a core of a population and return the neuron that each of its neurons computes."""
        begin = np.searchsorted(listening.source, part.rows)
        reached = np.searchsorted(listening.source, part.rows, side="right") - begin
        copies = (reached + (pin is not None)).clip(1)
        row = np.repeat(part.rows, copies)
        copy = np.arange(len(row)) - np.repeat(np.cumsum(copies) - copies, copies)
        neurons = np.arange(len(row))

        synapses = np.zeros((self._options.axons, self._options.neurons), bool)
        masks = self._masks(population, part)
        of_axon = (masks[np.repeat(np.arange(len(part.rows)), copies)] >> part.kinds) & 1
        synapses[: len(part.keys), : len(row)] = of_axon.T
        constants = np.flatnonzero(part.keys >= self._constant_column(population))
        draft.set_core(core, synapses, part.kinds)
        draft.set_neurons(
            core, neurons, _types(population, row, self._type), population.initial[row], population.activity[row]
        )

        target = np.repeat(begin, copies) + copy
        to_axon = copy < np.repeat(reached, copies)
        draft.connect(
            core, neurons[to_axon], *(a[target[to_axon]] for a in (listening.core, listening.axon, listening.delay))
        )
        if pin is not None:
            leaving = copy == np.repeat(reached, copies)
            draft.connect(
                core, neurons[leaving], np.full(leaving.sum(), OUTPUT), pin + row[leaving], np.ones(leaving.sum())
            )
        clocks = len(row) + np.arange(len(constants))
        clock = np.zeros((), self._type)
        clock["leak"], clock["threshold"] = 1, 1
        clock["negative_threshold"], clock["negative_saturation"] = _FLOOR, True
        begins = np.full(len(constants), -(population.start - 1))
        draft.set_neurons(core, clocks, np.repeat(clock, len(constants)), begins, 1.0)
        draft.connect(core, clocks, np.full(len(constants), core), constants, np.ones(len(constants)))
        return row

    def _constant_column(self, population: ChipPopulation) -> int:
        return sum(s.types.shape[1] for s in population.synapses)

    def _masks(self, population: ChipPopulation, part: CorePart) -> NDArray[np.uint8]:
        """Return the axon types of the synapses of a core's neurons and axons, uint8 (neurons, axons)."""
        matrix = sparse.hstack([*(s.types for s in population.synapses), population.constants], format="csr")
        dense: NDArray[np.uint8] = matrix[part.rows][:, part.keys].toarray().astype(np.uint8)
        return dense


@dataclass(frozen=True, eq=False)
class _InputLines:
    """Lines of the input: element, core and axon of each, and the number of its relays."""

    elements: NDArray[np.int32]
    core: NDArray[np.int32]
    axon: NDArray[np.int32]
    relays: NDArray[np.int64]


def _types(population: ChipPopulation, rows: NDArray[np.int64], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    types = np.zeros(len(rows), dtype)
    types["weights"][:, : population.weights.shape[1]] = population.weights[rows]
    for name in (
        "leak", "leak_reversal", "threshold", "negative_threshold", "reset_mode",
        "negative_saturation", "reset",
    ):  # fmt: skip
        types[name] = getattr(population, name)[rows]
    return types


class _Draft:
    """Arrays of a program under construction."""

    def __init__(self, cores: int, options: CompileOptions, limits: Limits) -> None:
        shape = (cores, options.neurons)
        self._options, self._limits = options, limits
        self._crossbars = CrossbarStore(options)
        self._crossbar = np.zeros(cores, np.int32)
        self._axon_types = np.zeros((cores, options.axons), np.uint8)
        idle = np.zeros((), neuron_type_dtype(limits.axon_types))
        idle["threshold"], idle["negative_saturation"] = 1, True
        self._types = np.full(shape, idle)
        self._initial = np.zeros(shape, np.int32)
        self._dest_core = np.full(shape, NO_DESTINATION, np.int32)
        self._dest_axon = np.zeros(shape, np.int32)
        self._delay = np.ones(shape, np.uint8)
        self._activity = np.zeros(shape, np.float32)
        self.population, self.row = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)

    def set_core(self, core: int, synapses: NDArray[np.bool_], kinds: NDArray[np.uint8]) -> None:
        self._crossbar[core] = self._crossbars.add(synapses)
        self._axon_types[core, : len(kinds)] = kinds

    def set_neurons(self, core: int, neurons: Any, types: NDArray[np.void], initial: Any, activity: Any) -> None:
        self._types[core, neurons] = types
        self._initial[core, neurons] = initial
        self._activity[core, neurons] = activity

    def connect(self, core: int, neurons: Any, dest_core: Any, dest_axon: Any, delay: Any) -> None:
        self._dest_core[core, neurons] = dest_core
        self._dest_axon[core, neurons] = dest_axon
        self._delay[core, neurons] = delay

    def finish(self, **parts: Any) -> Program:
        """Return the program; equal neurons share a row of the table of types."""
        raw = self._types.reshape(-1).view(np.dtype((np.void, self._types.dtype.itemsize)))
        table, index = np.unique(raw, return_inverse=True)
        cores = len(self._crossbar)
        return Program(
            axons=self._options.axons,
            neurons=self._options.neurons,
            crossbars=self._crossbars.stack(),
            crossbar=self._crossbar,
            axon_types=self._axon_types,
            neuron_types=table.view(self._types.dtype),
            limits=self._limits,
            neuron_type=index.reshape(self._types.shape).astype(np.int32),
            initial_potential=self._initial,
            dest_core=self._dest_core,
            dest_axon=self._dest_axon,
            delay=self._delay,
            seeds=np.full(cores, DEFAULT_SEED, np.uint32),
            pins=len(parts["pin_class"]),
            activity=self._activity,
            **parts,
        )
