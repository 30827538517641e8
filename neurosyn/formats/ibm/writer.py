"""Writer of IBM's model files (CPE JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import AXON_TYPES, unpack_bits
from neurosyn.chip.neuron import POTENTIAL_MIN
from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.errors import ChipLimitError
from neurosyn.formats.ibm.addresses import DISCONNECTED, PINS_OF_OUTPUT, core_ids, pin_core
from neurosyn.formats.ibm.neuron_types import NEURON_CLASS, reset_exponents
from neurosyn.formats.ibm.run_lengths import shorten
from neurosyn.support.files import atomic_path

__all__ = ["write_cpe", "write_line_map"]


def write_cpe(program: Program, path: Path) -> None:
    """Write a program as CPE JSON, whole or not at all.

    Cores of the format are square: if a program has unequal numbers of axons and neurons, unused ones are added. Input
    lines, classes of pins, layers and the expected activity are not part of the format (`write_line_map` writes the
    first two).

    Raises
    ------
    ChipLimitError
        If a reset potential is not ±(2^k − 1), the only ones that the format can express, or the program has the limits
        of another chip than TrueNorth.
    """
    if program.limits != TRUENORTH.limits:
        raise ChipLimitError(
            "CPE: the format holds TrueNorth's neurons, the program has axon types, bits or delays of another chip; "
            "compile it for TrueNorth"
        )
    prototypes = _distinct_crossbars(program)
    types = _distinct_types(program)
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as out:
        size = max(program.axons, program.neurons)
        model = {
            "coreCount": program.cores,
            "neuronclass": NEURON_CLASS,
            "crossbarSize": size,
            "crossbarclass": "CrossbarBinary",
            "networking": "INTRA",
            "useCrossbarPrototypes": True,
        }
        out.write("{\n\t/* General model parameters */\n\t")
        out.write(f'"model":{_compact(model)},\n\t/* Crossbar type library */\n\t"crossbarTypes":[')
        for i, rows in enumerate(_crossbars(program, prototypes, size)):
            out.write(f'{"," if i else ""}\n\t\t{{"name":"{_prototype_name(i)}","crossbar":{{"rows":[\n')
            out.write(",\n".join(rows))
            out.write("]}}")
        out.write('\n\t],\n\t/* Neuron type library */\n\t"neuronTypes":[\n')
        out.write(",\n".join(f"\t\t{_compact(entry)}" for entry in _library(program, types)))
        out.write("\n\t]")
        for core in _cores(program, prototypes, types, size):
            out.write(f',\n\t/* Core parameters */\n\t"core":{_compact(core)}')
        out.write("\n}\n")


def write_line_map(program: Program, path: Path) -> None:
    """Write the axons of the input elements and the classes of the pins, which CPE lacks, as CSV.

    Columns: kind (``input``, ``inverted`` for an input that spikes where its element does not, or ``output``), number
    (element of a frame, or pin), core, axon (numbered as in the CPE file), class (−1 for none; empty for inputs).
    """
    ids = core_ids(program)
    pins = np.arange(program.pins)
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as out:
        out.write("kind,number,core,axon,class\n")
        kinds = np.where(program.input_inverted, "inverted", "input")
        for kind, line, core, axon in _rows(kinds, program.input_line, ids[program.input_core], program.input_axon):
            out.write(f"{kind},{line},{core},{axon},\n")
        for pin, core, axon, label in _rows(pins, pin_core(pins), pins % PINS_OF_OUTPUT, program.pin_class):
            out.write(f"output,{pin},{core},{axon},{label}\n")


def _rows(*columns: NDArray[Any]) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


@dataclass(frozen=True)
class _Distinct:
    """Distinct combinations of two properties.

    Attributes
    ----------
    first : int64 array (combinations,)
        Index of the first element with each combination.
    number : int64 array
        Number of the combination of every element.
    """

    first: NDArray[np.int64]
    number: NDArray[np.int64]


def _distinct_crossbars(program: Program) -> _Distinct:
    """Return the distinct pairs of crossbar and axon types; the elements are cores (C,)."""
    _, kinds = np.unique(program.axon_types, axis=0, return_inverse=True)
    pairs = program.crossbar.astype(np.int64) * program.cores + kinds.reshape(-1)
    _, first, number = np.unique(pairs, return_index=True, return_inverse=True)
    return _Distinct(first, number)


def _distinct_types(program: Program) -> _Distinct:
    """Return the distinct pairs of neuron type and initial potential; the elements are neurons (C·N,)."""
    raised = program.initial_potential.astype(np.int64) - POTENTIAL_MIN
    pairs = (program.neuron_type.astype(np.int64) << 20) | raised
    _, first, number = np.unique(pairs, return_index=True, return_inverse=True)
    return _Distinct(first, number.reshape(program.neuron_type.shape))


def _crossbars(program: Program, prototypes: _Distinct, size: int) -> Iterator[list[str]]:
    for core in prototypes.first:
        bits = np.zeros((size, size), np.bool_)
        on = unpack_bits(np.ascontiguousarray(program.crossbars[program.crossbar[core]].T), program.axons)
        bits[: program.axons, : program.neurons] = on.T
        kinds = [*program.axon_types[core].tolist(), *[0] * (size - program.axons)]
        yield [
            f'\t\t\t{{"type":"S{kind}","synapses":"{octets.tobytes().hex(" ").upper()}"}}'
            for kind, octets in zip(kinds, np.packbits(bits, axis=1), strict=True)
        ]


def _library(program: Program, types: _Distinct) -> Iterator[dict[str, Any]]:
    rows = program.neuron_types[program.neuron_type.reshape(-1)[types.first]]
    potentials = program.initial_potential.reshape(-1)[types.first]
    exponents = reset_exponents(rows["reset"])
    # The other reset modes do not use R.
    beyond = (exponents < 0) & (rows["reset_mode"] == 0)
    if beyond.any():
        raise ChipLimitError(
            f"program: a reset potential is {rows['reset'][beyond][0]}; CPE files can only express ±(2^k − 1); "
            "choose such a value or keep .npz"
        )
    kinds = range(AXON_TYPES)
    for number, (row, potential, exponent) in enumerate(zip(rows, potentials, exponents, strict=True), start=1):
        weights, leak = row["weights"].tolist(), int(row["leak"])
        yield {
            "name": f"N{number:08X}",
            "class": NEURON_CLASS,
            **{f"sigma{kind}": _sign(weights[kind]) for kind in kinds},
            **{f"s{kind}": abs(weights[kind]) for kind in kinds},
            **{f"b{kind}": bool(row["stochastic_weights"][kind]) for kind in kinds},
            "sigma_lambda": _sign(leak),
            "lambda": abs(leak),
            "c_lambda": bool(row["stochastic_leak"]),
            "epsilon": bool(row["leak_reversal"]),
            "alpha": int(row["threshold"]),
            "beta": int(row["negative_threshold"]),
            "TM": int(row["threshold_mask_bits"]),
            "gamma": int(row["reset_mode"]),
            "kappa": bool(row["negative_saturation"]),
            "sigma_VR": _sign(int(row["reset"])),
            "VR": max(0, int(exponent)),
            "V": int(potential),
        }


def _cores(program: Program, prototypes: _Distinct, types: _Distinct, size: int) -> Iterator[dict[str, Any]]:
    ids = core_ids(program)
    unused = size - program.neurons
    target = program.dest_core
    inside, output = target >= 0, target == OUTPUT
    core = np.where(inside, ids[np.maximum(target, 0)], np.where(output, pin_core(program.dest_axon), DISCONNECTED[0]))
    axon = np.where(inside, program.dest_axon, np.where(output, program.dest_axon % PINS_OF_OUTPUT, 0)).astype(np.int64)
    columns = {
        "types": (types.number + 1, 0),
        "destCores": (core, DISCONNECTED[0]),
        "destAxons": (axon, 0),
        "destDelays": (program.delay.astype(np.int64), 1),
    }
    for i in range(program.cores):
        lists = {
            key: shorten(np.concatenate([values[i], np.full(unused, rest)])) for key, (values, rest) in columns.items()
        }
        yield {
            "id": int(ids[i]),
            "timeScaleExponent": 0,
            "rngSeed": int(program.seeds[i]),
            "neurons": {"dendrites": shorten(np.arange(size)), **lists},
            "crossbar": {"name": _prototype_name(int(prototypes.number[i]))},
        }


def _prototype_name(number: int) -> str:
    return f"coreProt{number + 1:07d}"


def _sign(number: int) -> int:
    return -1 if number < 0 else 1


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
