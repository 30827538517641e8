"""Program files: a versioned ``.npz`` of plain arrays.

Format 1. The archive holds these arrays and no others, for C cores of A axons and N neurons, K crossbars, T neuron
types, W = ⌈A/64⌉, I input lines, P output pins. Each array is the attribute of the same name of
`neurosyn.chip.program.Program`.

====================== =============== ===============================================================================
array                  shape           values
====================== =============== ===============================================================================
``header``             (bytes,)        UTF-8 JSON: ``format`` ("neurosyn-program"), ``version`` (1), ``axons``,
                                       ``neurons``, ``pins``, ``layer_names``, ``about``; for another
                                       chip than TrueNorth ``limits`` (`neurosyn.chip.limits`), which
                                       replace the ranges below
``crossbars``          (K, W, N)       uint64; bit a mod 64 of word a div 64: synapse from axon a to the neuron
``crossbar``           (C,)            0 … K−1
``axon_types``         (C, A)          0 … 3
``neuron_types``       (T,)            records of `neurosyn.chip.program.NEURON_TYPE`
``neuron_type``        (C, N)          0 … T−1
``initial_potential``  (C, N)          −2¹⁹ … 2¹⁹ − 1
``dest_core``          (C, N)          0 … C−1, −1 nowhere, −2 an output pin
``dest_axon``          (C, N)          0 … A−1, or the pin
``delay``              (C, N)          1 … 15
``seeds``              (C,)            0 … 2³² − 1
``input_core``         (I,)            0 … C−1
``input_axon``         (I,)            0 … A−1
``input_line``         (I,)            element of a frame that the line carries
``input_inverted``     (I,)            1: the line spikes where the element does not; 0. Left out if all are 0
``pin_class``          (P,)            class of each pin, −1 for none
``core_layer``         (C,)            index into ``layer_names``
``activity``           (C, N)          float32: expected spikes of each neuron in a tick
====================== =============== ===============================================================================

Integers may have any width and sign; they are written in the narrowest type that holds them, which keeps a full chip at
a few megabytes and makes it quick to read. Everything is checked when a file is read, and nothing is unpickled.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.limits import Limits
from neurosyn.chip.program import NEURON_TYPE, Program, neuron_type_dtype
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.errors import DataError
from neurosyn.support.files import write_npz
from neurosyn.support.untrusted import ArrayHeader, read_npz

__all__ = ["FORMAT", "VERSION", "load_program", "save_program"]

FORMAT = "neurosyn-program"
VERSION = 1

_INTEGERS: dict[str, type[np.integer[Any]]] = {
    "crossbar": np.int32,
    "axon_types": np.uint8,
    "neuron_type": np.int32,
    "initial_potential": np.int32,
    "dest_core": np.int32,
    "dest_axon": np.int32,
    "delay": np.uint8,
    "seeds": np.uint32,
    "input_core": np.int32,
    "input_axon": np.int32,
    "input_line": np.int32,
    "input_inverted": np.uint8,
    "pin_class": np.int32,
    "core_layer": np.int32,
}
_OF_NEURONS = ("neuron_type", "initial_potential", "dest_core", "dest_axon", "delay", "activity")
_OF_LINES = ("input_core", "input_axon", "input_line", "input_inverted")
_OPTIONAL = "input_inverted"
_DIMENSIONS = {"crossbars": 3, "axon_types": 2, **dict.fromkeys(_OF_NEURONS, 2)}
_EXACT: dict[str, np.dtype[Any]] = {"crossbars": np.dtype("<u8"), "activity": np.dtype("<f4")}
_TYPES = tuple(neuron_type_dtype(kinds) for kinds in (4, 6, 8))
"""Types of rows of neurons, with four weights or more."""
_MOST_BITS = 64
_MOST_HEADER = 1 << 26
_MOST_TYPES = 1 << 16
_NARROW = tuple(np.dtype(code) for code in ("u1", "i1", "<u2", "<i2", "<u4", "<i4"))


def save_program(program: Program, path: Path | str) -> None:
    """Write a program to a file, whole or not at all; equal programs give equal bytes."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "axons": program.axons,
        "neurons": program.neurons,
        "pins": program.pins,
        "layer_names": list(program.layer_names),
        "about": program.about,
    }
    if program.limits != TRUENORTH.limits:
        header["limits"] = dataclasses.asdict(program.limits)
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, sort_keys=True)
    arrays: dict[str, NDArray[Any]] = {"header": np.frombuffer(text.encode(), np.uint8)}
    arrays |= {name: getattr(program, name).astype(dtype, copy=False) for name, dtype in _EXACT.items()}
    arrays["neuron_types"] = program.neuron_types
    arrays |= {name: _narrowed(getattr(program, name)) for name in _INTEGERS}
    if not program.input_inverted.any():
        del arrays[_OPTIONAL]
    write_npz(Path(path), arrays)


def load_program(path: Path) -> Program:
    """Read a program.

    Raises
    ------
    DataError
        If the file is missing, damaged, of another format or version, or holds anything that is no valid program.
    """
    arrays = read_npz(path, check=partial(_check_arrays, path))
    header = _read_header(path, arrays)
    fields: dict[str, Any] = {}
    for name, dtype in _EXACT.items():
        fields[name] = np.ascontiguousarray(arrays[name]).astype(dtype.newbyteorder("="), copy=False)
    fields["neuron_types"] = np.ascontiguousarray(arrays["neuron_types"])
    _check_flags(path, fields["neuron_types"])
    for name, integer in _INTEGERS.items():
        if name in arrays:
            fields[name] = _widened(path, name, arrays[name], integer)
    if _OPTIONAL in fields:
        if fields[_OPTIONAL].max(initial=0) > 1:
            raise DataError(f"{path}: {_OPTIONAL} has values that are neither 0 nor 1; make the file again")
        fields[_OPTIONAL] = fields[_OPTIONAL].astype(np.bool_)
    try:
        return Program(**header, **fields)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _check_arrays(path: Path, headers: Mapping[str, ArrayHeader]) -> None:
    """Refuse arrays that are no program's by name, type or shape, before they are unpacked."""
    if "header" not in headers or headers["header"].dtype != np.uint8 or len(headers["header"].shape) != 1:
        raise DataError(f"{path}: has no header; it is no neurosyn program")
    expected = {"header", "neuron_types", *_EXACT, *_INTEGERS}
    if missing := sorted(expected - set(headers) - {_OPTIONAL}):
        raise DataError(f"{path}: array '{missing[0]}' is missing; make the file again")
    if extra := sorted(set(headers) - expected):
        raise DataError(f"{path}: has an array '{extra[0]}' that programs of version {VERSION} do not; make it again")
    for name, header in headers.items():
        dtype, shape = header
        if len(shape) != _DIMENSIONS.get(name, 1):
            raise DataError(f"{path}: {name} has {len(shape)} dimensions, not {_DIMENSIONS.get(name, 1)}")
        if name in _EXACT and dtype != _EXACT[name]:
            raise DataError(f"{path}: {name} is {dtype}, not {_EXACT[name]}; make the file again")
        if name == "neuron_types" and dtype not in _TYPES:
            raise DataError(f"{path}: {name} is {dtype}, not {NEURON_TYPE}; make the file again")
        if name in _INTEGERS and dtype.kind not in "iu":
            raise DataError(f"{path}: {name} is {dtype}, not whole numbers; make the file again")
    sizes = {name: headers[name].shape for name in headers}
    cores, neurons = sizes["neuron_type"]
    for name in (*_OF_NEURONS, "crossbar", "seeds", "core_layer", "axon_types"):
        given = sizes[name][: 2 if name in _OF_NEURONS else 1]
        if given != (cores, neurons)[: len(given)]:
            raise DataError(
                f"{path}: {name} is {headers[name].dtype} {sizes[name]}, the program has {cores:,} cores of "
                f"{neurons:,} neurons; the file is damaged"
            )
    if sizes["crossbars"][0] > cores or len({sizes[name] for name in _OF_LINES if name in sizes}) > 1:
        raise DataError(
            f"{path}: has {sizes['crossbars'][0]:,} crossbars for {cores:,} cores, or lines without an axon"
        )
    most = cores * max(sizes["axon_types"][1], neurons) + _MOST_TYPES
    for name in ("neuron_types", "input_line", "pin_class"):
        if sizes[name][0] > most:
            raise DataError(f"{path}: {name} has {sizes[name][0]:,} elements; {cores:,} cores have room for {most:,}")
    if sizes["header"][0] > _MOST_HEADER:
        raise DataError(f"{path}: the header has {sizes['header'][0]:,} bytes, at most {_MOST_HEADER:,} are read")


def _narrowed(array: NDArray[Any]) -> NDArray[Any]:
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for dtype in _NARROW:
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max:
            return array.astype(dtype)
    return array


def _widened(path: Path, name: str, array: NDArray[Any], integer: type[np.integer[Any]]) -> NDArray[Any]:
    limits = np.iinfo(integer)
    if array.size and (int(array.min()) < limits.min or int(array.max()) > limits.max):
        raise DataError(f"{path}: {name} has values outside {limits.min}…{limits.max}; make the file again")
    return np.ascontiguousarray(array, integer)


def _check_flags(path: Path, types: NDArray[np.void]) -> None:
    """Refuse flags that are bytes other than 0 and 1, which a damaged file can hold."""
    for name in NEURON_TYPE.names or ():
        if (
            NEURON_TYPE[name].base == np.dtype(np.bool_)
            and np.ascontiguousarray(types[name]).view(np.uint8).max(initial=0) > 1
        ):
            raise DataError(f"{path}: neuron types have a flag {name} that is neither 0 nor 1; make the file again")


def _read_header(path: Path, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Check the header and return the arguments of `Program` in it."""
    try:
        header = json.loads(arrays["header"].tobytes().decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: the header is no JSON ({error}); make the file again") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise DataError(f"{path}: is no neurosyn program; programs come from `neurosyn compile`")
    if header.get("version") != VERSION:
        raise DataError(
            f"{path}: is a program of version {header.get('version')}; this neurosyn reads version {VERSION}; "
            "compile it again or use another release"
        )
    kinds = {"axons": int, "neurons": int, "pins": int, "layer_names": list, "about": dict}
    for name, kind in kinds.items():
        if not isinstance(header.get(name), kind) or isinstance(header.get(name), bool):
            raise DataError(f"{path}: the header's {name} is not {_KIND_NAMES[kind]}; make the file again")
    if not all(isinstance(name, str) for name in header["layer_names"]):
        raise DataError(f"{path}: the header's layer_names are not all text; make the file again")
    fields = {**{name: header[name] for name in kinds}, "layer_names": tuple(header["layer_names"])}
    return fields | ({"limits": _limits(path, header["limits"])} if "limits" in header else {})


def _limits(path: Path, limits: Any) -> Limits:
    """Return the limits of a chip other than TrueNorth."""
    names = [field.name for field in dataclasses.fields(Limits)]
    whole = isinstance(limits, dict) and sorted(limits) == sorted(names)
    if not whole or any(type(value) is not int or not 1 <= value <= _MOST_BITS for value in limits.values()):
        raise DataError(f"{path}: the header's limits are not whole numbers of 1…{_MOST_BITS}; make the file again")
    return Limits(**limits)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


_KIND_NAMES = {int: "a whole number", list: "a list", dict: "an object"}
