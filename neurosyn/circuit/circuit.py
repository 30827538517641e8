"""A circuit written by hand, and the chip program that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program, neuron_type_dtype
from neurosyn.circuit.elements import Axon, Core, Mistakes, as_axon
from neurosyn.errors import ChipLimitError, DataError
from neurosyn.options import build_options
from neurosyn.support.formatting import counted

__all__ = ["Circuit"]


class Circuit:
    """A circuit written by hand: cores, neurons, synapses and destinations, checked against the chip's limits.

    Mistakes are noted as they are written, with file and line, and `build` reports all of them at once. Neurons that
    are not written are silent.

    Parameters
    ----------
    chip
        Options of the chip that differ from their defaults, as for `Simulator`; ``{"description": "ranc"}``.

    Raises
    ------
    ScenarioError
        If an option of the chip is wrong.

    Examples
    --------
    A neuron that spikes on three units within a few ticks, and sends to an output pin:

    >>> import neurosyn as ns
    >>> circuit = ns.Circuit()
    >>> core = circuit.core()
    >>> neuron = core.neuron(weights=(2, -1), threshold=3, leak=-1).to_pin(0)
    >>> core.connect(core.axon(), neuron)
    >>> core.connect(core.axon(type=1), neuron)
    >>> circuit.input(core, 0), circuit.input(core, 1)
    (0, 1)
    >>> with ns.Simulator(circuit.build(), timing="none") as sim:
    ...     sim.inject(lines=[0, 0, 0], tick=[0, 1, 2])
    ...     sim.step(5).spikes.tick.tolist()
    [3]
    """

    def __init__(self, *, chip: ChipOptions | Mapping[str, Any] | None = None) -> None:
        options = chip if isinstance(chip, ChipOptions) else build_options(ChipOptions, chip or {}, "circuit: chip")
        self._chip = options.description
        self._mistakes = Mistakes()
        self._cores: list[Core] = []
        self._inputs: list[Axon] = []

    def __repr__(self) -> str:
        facts = [
            counted(len(self._cores), "core"),
            counted(sum(len(core.neurons) for core in self._cores), "neuron"),
            counted(sum(len(set(core.synapses)) for core in self._cores), "synapse"),
            counted(len(self._inputs), "input line"),
        ]
        return f"Circuit: {', '.join(facts)}" + "".join(f"\n  mistake: {line}" for line in self.mistakes)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The mistakes up to now, each with file and line."""
        return tuple(self._mistakes.lines)

    def core(self, *, layer: str = "circuit", seed: int | None = None) -> Core:
        """Add a core.

        Parameters
        ----------
        layer
            Name under which reports and traces count the core.
        seed
            Seed of its random numbers, for stochastic neurons; by default its number plus 1.
        """
        number = len(self._cores)
        core = Core(number, self._chip, self._mistakes, layer, number + 1 if seed is None else seed)
        self._cores.append(core)
        return core

    def input(self, core: Core | Axon, axon: Axon | int | None = None) -> int:
        """Add an input line to an axon, and return its number.

        Parameters
        ----------
        core, axon
            A core and the axon or its number; or the axon alone.

        Raises
        ------
        DataError
            If what is given is no axon.
        """
        line = len(self._inputs)
        target = as_axon(f"input line {line}", core, axon)
        if target.core.mistakes is not self._mistakes:
            self._mistakes.add(f"input line {line}", f"goes to {target} of another circuit; give an axon of this one")
        self._inputs.append(target)
        return line

    def build(self) -> Program:
        """Return the program.

        Raises
        ------
        ChipLimitError
            With all mistakes, each on a line of its own.
        DataError
            If the circuit has no cores.
        """
        if not self._cores:
            raise DataError("circuit: has no cores; add one with core()")
        mistakes = [*self._mistakes.lines, *self._pin_mistakes()]
        if mistakes:
            count = f"circuit: {counted(len(mistakes), 'mistake')}; correct and build again"
            raise ChipLimitError("\n".join([count, *(f"  {line}" for line in mistakes)]))
        return self._program()

    def _pin_mistakes(self) -> list[str]:
        most = len(self._cores) * self._chip.core.neurons
        return [
            f"core {core.number}, neuron {neuron.number}: sends to pin {neuron.destination[1]}; pins go up to "
            f"{most - 1}, one for each neuron of the circuit's cores"
            for core in self._cores
            for neuron in core.neurons
            if neuron.destination[0] == OUTPUT and neuron.destination[1] >= most
        ]

    def _program(self) -> Program:
        size, limits, cores = self._chip.core, self._chip.limits, len(self._cores)
        kinds = neuron_type_dtype(limits.axon_types)
        silent = Core(0, self._chip, Mistakes(), "", 0).neuron(threshold=limits.threshold)
        rows: dict[tuple[Any, ...], int] = {silent.parameters: 0}
        crossbars: dict[bytes, int] = {}
        words: list[NDArray[np.uint64]] = []
        crossbar = np.zeros(cores, np.int32)
        axon_types = np.zeros((cores, size.axons), np.uint8)
        neuron_type, initial = (np.zeros((cores, size.neurons), np.int32) for _ in range(2))
        destination = np.empty((cores, size.neurons, 3), np.int32)
        destination[:] = NO_DESTINATION, 0, 1
        layers: dict[str, int] = {}
        for core in self._cores:
            synapses = np.zeros((size.neurons, size.axons), bool)
            for axon, number in core.synapses:
                synapses[number, axon] = True
            packed = np.ascontiguousarray(pack_bits(synapses).T)
            crossbar[core.number] = crossbars.setdefault(packed.tobytes(), len(words))
            if crossbar[core.number] == len(words):
                words.append(packed)
            for axon, kind in core.axon_types.items():
                axon_types[core.number, axon] = kind
            for neuron in core.neurons:
                neuron_type[core.number, neuron.number] = rows.setdefault(neuron.parameters, len(rows))
                initial[core.number, neuron.number] = neuron.initial
                destination[core.number, neuron.number] = neuron.destination
            layers.setdefault(core.layer, len(layers))
        dest_core, dest_axon, delay = (np.ascontiguousarray(destination[..., column]) for column in range(3))
        pins = int(dest_axon[dest_core == OUTPUT].max(initial=-1)) + 1
        return Program(
            axons=size.axons,
            neurons=size.neurons,
            crossbars=np.stack(words),
            crossbar=crossbar,
            axon_types=axon_types,
            neuron_types=np.array(list(rows), kinds),
            neuron_type=neuron_type,
            initial_potential=initial,
            dest_core=dest_core,
            dest_axon=dest_axon,
            delay=delay.astype(np.uint8),
            seeds=np.array([core.seed for core in self._cores], np.uint32),
            input_core=np.array([axon.core.number for axon in self._inputs], np.int32),
            input_axon=np.array([axon.number for axon in self._inputs], np.int32),
            pins=pins,
            pin_class=np.full(pins, -1, np.int32),
            layer_names=tuple(layers),
            core_layer=np.array([layers[core.layer] for core in self._cores], np.int32),
            activity=np.ones((cores, size.neurons), np.float32),
            about={"made_by": "circuit"},
            limits=limits,
        )
