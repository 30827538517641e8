"""Reader of RANC files (University of Arizona): a program, its positions and its input spikes in one JSON file.

::

    {"packets": [[{"destination_core": [x, y], "destination_axon": a, "destination_tick": d}, …], …],   one list a tick
     "output_bus": {"coordinates": [x, y], "num_outputs": n},
     "cores": [{"coordinates": [x, y], "axons": [type, …],
                "neurons": [{"weights": [w0, w1, w2, w3], "leak": …, "positive_threshold": …, "negative_threshold": …,
                             "reset_potential": …, "reset_mode": 0 or 1, "current_potential": …,
                             "destination_core_offset": [dx, dy], "destination_axon": a, "destination_tick": d}, …],
                "connections": [[0 or 1 for each axon], …]}]}                                one list for each neuron

A RANC neuron is a special case of TrueNorth's: deterministic, V ← R or V − α at the threshold (reset mode 0 or 1),
V ← −R or V − θ below the negative threshold θ ≤ 0, which is given with its sign. RANC's reset type is no part of a
program but of its simulator's configuration: 0, below θ (V < θ), as on TrueNorth, is assumed; 1 is at θ, too (V ≤ θ).
With reset mode 0 type 1 is the same as type 0 at θ + 1; where no neuron of TrueNorth does the same, it is refused.

A spike sent in tick t with extra delay d is integrated in tick t + 1 + d; a packet of row t in tick t + d. A packet to
the position of the output bus is output line number `destination_axon`; of more than 256 outputs, those of the bus's
k-th neighbour in the east are lines 256·k and above. A packet to a position with neither a core nor the bus is lost, as
in RANC. A core has 256 axons and 256 neurons, more where the file uses more; sections ``num_axons`` and ``num_neurons``
set other sizes.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import words_for
from neurosyn.chip.lfsr import DEFAULT_SEED
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import ScenarioError
from neurosyn.formats.json_stream import JsonStream
from neurosyn.formats.ranc.cores import MAX_CORE_SIZE, POSITION_MAX, RancCore, parse_core, parse_position
from neurosyn.formats.spikes.numbering import check_count
from neurosyn.formats.value_checks import UnfitError, integer, member, table
from neurosyn.support.untrusted import open_file

__all__ = ["RancFile", "read_ranc"]

_BUS_AXONS = 256
_CORE_SIZE = 256
"""Axons and neurons of a core of TrueNorth, where the file gives no sizes: its cores list the neurons in use."""
_MAX_NEURONS = 1 << 24
_MAX_SYNAPSES = 1 << 32
"""Largest sizes, a board of 16 chips; a file beyond them is rejected as damaged."""
_MAX_OUTPUTS = 1 << 22
_LONGEST_DELAY = 14
_SILENT = ((0, 0, 0, 0), (False,) * 4, 0, False, False, 1, 0, 0, 0, False, 0)
"""Parameters of a neuron that never fires, RANC's default."""


@dataclass(frozen=True)
class RancFile:
    """Contents of a RANC file.

    Attributes
    ----------
    program : Program
    xy : int32 array (C, 2)
        Positions of the cores.
    spikes : InputSpikes
        The packets; those for tick 0 have tick −1.
    reset_type : int
        RANC's ``neuron_reset_type``.
    """

    program: Program
    xy: NDArray[np.int32]
    spikes: InputSpikes
    reset_type: int = 0


def read_ranc(
    path: Path, progress: Callable[[int, int, str], None] | None = None, reset_type: int | None = None
) -> RancFile:
    """Read a RANC file.

    Parameters
    ----------
    path
        The file.
    progress
        Called with the bytes read, the size of the file in bytes, and the unit.
    reset_type
        RANC's ``neuron_reset_type``, 0 or 1; None: that of the file, or else 0.

    Raises
    ------
    ScenarioError
        If the file gives another reset type.
    DataError
        If the file is missing, damaged, cut short or exceeds the limits of TrueNorth; the message gives file, line,
        core, neuron and reason.
    """
    with open_file(path) as stream:
        return _RancReader(JsonStream(path, stream), progress, reset_type).read()


class _RancReader:
    def __init__(
        self, stream: JsonStream, progress: Callable[[int, int, str], None] | None, reset_type: int | None
    ) -> None:
        self._stream = stream
        self._progress = progress
        self._sizes: dict[str, int] = {}
        self._given_type, self._reset_type = reset_type, 0 if reset_type is None else reset_type
        self._cores: list[RancCore] = []
        self._bus: tuple[int, int] | None = None
        self._outputs = 0
        self._types: dict[tuple[Any, ...], int] = {_SILENT: 0}
        self._packets = tuple(array("i") for _ in range(4))

    def read(self) -> RancFile:
        stream = self._stream
        seen: set[str] = set()
        for key in stream.members():
            line = stream.line
            if key in seen:
                raise stream.error(f"the section '{key[:40]}' occurs twice; remove one")
            seen.add(key)
            try:
                self._section(key)
            except UnfitError as error:
                raise stream.error(f"{error}; repair the file", line=line) from None
        stream.finish()
        for key in ("cores", "output_bus"):
            if key not in seen:
                raise stream.error(f"the section '{key}' is missing; is it the right file?")
        return self._contents()

    def _section(self, key: str) -> None:
        stream = self._stream
        if key == "packets":
            self._read_packets()
        elif key == "output_bus":
            self._read_bus(stream.value())
        elif key == "cores":
            for number in stream.elements():
                line = stream.line
                try:
                    self._cores.append(parse_core(stream.value(), line, self._types))
                except UnfitError as error:
                    raise stream.error(f"core {number}: {error}; repair the file", line=line) from None
                if self._progress is not None:
                    self._progress(*stream.progress(), "bytes")
        elif key in ("num_axons", "num_neurons"):
            self._sizes[key] = integer(stream.value(), key, 1, MAX_CORE_SIZE)
        elif key == "neuron_reset_type":
            self._reset_type = integer(stream.value(), key, 0, 1)
        else:
            stream.value()

    def _read_bus(self, value: Any) -> None:
        members = table(value, "output_bus")
        self._bus = parse_position(member(members, "coordinates", "output_bus"), "coordinates of output_bus")
        self._outputs = integer(member(members, "num_outputs", "output_bus"), "num_outputs", 0, _MAX_OUTPUTS)

    def _read_packets(self) -> None:
        stream = self._stream
        for row in stream.elements():
            for _ in stream.elements():
                packet = stream.value()
                try:
                    members = table(packet, "a packet")
                    x, y = parse_position(member(members, "destination_core", "a packet"), "destination_core")
                    axon = member(members, "destination_axon", "a packet")
                    delay = member(members, "destination_tick", "a packet")
                    numbers = (
                        row + integer(delay, "destination_tick", 0, _LONGEST_DELAY),
                        x,
                        y,
                        integer(axon, "destination_axon", 0, MAX_CORE_SIZE - 1),
                    )
                except UnfitError as error:
                    raise stream.error(f"packets of tick {row}: {error}; repair the file") from None
                for column, number in zip(self._packets, numbers, strict=True):
                    column.append(number)
            check_count(stream.path, len(self._packets[0]))

    def _contents(self) -> RancFile:
        stream = self._stream
        if not self._cores:
            raise stream.error("the file has no cores; is it the right file?")
        number_at: dict[tuple[int, int], int] = {}
        for number, core in enumerate(self._cores):
            if core.position in number_at or core.position == self._bus:
                raise stream.error(
                    f"core {number}: its position {list(core.position)} is taken; repair the file", line=core.line
                )
            number_at[core.position] = number
        grid = _Grid(number_at, self._bus or (-1, -1), self._outputs)
        tick, x, y, axon = (np.frombuffer(c, np.int32) if len(c) else np.empty(0, np.int32) for c in self._packets)
        target = grid.numbers(x, y)
        if (target < 0).any():
            first = int(np.argmax(target < 0))
            raise stream.error(
                f"a packet (for tick {tick[first]}) goes to position [{x[first]}, {y[first]}], where no core is; "
                "repair the file"
            )
        if self._given_type not in (None, self._reset_type):
            raise ScenarioError(
                f"{stream.path}: has neuron_reset_type {self._reset_type}, the option says {self._given_type}; "
                "leave the option out"
            )
        program = self._program(grid, axon)
        xy = np.array([core.position for core in self._cores], np.int32)
        return RancFile(
            program, xy, InputSpikes.to_axons(tick.astype(np.int64) - 1, target, axon.copy()), self._reset_type
        )

    def _neuron_types(self) -> list[tuple[Any, ...]]:
        """Return the parameters by number, those of reset type 1, V ≤ θ, as such of type 0: V < θ + 1.

        At θ = 0 there is no θ + 1; the types are the same there unless a reset leads from V = 0 to another potential.
        """
        types = list(self._types)
        if self._reset_type == 0:
            return types
        for number, row in enumerate(types):
            parameters = dict(zip(NEURON_TYPE.names or (), row, strict=True))
            depth, is_absolute = parameters["negative_threshold"], parameters["reset_mode"] == 0
            if depth and is_absolute:
                types[number] = tuple((parameters | {"negative_threshold": depth - 1}).values())
            elif depth or (is_absolute and parameters["reset"]):
                case = "reset mode 1" if depth else "negative threshold 0 and a reset to another potential"
                first, core = next((i, c) for i, c in enumerate(self._cores) if (c.neuron_type == number).any())
                raise self._stream.error(
                    f"core {first}: neuron {int((core.neuron_type == number).argmax())} has {case}: with reset type 1 "
                    "(V ≤ θ) no neuron of TrueNorth does the same; use reset type 0 or another neuron",
                    line=core.line,
                )
        return types

    def _program(self, grid: _Grid, packet_axon: NDArray[np.int32]) -> Program:
        cores = self._cores
        neurons = self._size("num_neurons", max(len(core.neuron_type) for core in cores))
        if len(cores) * neurons > _MAX_NEURONS:
            raise self._stream.error(f"{len(cores):,} cores of {neurons:,} neurons are more than can be simulated")
        # Neurons that are missing in the file never fire.
        target = np.full((len(cores), neurons), NO_DESTINATION, np.int32)
        axon, delay = np.zeros_like(target), np.ones(target.shape, np.uint8)
        potential, kind = np.zeros_like(target), np.zeros_like(target)
        for i, core in enumerate(cores):
            count = len(core.neuron_type)
            try:
                target[i, :count], axon[i, :count] = grid.destinations(core)
            except UnfitError as error:
                raise self._stream.error(f"core {i}: {error}; repair the file", line=core.line) from None
            delay[i, :count] = np.where(target[i, :count] == NO_DESTINATION, 1, core.delay)
            potential[i, :count] = core.potential
            kind[i, :count] = core.neuron_type
        highest = max(int(axon[target >= 0].max(initial=-1)), int(packet_axon.max(initial=-1)))
        widest = max(max(len(core.axon_types), core.width) for core in cores)
        axons = self._size("num_axons", max(1, widest, highest + 1))
        if len(cores) * axons > _MAX_NEURONS or len(cores) * neurons * axons > _MAX_SYNAPSES:
            raise self._stream.error(
                f"{len(cores):,} cores of {neurons:,} neurons and {axons:,} axons are more than can be simulated"
            )
        axon_types = np.zeros((len(cores), axons), np.uint8)
        for i, core in enumerate(cores):
            axon_types[i, : len(core.axon_types)] = core.axon_types
        crossbars, crossbar = self._crossbars(neurons, axons)
        return Program(
            axons=axons,
            neurons=neurons,
            crossbars=crossbars,
            crossbar=crossbar,
            axon_types=axon_types,
            neuron_types=np.array(self._neuron_types(), NEURON_TYPE),
            neuron_type=kind,
            initial_potential=potential,
            dest_core=target,
            dest_axon=axon,
            delay=delay,
            seeds=np.full(len(cores), DEFAULT_SEED, np.uint32),
            input_core=np.empty(0, np.int32),
            input_axon=np.empty(0, np.int32),
            pins=self._outputs,
            pin_class=np.full(self._outputs, -1, np.int32),
            layer_names=("cores",),
            core_layer=np.zeros(len(cores), np.int32),
            activity=np.ones(target.shape, np.float32),
            about={"format": "ranc", "file": self._stream.path.name},
        )

    def _crossbars(self, neurons: int, axons: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        """Return the distinct crossbars (K, W, N), and the number of each core's, (C,)."""
        row_of: dict[bytes, int] = {}
        tables: list[NDArray[np.uint64]] = []
        crossbar = np.empty(len(self._cores), np.int32)
        for i, core in enumerate(self._cores):
            octets = np.zeros((neurons, 8 * words_for(axons)), np.uint8)
            octets[: core.connections.shape[0], : core.connections.shape[1]] = core.connections
            digest = hashlib.sha256(octets.tobytes()).digest()
            crossbar[i] = row_of.setdefault(digest, len(tables))
            if crossbar[i] == len(tables):
                tables.append(octets.view("<u8").astype(np.uint64).T)
        return np.ascontiguousarray(np.stack(tables)), crossbar

    def _size(self, key: str, needed: int) -> int:
        size = self._sizes.get(key, max(needed, _CORE_SIZE))
        if size < needed:
            raise self._stream.error(f"{key} is {size}, but {needed} are used; repair the file")
        return size


class _Grid:
    """Lookup of cores and output lines by position."""

    def __init__(self, number_at: dict[tuple[int, int], int], bus: tuple[int, int], outputs: int) -> None:
        self._bus = bus
        self._outputs = outputs
        self._more_buses = max(0, -(-outputs // _BUS_AXONS) - 1)
        self._width = POSITION_MAX + 1
        keys = np.array([y * self._width + x for x, y in number_at], np.int64)
        self._order = np.argsort(keys).astype(np.int32)
        self._keys = keys[self._order]

    def numbers(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.int32]:
        """Return the number of the core at each position, −1 for none."""
        key = y.astype(np.int64) * self._width + x
        index = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        return np.where(self._keys[index] == key, self._order[index], np.int32(-1))

    def destinations(self, core: RancCore) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return destination core (or `OUTPUT`, `NO_DESTINATION`) and axon (or pin) of a core's neurons."""
        x, y = core.position[0] + core.offset[:, 0], core.position[1] + core.offset[:, 1]
        outside = (x < 0) | (x > POSITION_MAX) | (y < 0) | (y > POSITION_MAX)
        if outside.any():
            neuron = int(np.argmax(outside))
            raise UnfitError(f"neuron {neuron} sends to position [{x[neuron]}, {y[neuron]}], outside the grid")
        target, axon = self.numbers(x, y), core.axon
        east = x - self._bus[0]
        first = (y == self._bus[1]) & (east == 0)
        more = (target < 0) & (y == self._bus[1]) & (east > 0) & (east <= self._more_buses) & (axon < _BUS_AXONS)
        pin = np.where(more, axon + _BUS_AXONS * east, axon)
        output = first | more
        unknown = (target >= 0) & ~output & (axon >= MAX_CORE_SIZE)
        if unknown.any():
            neuron = int(np.argmax(unknown))
            raise UnfitError(f"neuron {neuron} sends to axon {axon[neuron]}; there can be {MAX_CORE_SIZE}")
        beyond = output & (pin >= self._outputs)
        if beyond.any():
            neuron = int(np.argmax(beyond))
            raise UnfitError(f"neuron {neuron} sends to output line {pin[neuron]}; the bus has {self._outputs}")
        target = np.where(output, OUTPUT, np.where(target < 0, NO_DESTINATION, target)).astype(np.int32)
        return target, np.where(output, pin, np.where(target < 0, 0, axon)).astype(np.int32)
