"""Elements of a circuit: cores with their axons and neurons, and the mistakes made while writing them."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, neuron_type_dtype, type_ranges
from neurosyn.errors import DataError

__all__ = ["Axon", "Core", "Mistakes", "Neuron", "as_axon"]

_SEED_BITS = 32


class Mistakes:
    """Mistakes of a circuit, each with the line of the caller's code.

    Attributes
    ----------
    lines : list of str
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, where: str, problem: str) -> None:
        """Record a mistake, with the nearest line outside this package."""
        frame = inspect.currentframe()
        while frame is not None and frame.f_globals.get("__name__", "").startswith(f"{__package__}."):
            frame = frame.f_back
        line = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}: " if frame is not None else ""
        self.lines.append(f"{line}{where}: {problem}")

    def is_within(self, where: str, name: str, value: Any, low: int, high: int) -> bool:
        """Return whether a whole number is in a range; record a mistake if it is not.

        Raises
        ------
        DataError
            If it is no whole number.
        """
        try:
            whole = operator.index(value)
        except TypeError as error:
            raise DataError(f"{where}: {name} is {value!r}; give a whole number") from error
        if low <= whole <= high:
            return True
        self.add(where, f"{name} is {whole}; the range is {low}…{high}")
        return False


@dataclass(frozen=True)
class Axon:
    """An axon of a core, the place where spikes arrive. `Core.axon` makes it.

    Attributes
    ----------
    core : Core
    number : int
    """

    core: Core
    number: int

    def __repr__(self) -> str:
        return f"Axon {self.number} of core {self.core.number}"


class Neuron:
    """A neuron of a core. `Core.neuron` makes it.

    Attributes
    ----------
    core : Core
    number : int
    parameters : tuple
        A row of the table of neuron types.
    initial : int
        Potential before the first tick.
    destination : tuple of three ints
        Core, axon and delay; the core is −1 for nowhere, −2 for an output pin, which then stands for the axon.
    """

    def __init__(self, core: Core, number: int, parameters: tuple[Any, ...], initial: int) -> None:
        self.core, self.number, self.parameters, self.initial = core, number, parameters, initial
        self.destination = (NO_DESTINATION, 0, 1)

    def __repr__(self) -> str:
        return f"Neuron {self.number} of core {self.core.number}"

    def to(self, core: Core | Axon, axon: Axon | int | None = None, *, delay: int = 1) -> Neuron:
        """Send the neuron's spikes to an axon, of this core or another.

        Parameters
        ----------
        core, axon
            A core and the axon or its number; or the axon alone.
        delay : int
            Ticks from the spike to its integration, 1 … 15 on TrueNorth.

        Returns
        -------
        Neuron
            This neuron.

        Raises
        ------
        DataError
            If what is given is no axon.
        """
        target = as_axon(self._where, core, axon)
        mistakes = self.core.mistakes
        if target.core.mistakes is not mistakes:
            mistakes.add(self._where, f"sends to {target} of another circuit; connect circuits through pins and inputs")
        mistakes.is_within(self._where, "delay", delay, 1, self.core.limits.longest_delay)
        self._send((target.core.number, target.number, delay))
        return self

    def to_pin(self, pin: int) -> Neuron:
        """Send the neuron's spikes off the board, on an output pin that neurons may share. Returns this neuron."""
        self.core.mistakes.is_within(self._where, "pin", pin, 0, 2**31 - 1)
        self._send((OUTPUT, pin, 1))
        return self

    @property
    def _where(self) -> str:
        return f"core {self.core.number}, neuron {self.number}"

    def _send(self, destination: tuple[int, int, int]) -> None:
        if self.destination[0] != NO_DESTINATION:
            self.core.mistakes.add(
                self._where, "has a destination already, and a neuron has one; branch through a Splitter"
            )
        self.destination = destination


class Core:
    """A core of a circuit. `Circuit.core` makes it.

    Attributes
    ----------
    number : int
    limits : Limits
        Those of the chip.
    layer : str
    seed : int
        Seed of the core's random numbers.
    neurons : list of Neuron
        Neuron n of the core is the n-th that was made.
    axon_types : dict of int to int
        Types by axon, where one is given.
    synapses : list of (int, int)
        Axon and neuron of each.
    """

    def __init__(self, number: int, chip: ChipDescription, mistakes: Mistakes, layer: str, seed: int) -> None:
        self.number, self.limits, self.layer, self.seed = number, chip.limits, layer, seed
        self.mistakes = mistakes
        self.neurons: list[Neuron] = []
        self.axon_types: dict[int, int] = {}
        self.synapses: list[tuple[int, int]] = []
        self._size = chip.core
        self._used_axons: set[int] = set()
        mistakes.is_within(f"core {number}", "seed", seed, 0, 2**_SEED_BITS - 1)

    def __repr__(self) -> str:
        return f"Core {self.number}: {len(self._used_axons)} axons, {len(self.neurons)} neurons"

    def axon(self, number: int | None = None, *, type: int | None = None) -> Axon:  # noqa: A002
        """Return an axon.

        Parameters
        ----------
        number : int
            By default the lowest one that is not in use.
        type : int
            The weight that its spikes have in each neuron, as an index into the neuron's `weights`; 0 if never given.

        Raises
        ------
        DataError
            If a number is no whole number.
        """
        if number is None:
            number = next(free for free in range(len(self._used_axons) + 1) if free not in self._used_axons)
            if number == self._size.axons:
                self.refuse(f"has {number} axons, all of them in use; use another core")
        elif not self.mistakes.is_within(f"core {self.number}", "axon", number, 0, self._size.axons - 1):
            return Axon(self, number)
        self._used_axons.add(number)
        where = f"core {self.number}, axon {number}"
        if type is not None and self.mistakes.is_within(where, "type", type, 0, self.limits.axon_types - 1):
            given = self.axon_types.setdefault(number, type)
            if given != type:
                self.mistakes.add(where, f"has type {given} and is given type {type}; an axon has one type")
        return Axon(self, number)

    def neuron(
        self,
        *,
        weights: Sequence[int] = (),
        threshold: int = 1,
        leak: int = 0,
        initial: int = 0,
        reset: int = 0,
        reset_mode: int = 0,
        negative_threshold: int = 0,
        negative_saturation: bool = True,
        threshold_mask_bits: int = 0,
        stochastic_weights: Sequence[bool] = (),
        stochastic_leak: bool = False,
        leak_reversal: bool = False,
    ) -> Neuron:
        """Make the core's next neuron.

        By default its potential V never falls below 0 (`negative_threshold` 0, `negative_saturation`), and is 0 after
        a spike.

        Parameters
        ----------
        weights : ints
            For the axon types 0, 1, …; missing ones are 0.
        threshold : int
            It spikes when V ≥ threshold after synapses and leak.
        leak : int
            Added to V in every tick.
        initial : int
            V before the first tick.
        reset, reset_mode : int
            V after a spike: `reset` in mode 0, V − threshold in mode 1; in mode 2 V, but at most the threshold with its
            largest mask.
        negative_threshold, negative_saturation
            With saturation, V ends no tick below −negative_threshold.
        threshold_mask_bits : int
            Bits of the random number that is added to the threshold.
        stochastic_weights : bools
            By axon type: the weight is drawn, and counts as its sign or as 0.
        stochastic_leak : bool
            Likewise for the leak.
        leak_reversal : bool
            The leak is multiplied by the sign of V.

        Raises
        ------
        DataError
            If a parameter is no whole number.
        """
        number = len(self.neurons)
        where = f"core {self.number}, neuron {number}"
        if number == self._size.neurons:
            self.refuse(f"has {number} neurons, all of them in use; use another core")
        kinds = self.limits.axon_types
        values: dict[str, Any] = {
            "weights": self._by_type(where, "weights", weights),
            "stochastic_weights": tuple(map(bool, self._by_type(where, "stochastic_weights", stochastic_weights))),
            "leak": leak,
            "stochastic_leak": bool(stochastic_leak),
            "leak_reversal": bool(leak_reversal),
            "threshold": threshold,
            "negative_threshold": negative_threshold,
            "threshold_mask_bits": threshold_mask_bits,
            "reset_mode": reset_mode,
            "negative_saturation": bool(negative_saturation),
            "reset": reset,
        }
        for name, (low, high) in type_ranges(self.limits).items():
            checked = {f"weight {kind}": values[name][kind] for kind in range(kinds)} if name == "weights" else {}
            for shown, value in (checked or {name: values[name]}).items():
                self.mistakes.is_within(where, shown, value, low, high)
        self.mistakes.is_within(where, "initial", initial, self.limits.potential_min, self.limits.potential_max)
        made = Neuron(self, number, tuple(values[name] for name in NEURON_TYPE.names or ()), initial)
        self.neurons.append(made)
        return made

    def connect(self, axon: Axon | int, *neurons: Neuron) -> None:
        """Switch the synapses from an axon to neurons of this core on.

        Raises
        ------
        DataError
            If what is given is no axon or no neuron.
        """
        source = as_axon(f"core {self.number}", self, axon)
        for neuron in neurons:
            if not isinstance(neuron, Neuron):
                raise DataError(f"core {self.number}: connect: {neuron!r} is no neuron; give one made by neuron()")
            if neuron.core is not self:
                self.refuse(f"has no synapse with {neuron}; send spikes to an axon of that core and connect them there")
            self.synapses.append((source.number, neuron.number))

    def refuse(self, problem: str) -> None:
        """Record a mistake, for parts that check their options; `Circuit.build` reports all of them."""
        self.mistakes.add(f"core {self.number}", problem)

    def _by_type(self, where: str, name: str, values: Iterable[Any]) -> tuple[Any, ...]:
        """Return a value for each axon type and each column of the table of neuron types."""
        if not isinstance(values, Iterable):
            raise DataError(f"{where}: {name} is {values!r}; give a list with a value for each axon type")
        given, kinds = tuple(values), self.limits.axon_types
        if len(given) > kinds:
            self.mistakes.add(where, f"{name} has {len(given)} values; the chip has {kinds} axon types")
        columns = neuron_type_dtype(kinds)["weights"].shape[0]
        return (*given[:kinds], *[0] * (columns - min(len(given), kinds)))


def as_axon(where: str, core: Core | Axon, axon: Axon | int | None) -> Axon:
    """Return the axon that is given by its core and number, by its core and itself, or alone.

    Raises
    ------
    DataError
        If it is given in another way.
    """
    if isinstance(core, Axon) and axon is None:
        return core
    if not isinstance(core, Core) or axon is None:
        raise DataError(f"{where}: {core!r}, {axon!r} is no axon; give an axon, or a core and the axon's number")
    if not isinstance(axon, Axon):
        return core.axon(axon)
    if axon.core is not core:
        core.mistakes.add(where, f"{axon} is no axon of core {core.number}; give an axon of that core")
    return axon
