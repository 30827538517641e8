"""Cores in IBM's model files: lists of neurons, and crossbars by name or row by row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.lfsr import DEFAULT_SEED
from neurosyn.formats.ibm.addresses import DISCONNECTED, FIRST_OUTPUT, MAX_PINS, PINS_OF_OUTPUT
from neurosyn.formats.ibm.neuron_types import UNUSED, NeuronTypes
from neurosyn.formats.ibm.run_lengths import expand
from neurosyn.formats.value_checks import UnfitError, integer, listed, member, table, text

__all__ = ["CpeCore", "Crossbar", "Crossbars", "parse_core"]

_ID_MAX = 2**31 - 1
_AXON_KINDS = {"S0": 0, "S1": 1, "S2": 2, "S3": 3}
_LISTS = ("types", "destCores", "destAxons", "destDelays")


@dataclass(frozen=True)
class Crossbar:
    """A crossbar of a file.

    Attributes
    ----------
    row : int
        Row in the program's table of distinct crossbars.
    axon_types : uint8 array (A,)
    """

    row: int
    axon_types: NDArray[np.uint8]


_TYPES = 1 << 32
"""Numbers of neuron types; larger codes stand for names."""


class Crossbars:
    """Distinct crossbars of a file, and its named prototypes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tables: list[NDArray[np.uint64]] = []
        self._row_of: dict[bytes, int] = {}
        self._named: dict[str, Crossbar] = {}

    def add(self, value: Any) -> None:
        """Add a decoded prototype.

        Raises
        ------
        UnfitError
            If it has no name or no valid rows.
        """
        members = table(value, "a crossbar type")
        name = text(member(members, "name", "a crossbar type"), "the name of a crossbar type")
        if name in self._named:
            raise UnfitError(f"crossbar type '{name[:40]}' occurs twice")
        try:
            self._named[name] = self._of_rows(table(member(members, "crossbar", "it"), "its crossbar"))
        except UnfitError as error:
            raise UnfitError(f"crossbar type '{name[:40]}': {error}") from None

    def of_core(self, value: Any) -> Crossbar:
        """Return a core's crossbar, given as the name of a prototype or as rows."""
        members = table(value, "crossbar")
        if "name" not in members:
            return self._of_rows(members)
        name = text(members["name"], "the name of the crossbar")
        if name not in self._named:
            raise UnfitError(f"there is no crossbar type '{name[:40]}' before it")
        return self._named[name]

    def _of_rows(self, members: dict[str, Any]) -> Crossbar:
        rows = listed(member(members, "rows", "the crossbar"), "rows")
        if len(rows) != self.size:
            raise UnfitError(f"the crossbar has {len(rows):,} rows; the model's crossbarSize is {self.size:,}")
        width = -(-self.size // 8)
        kinds = np.empty(self.size, np.uint8)
        octets = bytearray()
        for axon, row in enumerate(rows):
            try:
                kinds[axon] = _AXON_KINDS[row["type"]]
                octets += bytes.fromhex(row["synapses"])
            except (TypeError, KeyError, ValueError):
                raise UnfitError(
                    f"row {axon} of the crossbar is not {{'type': 'S0'…'S3', 'synapses': hex bytes}}"
                ) from None
            if len(octets) != (axon + 1) * width:
                count = len(octets) - axon * width
                raise UnfitError(f"row {axon} of the crossbar has {count:,} bytes of synapses, not {width:,}")
        # A row is an axon; the most significant bit of its first byte is neuron 0.
        bits = np.unpackbits(np.frombuffer(octets, np.uint8).reshape(self.size, width), axis=1)
        if bits[:, self.size :].any():
            raise UnfitError(f"the crossbar has synapses of neurons beyond {self.size - 1}")
        digest = hashlib.sha256(octets).digest()
        if digest not in self._row_of:
            self._row_of[digest] = len(self.tables)
            self.tables.append(np.ascontiguousarray(pack_bits(bits[:, : self.size].T.view(np.bool_)).T))
        return Crossbar(self._row_of[digest], kinds)


@dataclass(frozen=True)
class CpeCore:
    """A core of a file; arrays (N,) of its neurons in the order of the crossbar's columns.

    `types` are codes of `NeuronTypes`; `dest_core` and `dest_axon` are numbered as in the file, `dest_core` is −1 for
    neurons without a destination.
    """

    id: int
    line: int
    seed: int
    crossbar: Crossbar
    types: NDArray[np.int64]
    dest_core: NDArray[np.int32]
    dest_axon: NDArray[np.int32]
    delay: NDArray[np.uint8]


def parse_core(value: Any, line: int, crossbars: Crossbars, neuron_types: NeuronTypes) -> CpeCore:
    """Return a core, with all checks that need no other core.

    Raises
    ------
    UnfitError
        With core number and reason.
    """
    members = table(value, "a core")
    number = integer(member(members, "id", "a core"), "the id of a core", 0, _ID_MAX)
    try:
        integer(members.get("timeScaleExponent", 0), "timeScaleExponent", 0, 0)
        size = crossbars.size
        given = member(members, "neurons", "it")
        entries = _of_objects(given, size, neuron_types) if isinstance(given, list) else _of_lists(given, size)
        return CpeCore(
            id=number,
            line=line,
            seed=integer(members.get("rngSeed", DEFAULT_SEED), "rngSeed", 0, 2**32 - 1),
            crossbar=crossbars.of_core(member(members, "crossbar", "it")),
            **_on_columns(entries, size),
        )
    except UnfitError as error:
        raise UnfitError(f"core {number}: {error}") from None


def _of_lists(value: Any, size: int) -> dict[str, NDArray[np.int64]]:
    """Return the neurons from the run-length lists of IBM's tools."""
    members = table(value, "neurons")
    entries = {key: expand(member(members, key, "neurons"), key, size) for key in _LISTS}
    types = entries["types"]
    if len(types) and not 0 <= types.min() <= types.max() < _TYPES:
        wrong = types[(types < 0) | (types >= _TYPES)][0]
        raise UnfitError(f"types holds {wrong}; neuron types are numbers of 32 bits")
    count = len(types)
    entries["dendrites"] = expand(members.get("dendrites", [f"0:{count - 1}"] if count else []), "dendrites", size)
    for key, entry in entries.items():
        if len(entry) != count:
            raise UnfitError(f"{key} has {len(entry)} entries, types has {count}")
    return entries


def _of_objects(value: list[Any], size: int, neuron_types: NeuronTypes) -> dict[str, NDArray[np.int64]]:
    """Return the neurons from a list with one object for each neuron, as other writers of the format give them."""
    columns: dict[str, list[int]] = {key: [] for key in (*_LISTS, "dendrites")}
    bound = 2**32
    for index, item in enumerate(listed(value, "neurons", most=size)):
        what = f"neuron {index}"
        entry = table(item, what)
        kind = member(entry, "type", what)
        columns["types"].append(
            neuron_types.code(kind) if isinstance(kind, str) else integer(kind, f"type of {what}", 0, _TYPES - 1)
        )
        for key, name in (("destCores", "destCore"), ("destAxons", "destAxon")):
            columns[key].append(integer(member(entry, name, what), f"{name} of {what}", -bound, bound))
        delay = entry.get("destDelay", entry.get("delay", 1))
        columns["destDelays"].append(integer(delay, f"the delay of {what}", -bound, bound))
        columns["dendrites"].append(integer(entry.get("dendrite", index), f"dendrite of {what}", 0, size - 1))
    return {key: np.array(column, np.int64) for key, column in columns.items()}


def _on_columns(entries: dict[str, NDArray[np.int64]], size: int) -> dict[str, Any]:
    """Return the checked entries by column of the crossbar, which the dendrites give."""
    dendrites = entries["dendrites"]
    _check(dendrites, "dendrites", (dendrites >= 0) & (dendrites < size), f"0…{size - 1}")
    if len(np.unique(dendrites)) != len(dendrites):
        raise UnfitError("two neurons have the same dendrite")
    types, core = entries["types"], entries["destCores"]
    axon, delay = entries["destAxons"], entries["destDelays"]
    _check(types, "types", (types >= 0), "0 and above")
    output = core <= FIRST_OUTPUT
    connected = (core >= 0) | output
    lowest = FIRST_OUTPUT + 1 - MAX_PINS // PINS_OF_OUTPUT
    known = (output & (core >= lowest)) | np.isin(core, DISCONNECTED) | ((core >= 0) & (core <= _ID_MAX))
    _check(core, "destCores", known, f"a core, -1 or -2 for none, or {FIRST_OUTPUT}…{lowest} for an output connector")
    axons = np.where(output, PINS_OF_OUTPUT, size)
    _check(axon, "destAxons", ~connected | ((axon >= 0) & (axon < axons)), "the axons of the destination")
    _check(delay, "destDelays", ~connected | ((delay >= 1) & (delay <= 15)), "1…15")
    return {
        "types": _scattered(types, dendrites, size, UNUSED, np.int64),
        "dest_core": _scattered(np.where(connected, core, -1), dendrites, size, -1, np.int32),
        "dest_axon": _scattered(np.where(connected, axon, 0), dendrites, size, 0, np.int32),
        "delay": _scattered(np.where(connected, delay, 1), dendrites, size, 1, np.uint8),
    }


def _scattered(values: NDArray[np.int64], columns: NDArray[np.int64], size: int, rest: int, dtype: Any) -> NDArray[Any]:
    scattered = np.full(size, rest, dtype)
    scattered[columns] = values
    return scattered


def _check(values: NDArray[np.int64], what: str, good: NDArray[np.bool_], expected: str) -> None:
    if not good.all():
        entry = int(np.argmin(good))
        raise UnfitError(f"{what} has the value {values[entry]} at entry {entry}; expected: {expected}")
