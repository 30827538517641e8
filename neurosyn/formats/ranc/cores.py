"""Cores of RANC files, checked against the limits of TrueNorth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import AXON_TYPES
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.formats.value_checks import UnfitError, integer, listed, member, table

__all__ = ["MAX_CORE_SIZE", "POSITION_MAX", "RancCore", "parse_core", "parse_position"]

MAX_CORE_SIZE = 65_535
"""Largest number of axons or neurons of a core."""
POSITION_MAX = 4095
"""Largest coordinate: a board of 64 × 64 chips."""

_THRESHOLD_MAX = 2**18 - 1
_OFFSET_MAX = 255
_LONGEST_DELAY = 14


@dataclass(frozen=True)
class RancCore:
    """A core of a file; arrays for its n neurons.

    Attributes
    ----------
    position : tuple of int
    line : int
        Line of the file where the core begins.
    axon_types : uint8 array (a,)
    connections : uint8 array (n, ⌈up to A / 8⌉)
        Bit a mod 8 of octet a div 8: a synapse with axon a.
    width : int
        Number of axons in the connections.
    neuron_type : int32 array (n,)
        Numbers of the parameters in the dictionary shared by all cores.
    potential : int32 array (n,)
    offset : int64 array (n, 2)
        Offset (dx, dy) of the destination's position.
    axon : int64 array (n,)
    delay : uint8 array (n,)
        1 … 15.
    """

    position: tuple[int, int]
    line: int
    axon_types: NDArray[np.uint8]
    connections: NDArray[np.uint8]
    width: int
    neuron_type: NDArray[np.int32]
    potential: NDArray[np.int32]
    offset: NDArray[np.int64]
    axon: NDArray[np.int64]
    delay: NDArray[np.uint8]


def parse_position(value: Any, what: str) -> tuple[int, int]:
    """Return a pair of coordinates, checked; `what` names it in errors."""
    if len(listed(value, what)) != 2:
        raise UnfitError(f"{what} has {len(value)} numbers, not x and y")
    return integer(value[0], f"x of {what}", 0, POSITION_MAX), integer(value[1], f"y of {what}", 0, POSITION_MAX)


def parse_core(value: Any, line: int, types: dict[tuple[Any, ...], int]) -> RancCore:
    """Return a decoded core.

    Parameters
    ----------
    value
        The decoded value of the core.
    line
        Line of the file where it begins.
    types
        Numbers of the rows of `neurosyn.chip.program.NEURON_TYPE`; new rows are added.

    Raises
    ------
    UnfitError
        If a member is missing, or exceeds the limits of TrueNorth.
    """
    members = table(value, "a core")
    position = parse_position(member(members, "coordinates", "it"), "coordinates")
    kinds = listed(member(members, "axons", "it"), "axons", most=MAX_CORE_SIZE)
    axon_types = [integer(kind, f"axons[{i}]", 0, AXON_TYPES - 1) for i, kind in enumerate(kinds)]
    neurons = listed(member(members, "neurons", "it"), "neurons", most=MAX_CORE_SIZE)
    if not neurons:
        raise UnfitError("it has no neurons")
    parsed = []
    for i, neuron in enumerate(neurons):
        try:
            parsed.append(_parse_neuron(table(neuron, "it")))
        except UnfitError as error:
            raise UnfitError(f"neuron {i}: {error}") from None
    parameters, potential, offset, axon, delay = zip(*parsed, strict=True)
    return RancCore(
        position,
        line,
        np.array(axon_types, np.uint8),
        *_parse_connections(member(members, "connections", "it"), len(neurons)),
        np.array([types.setdefault(row, len(types)) for row in parameters], np.int32),
        np.array(potential, np.int32),
        np.array(offset, np.int64),
        np.array(axon, np.int64),
        np.array(delay, np.uint8) + np.uint8(1),
    )


def _parse_neuron(members: dict[str, Any]) -> tuple[tuple[Any, ...], int, tuple[int, int], int, int]:
    def number(key: str, low: int, high: int) -> int:
        return integer(member(members, key, "it"), key, low, high)

    weights = listed(member(members, "weights", "it"), "weights", most=AXON_TYPES)
    padded = [integer(weight, f"weights[{i}]", -255, 255) for i, weight in enumerate(weights)]
    padded += [0] * (AXON_TYPES - len(padded))
    parameters = (
        tuple(padded),
        (False,) * AXON_TYPES,
        number("leak", -255, 255),
        False,
        False,
        number("positive_threshold", 0, _THRESHOLD_MAX),
        -number("negative_threshold", -_THRESHOLD_MAX, 0),
        0,
        number("reset_mode", 0, 1),
        False,
        number("reset_potential", -POTENTIAL_MAX, POTENTIAL_MAX),
    )
    offset = listed(member(members, "destination_core_offset", "it"), "destination_core_offset")
    if len(offset) != 2:
        raise UnfitError(f"destination_core_offset has {len(offset)} numbers, not dx and dy")
    dx, dy = (integer(d, "destination_core_offset", -_OFFSET_MAX, _OFFSET_MAX) for d in offset)
    return (
        parameters,
        number("current_potential", POTENTIAL_MIN, POTENTIAL_MAX),
        (dx, dy),
        number("destination_axon", 0, 2**22 - 1),
        number("destination_tick", 0, _LONGEST_DELAY),
    )


def _parse_connections(value: Any, neurons: int) -> tuple[NDArray[np.uint8], int]:
    rows = listed(value, "connections", most=MAX_CORE_SIZE)
    if len(rows) < neurons:
        raise UnfitError(f"connections has {len(rows)} lists for {neurons} neurons")
    rows = rows[:neurons]
    width = max(len(listed(row, f"connections[{i}]", most=MAX_CORE_SIZE)) for i, row in enumerate(rows))
    connections = np.zeros((neurons, width), np.bool_)
    for i, row in enumerate(rows):
        try:
            bits = bytes(row)
        except (TypeError, ValueError):
            bits = b"\2"
        if bits.count(0) + bits.count(1) != len(bits):
            raise UnfitError(f"connections[{i}] has something else than 0 and 1")
        connections[i, : len(bits)] = np.frombuffer(bits, np.bool_)
    return np.packbits(connections, axis=1, bitorder="little"), width
