"""Spike files of every format, told apart by content when they are read and by ending when they are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes, OutputSpikes
from neurosyn.errors import DataError, ScenarioError, did_you_mean
from neurosyn.formats.ibm.addresses import PINS_OF_OUTPUT, core_ids, pin_core
from neurosyn.formats.spikes.connector_pins import read_pin_inputs, read_pins, write_pin_outputs
from neurosyn.formats.spikes.header import read_header
from neurosyn.formats.spikes.raw_words import read_raw_inputs, read_raw_outputs, write_raw_inputs, write_raw_outputs
from neurosyn.formats.spikes.text import read_text, write_text_spikes
from neurosyn.support.files import atomic_path
from neurosyn.support.untrusted import open_file

__all__ = [
    "OUTPUT_COLUMNS",
    "OUTPUT_ENDINGS",
    "check_ending",
    "read_outputs",
    "read_spikes",
    "write_outputs",
    "write_spikes",
]

OUTPUT_COLUMNS = ("tick", "core", "neuron", "dest_core", "dest_axon", "pin")
"""Columns of output spikes in tables; cores are numbered as in the program's file."""
OUTPUT_ENDINGS = (".csv", ".parquet", ".sfro", ".sfcp")
"""Formats of output spikes: tables, RAWO6 and CONNPIN."""
_INPUT_ENDINGS = (".sfti", ".sfri")
_ROWS = 1 << 18


def read_spikes(path: Path, program: Program) -> InputSpikes:
    """Read the spikes that go into a program: text, RAWI3, RAWO6 or CONNPIN.

    Raises
    ------
    DataError
        With file, place and reason.
    """
    with open_file(path) as stream:
        header = read_header(path, stream)
        if header.encoding == "TEXT":
            return read_text(path, stream, header, program)
        if header.encoding == "CONNPIN":
            return read_pin_inputs(path, stream, header, program)
        return read_raw_inputs(path, stream, header, program)


def read_outputs(path: Path, program: Program) -> OutputSpikes:
    """Read recorded output spikes: RAWO6 or CONNPIN (which does not tell core and neuron).

    Raises
    ------
    DataError
        With file, place and reason.
    """
    with open_file(path) as stream:
        header = read_header(path, stream)
        if header.encoding == "RAWO6":
            return read_raw_outputs(path, stream, header, program)
        if header.encoding == "CONNPIN":
            read = read_pins(path, stream, header)
            unknown = np.full(len(read.tick), -1, np.int32)
            pin = read.pin.astype(np.int32)
            return OutputSpikes(read.tick, unknown, unknown, np.full(len(pin), OUTPUT, np.int32), pin)
    raise DataError(f"{path}: has spikes that go in ({header.encoding}), not recorded output spikes")


def write_spikes(path: Path, spikes: InputSpikes, program: Program) -> None:
    """Write input spikes as text (``.sfti``) or RAWI3 (``.sfri``), whole or not at all.

    Raises
    ------
    DataError
        If a spike is integrated in tick 0: in these files none can be sent before it.
    ScenarioError
        If the ending is another.
    """
    ending = check_ending(path, _INPUT_ENDINGS)
    if len(spikes.tick) and spikes.tick.min() < 0:
        raise DataError(f"{path}: a spike for tick 0 would have to be sent before it; these files begin at tick 0")
    if (np.diff(spikes.tick) < 0).any():
        order = np.argsort(spikes.tick, kind="stable")
        spikes = InputSpikes.to_axons(spikes.tick[order], spikes.core[order], spikes.axon[order])
    with atomic_path(path) as temporary:
        (write_text_spikes if ending == ".sfti" else write_raw_inputs)(temporary, spikes, program)


def write_outputs(path: Path, spikes: OutputSpikes, program: Program, ticks: int) -> None:
    """Write the output spikes of ticks 0 … `ticks` − 1 in the format that the ending names, whole or not at all.

    Raises
    ------
    ScenarioError
        If it is none of `OUTPUT_ENDINGS`.
    """
    ending = check_ending(path, OUTPUT_ENDINGS)
    with atomic_path(path) as temporary:
        if ending == ".csv":
            _write_csv(temporary, spikes, program)
        elif ending == ".parquet":
            _write_parquet(temporary, spikes, program)
        elif ending == ".sfro":
            write_raw_outputs(temporary, spikes, program)
        else:
            write_pin_outputs(temporary, spikes, program, ticks)


def check_ending(path: Path, endings: tuple[str, ...]) -> str:
    """Return the ending of a path if it is one of these.

    Raises
    ------
    ScenarioError
        If it is not.
    """
    if path.suffix not in endings:
        raise ScenarioError(
            f"{path}: spikes cannot be written as '{path.suffix}'{did_you_mean(path.suffix, endings)}; "
            f"use one of {', '.join(endings)}"
        )
    return path.suffix


def _write_csv(path: Path, spikes: OutputSpikes, program: Program) -> None:
    import pyarrow.csv

    with path.open("wb") as out:
        out.write((",".join(OUTPUT_COLUMNS) + "\n").encode("ascii"))
        options = pyarrow.csv.WriteOptions(include_header=False)
        _write_tables(spikes, program, lambda table: pyarrow.csv.write_csv(table, out, options))


def _write_parquet(path: Path, spikes: OutputSpikes, program: Program) -> None:
    import pyarrow.parquet

    schema = pyarrow.schema([(name, pyarrow.int64()) for name in OUTPUT_COLUMNS])
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        _write_tables(spikes, program, writer.write_table)


def _write_tables(spikes: OutputSpikes, program: Program, write: Callable[[Any], object]) -> None:
    import pyarrow

    ids = core_ids(program)
    for start in range(0, len(spikes), _ROWS):
        some = slice(start, start + _ROWS)
        pin = spikes.dest_axon[some].astype(np.int64)
        columns: tuple[NDArray[Any], ...] = (
            spikes.tick[some],
            ids[spikes.core[some]],
            spikes.neuron[some].astype(np.int64),
            pin_core(pin),
            pin % PINS_OF_OUTPUT,
            pin,
        )
        write(pyarrow.table(dict(zip(OUTPUT_COLUMNS, columns, strict=True))))
