"""Spike files of every format: recognised by content when read, chosen by the ending when written."""

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
from neurosyn.formats.spikes.raw_words import read_raw_inputs, read_raw_outputs, write_raw_outputs
from neurosyn.formats.spikes.tables import TABLE_ENDINGS, read_table
from neurosyn.formats.spikes.text import read_text
from neurosyn.support.files import atomic_path
from neurosyn.support.untrusted import open_file

__all__ = [
    "OUTPUT_COLUMNS",
    "OUTPUT_ENDINGS",
    "check_ending",
    "read_outputs",
    "read_spikes",
    "write_outputs",
]

OUTPUT_COLUMNS = ("tick", "core", "neuron", "dest_core", "dest_axon", "pin")
"""Columns of output spikes in tables; cores have their numbers in the program's file."""
OUTPUT_ENDINGS = (".csv", ".parquet", ".sfro", ".sfcp")
"""Endings of output spikes: tables, RAWO6 and CONNPIN."""
_ROWS = 1 << 18


def read_spikes(path: Path, program: Program) -> InputSpikes:
    """Read input spikes of a program: a table by its ending, else text, RAWI3, RAWO6 or CONNPIN by its contents.

    Raises
    ------
    DataError
        If the file is missing, damaged or does not fit the program; the message gives file, line or byte, and reason.
    """
    if path.suffix in TABLE_ENDINGS:
        return read_table(path, program)
    with open_file(path) as stream:
        header = read_header(path, stream)
        if header.encoding == "TEXT":
            return read_text(path, stream, header, program)
        if header.encoding == "CONNPIN":
            return read_pin_inputs(path, stream, header, program)
        return read_raw_inputs(path, stream, header, program)


def read_outputs(path: Path, program: Program) -> OutputSpikes:
    """Read recorded output spikes: RAWO6, or CONNPIN, which lacks core and neuron (both are −1).

    Raises
    ------
    DataError
        If the file is missing, damaged or does not fit the program; the message gives file, line or byte, and reason.
    """
    with open_file(path) as stream:
        header = read_header(path, stream)
        if header.encoding == "RAWO6":
            return read_raw_outputs(path, stream, header, program)
        if header.encoding == "CONNPIN":
            spikes = read_pins(path, stream, header)
            wrong = np.flatnonzero((spikes.pin < 0) | (spikes.pin >= program.pins))
            if len(wrong):
                pin = spikes.pin[wrong[0]]
                raise DataError(f"{path}: spike {wrong[0]} is of pin {pin}; the program has {program.pins:,} pins")
            unknown = np.full(len(spikes.tick), -1, np.int32)
            pin = spikes.pin.astype(np.int32)
            return OutputSpikes(spikes.tick, unknown, unknown, np.full(len(pin), OUTPUT, np.int32), pin)
    raise DataError(f"{path}: has input spikes ({header.encoding}), not recorded output spikes; give RAWO6 or CONNPIN")


def write_outputs(path: Path, spikes: OutputSpikes, program: Program, ticks: int) -> None:
    """Write the output spikes of ticks 0 … `ticks` − 1 in the format of the ending, whole or not at all.

    Raises
    ------
    ScenarioError
        If the ending is not one of `OUTPUT_ENDINGS`.
    """
    ending = check_ending(path)
    with atomic_path(path) as temporary:
        if ending == ".csv":
            _write_csv(temporary, spikes, program)
        elif ending == ".parquet":
            _write_parquet(temporary, spikes, program)
        elif ending == ".sfro":
            write_raw_outputs(temporary, spikes, program)
        else:
            write_pin_outputs(temporary, spikes, program, ticks)


def check_ending(path: Path) -> str:
    """Return the ending of a path for output spikes.

    Raises
    ------
    ScenarioError
        If the ending is not one of `OUTPUT_ENDINGS`.
    """
    if path.suffix not in OUTPUT_ENDINGS:
        raise ScenarioError(
            f"{path}: spikes cannot be written as '{path.suffix}'{did_you_mean(path.suffix, OUTPUT_ENDINGS)}; "
            f"use one of {', '.join(OUTPUT_ENDINGS)}"
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
        rows = slice(start, start + _ROWS)
        pin = spikes.dest_axon[rows].astype(np.int64)
        columns: tuple[NDArray[Any], ...] = (
            spikes.tick[rows],
            ids[spikes.core[rows]],
            spikes.neuron[rows].astype(np.int64),
            pin_core(pin),
            pin % PINS_OF_OUTPUT,
            pin,
        )
        write(pyarrow.table(dict(zip(OUTPUT_COLUMNS, columns, strict=True))))
