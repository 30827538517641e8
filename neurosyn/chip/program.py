"""A chip program: crossbars, neurons, destinations and the maps of inputs and outputs. Pure data.

Cores are numbered 0 … C−1 without a position: placement gives each its position in the mesh. All arrays are checked
when a program is made, so every program is valid.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.limits import Limits
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.errors import DataError
from neurosyn.support.formatting import counted

__all__ = ["NEURON_TYPE", "NO_DESTINATION", "OUTPUT", "Program", "neuron_type_dtype", "type_ranges", "type_table"]

NO_DESTINATION = -1
"""``dest_core`` of a neuron whose spikes go nowhere."""
OUTPUT = -2
"""``dest_core`` of a neuron whose spikes leave the board; ``dest_axon`` is then the output pin."""

NEURON_TYPE = np.dtype(
    [
        ("weights", "<i2", (4,)),  # s^G, −255 … 255 for each axon type G
        ("stochastic_weights", "?", (4,)),  # b^G
        ("leak", "<i2"),  # λ, −255 … 255
        ("stochastic_leak", "?"),  # c
        ("leak_reversal", "?"),  # ε
        ("threshold", "<i4"),  # α, 0 … 2^18 − 1
        ("negative_threshold", "<i4"),  # β, 0 … 2^18 − 1
        ("threshold_mask_bits", "u1"),  # TM, 0 … 18
        ("reset_mode", "u1"),  # γ: 0 to the reset potential, 1 linear, 2 none
        ("negative_saturation", "?"),  # κ
        ("reset", "<i4"),  # R, 20-bit signed; IBM's files give it as sign·(2^VR − 1)
    ]
)
"""A row of the table of neuron types (Cassidy et al. 2013; words in place of the paper's symbols)."""


def neuron_type_dtype(axon_types: int) -> np.dtype[np.void]:
    """Return the type of a row of the table of neuron types: `NEURON_TYPE`, with more weights for more axon types.

    The number of weights is even and at least four, those of TrueNorth; weights beyond the chip's types have no effect.
    """
    weights = max(NEURON_TYPE["weights"].shape[0], -(-axon_types // 2) * 2)
    if weights == NEURON_TYPE["weights"].shape[0]:
        return NEURON_TYPE
    per_type = ("weights", "stochastic_weights")
    return np.dtype(
        [(name, NEURON_TYPE[name].base, (weights,) if name in per_type else ()) for name in NEURON_TYPE.names or ()]
    )


def type_table(types: NDArray[np.void]) -> NDArray[np.int32]:
    """Turn a table of neuron types (T,) into integers (T, 2·G + 9), the fields in the order of `NEURON_TYPE`."""
    columns = [types[name].reshape(len(types), -1) for name in NEURON_TYPE.names or ()]
    return np.concatenate([column.astype(np.int32) for column in columns], axis=1)


def type_ranges(limits: Limits) -> dict[str, tuple[int, int]]:
    """Return the lowest and highest value of each parameter of a neuron type that is no flag."""
    return {
        "weights": (-limits.weight, limits.weight),
        "leak": (-limits.leak, limits.leak),
        "threshold": (0, limits.threshold),
        "negative_threshold": (0, limits.threshold),
        "threshold_mask_bits": (0, limits.threshold_bits),
        "reset_mode": (0, 2),
        "reset": (limits.potential_min, limits.potential_max),
    }


@dataclass(frozen=True, eq=False)
class Program:
    """Program of the cores.

    C cores of A axons and N neurons; K different crossbars (equal ones are stored once); T neuron types; W = ⌈A/64⌉.

    Attributes
    ----------
    axons, neurons : int
        A and N (256 on TrueNorth); a program may use a part of larger cores.
    crossbars : uint64 array (K, W, N)
        Bit a mod 64 of word a div 64 of neuron n: the synapse from axon a to neuron n is on.
    crossbar : int32 array (C,)
        Crossbar of each core.
    axon_types : uint8 array (C, A)
        G, 0 … 3 on TrueNorth.
    neuron_types : `NEURON_TYPE` array (T,)
    neuron_type : int32 array (C, N)
        Row of `neuron_types`.
    initial_potential : int32 array (C, N)
        V before the first tick.
    dest_core, dest_axon : int32 arrays (C, N)
        Where spikes go: core and axon, or `OUTPUT` and pin, or `NO_DESTINATION`.
    delay : uint8 array (C, N)
        1 … 15 ticks on TrueNorth; 1 for neurons without destination.
    seeds : uint32 array (C,)
        Seed of each core's random numbers.
    input_core, input_axon : int32 arrays (I,)
        Where input line i enters.
    pins : int
        Number of output pins.
    pin_class : int32 array (pins,)
        Class that each pin speaks for, −1 for none (raw programs: all −1).
    layer_names : tuple of str
    core_layer : int32 array (C,)
        Layer of each core, as an index into `layer_names`.
    activity : float32 array (C, N)
        Expected spikes of each neuron in a tick, for placement; 1 where nothing is known.
    about : dict
        Plain JSON values: what it was compiled from.
    input_line : int32 array (I,)
        Element of a frame that input line i carries, each at most once: elements that no core listens to have no line.
        By default line i carries element i.
    input_inverted : bool array (I,)
        Lines that spike where their element of a frame does not. By default none.
    limits : Limits
        Those of the chip: the values above, and the potentials of a simulation, keep them. TrueNorth's by default.
    """

    axons: int
    neurons: int
    crossbars: NDArray[np.uint64]
    crossbar: NDArray[np.int32]
    axon_types: NDArray[np.uint8]
    neuron_types: NDArray[np.void]
    neuron_type: NDArray[np.int32]
    initial_potential: NDArray[np.int32]
    dest_core: NDArray[np.int32]
    dest_axon: NDArray[np.int32]
    delay: NDArray[np.uint8]
    seeds: NDArray[np.uint32]
    input_core: NDArray[np.int32]
    input_axon: NDArray[np.int32]
    pins: int
    pin_class: NDArray[np.int32]
    layer_names: tuple[str, ...]
    core_layer: NDArray[np.int32]
    activity: NDArray[np.float32]
    about: dict[str, Any] = field(default_factory=dict)
    input_line: NDArray[np.int32] = field(default=None)  # type: ignore[arg-type]
    input_inverted: NDArray[np.bool_] = field(default=None)  # type: ignore[arg-type]
    limits: Limits = TRUENORTH.limits

    def __repr__(self) -> str:
        return f"Program: {', '.join(self._facts())}"

    def _repr_html_(self) -> str:
        """Return the program's sizes as HTML for notebooks."""
        return f"<p><b>Program</b> {html.escape(', '.join(self._facts()))}</p>"

    def _facts(self) -> list[str]:
        layers = f" in {counted(len(self.layer_names), 'layer')}" if len(self.layer_names) > 1 else ""
        return [
            f"{counted(len(self.crossbar), 'core')} of {self.axons} axons and {self.neurons} neurons{layers}",
            counted(len(self.crossbars), "different crossbar"),
            counted(len(self.neuron_types), "neuron type"),
            counted(len(self.input_core), "input line"),
            counted(self.pins, "output pin"),
        ]

    @property
    def cores(self) -> int:
        """Number of cores."""
        return len(self.crossbar)

    @property
    def words(self) -> int:
        """64-bit words that hold one bit for each axon."""
        return -(-self.axons // 64)

    @property
    def weights(self) -> int:
        """Weights of a neuron type: at least one for each axon type of the chip."""
        return int(self.neuron_types["weights"].shape[1])

    def lines_of(self, frames: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which input lines spike for frames.

        Parameters
        ----------
        frames : array (…, elements)
            Not 0: the element spikes.

        Returns
        -------
        bool array (…, I)
        """
        return np.asarray((frames[..., self.input_line] != 0) ^ self.input_inverted)

    def __post_init__(self) -> None:
        if not (1 <= self.axons <= 65_536 and 1 <= self.neurons <= 65_536):
            raise DataError(f"program: cores of {self.axons} axons × {self.neurons} neurons; both must be 1…65536")
        if self.input_line is None:
            object.__setattr__(self, "input_line", np.arange(len(self.input_core), dtype=np.int32))
        if self.input_inverted is None:
            object.__setattr__(self, "input_inverted", np.zeros(len(self.input_core), np.bool_))
        cores, axons, neurons = self.cores, self.axons, self.neurons
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "crossbars": ((len(self.crossbars), self.words, neurons), np.uint64),
            "crossbar": ((cores,), np.int32),
            "axon_types": ((cores, axons), np.uint8),
            "neuron_types": ((len(self.neuron_types),), neuron_type_dtype(self.limits.axon_types)),
            "neuron_type": ((cores, neurons), np.int32),
            "initial_potential": ((cores, neurons), np.int32),
            "dest_core": ((cores, neurons), np.int32),
            "dest_axon": ((cores, neurons), np.int32),
            "delay": ((cores, neurons), np.uint8),
            "seeds": ((cores,), np.uint32),
            "input_core": ((len(self.input_core),), np.int32),
            "input_axon": ((len(self.input_core),), np.int32),
            "input_line": ((len(self.input_core),), np.int32),
            "input_inverted": ((len(self.input_core),), np.bool_),
            "pin_class": ((self.pins,), np.int32),
            "core_layer": ((cores,), np.int32),
            "activity": ((cores, neurons), np.float32),
        }
        for name, (shape, dtype) in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != dtype:
                raise DataError(f"program: {name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
        if cores == 0:
            raise DataError("program: has no cores; compile a network or read another file")
        _within("crossbar", self.crossbar, 0, len(self.crossbars) - 1)
        _within("axon_types", self.axon_types, 0, self.limits.axon_types - 1)
        _within("neuron_type", self.neuron_type, 0, len(self.neuron_types) - 1)
        _within("initial_potential", self.initial_potential, self.limits.potential_min, self.limits.potential_max)
        _within("delay", self.delay, 1, self.limits.longest_delay)
        _within("input_core", self.input_core, 0, cores - 1)
        _within("input_axon", self.input_axon, 0, axons - 1)
        _within("input_line", self.input_line, 0, 2**31 - 1)
        if len(np.unique(self.input_line)) != len(self.input_line):
            raise DataError("program: two input lines carry the same element of a frame; the file is damaged")
        _within("core_layer", self.core_layer, 0, len(self.layer_names) - 1)
        _within("dest_core", self.dest_core, OUTPUT, cores - 1)
        inside = self.dest_core >= 0
        _within("dest_axon", self.dest_axon[inside], 0, axons - 1)
        _within("dest_axon (pin)", self.dest_axon[self.dest_core == OUTPUT], 0, self.pins - 1)
        for name, (low, high) in type_ranges(self.limits).items():
            _within(f"neuron type {name}", self.neuron_types[name], low, high)
        if axons % 64:
            unused = np.uint64(2**64 - 2 ** (axons % 64))
            if (self.crossbars[:, -1] & unused).any():
                raise DataError(f"program: crossbars have synapses beyond axon {axons - 1}; the file is damaged")
        if not np.isfinite(self.activity).all() or (self.activity < 0).any():
            raise DataError("program: activity has values that are negative or no numbers; the file is damaged")


def _within(name: str, array: NDArray[Any], low: int, high: int) -> None:
    if array.size and (array.min() < low or array.max() > high):
        wrong = array[(array < low) | (array > high)].flat[0]
        raise DataError(f"program: {name} has the value {wrong}; the range is {low}…{high}")
