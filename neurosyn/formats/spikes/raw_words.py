"""Spikes as big-endian 32-bit words: RAWI3 (time, core, axon) for inputs and RAWO6 for outputs.

A RAWO6 spike is time, source core, source neuron, destination core, destination axon and delay; output connectors are
the destination cores −32, −33, … in two's complement. Both formats begin with a JSON header and a byte 0xFF [IBM].
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import OUTPUT, Program
from neurosyn.chip.spikes import InputSpikes, OutputSpikes
from neurosyn.errors import DataError
from neurosyn.formats.ibm.addresses import FIRST_OUTPUT, MAX_PINS, PINS_OF_OUTPUT, core_ids, pin_core, pin_of
from neurosyn.formats.spikes.header import SpikeHeader, binary_header
from neurosyn.formats.spikes.numbering import InputCollector, check_count

__all__ = ["read_raw_inputs", "read_raw_outputs", "write_raw_outputs"]

_ROWS = 1 << 18
_WORDS = {"RAWI3": 3, "RAWO6": 6}


def read_raw_inputs(path: Path, stream: BinaryIO, header: SpikeHeader, program: Program) -> InputSpikes:
    """Read the spikes after the header. Output spikes in a RAWO6 file are taken as input spikes of this program.

    Raises
    ------
    DataError
        If a spike is damaged or does not fit the program; the message gives file, number of the spike and reason.
    """
    spikes = InputCollector(path, program)
    for start, rows in _rows(path, stream, header):
        if header.encoding == "RAWI3":
            time, core, axon = rows.T
            delay: NDArray[np.int64] | int = header.delay
        else:
            time, _, _, core, axon, delay = rows.T
            core = _signed(core)
        spikes.add(time, core, axon, delay, range(start, start + len(rows)))
    return spikes.spikes()


def read_raw_outputs(path: Path, stream: BinaryIO, header: SpikeHeader, program: Program) -> OutputSpikes:
    """Read the spikes of a RAWO6 file to output connectors; other spikes are skipped.

    Raises
    ------
    DataError
        If a spike is damaged or does not fit the program; the message gives file, number of the spike and reason.
    """
    ids = core_ids(program)
    pieces = []
    for start, rows in _rows(path, stream, header):
        leaves = np.flatnonzero(_signed(rows[:, 3]) <= FIRST_OUTPUT)
        time, core, neuron, target, axon, _ = rows[leaves].T
        number = np.minimum(np.searchsorted(ids, core), len(ids) - 1)
        pin = pin_of(_signed(target), axon)
        wrong = (ids[number] != core) | (neuron >= program.neurons) | (axon >= PINS_OF_OUTPUT) | (pin >= MAX_PINS)
        if wrong.any():
            first = int(np.argmax(wrong))
            raise DataError(
                f"{path}: spike {start + leaves[first]} is from core {core[first]}, neuron {neuron[first]} to "
                f"connector {_signed(target)[first]}, axon {axon[first]}, which cannot be; is it of this program?"
            )
        pieces.append(np.stack([time, number, neuron, np.full(len(time), OUTPUT), pin]))
    tick, *rest = np.concatenate([np.empty((5, 0), np.int64), *pieces], axis=1)
    core, neuron, target, pin = (column.astype(np.int32) for column in rest)
    return OutputSpikes(tick, core, neuron, target, pin)


def write_raw_outputs(path: Path, spikes: OutputSpikes, program: Program) -> None:
    """Write output spikes as RAWO6 (not atomically; `neurosyn.formats.spikes.files` is atomic)."""
    ids = core_ids(program)
    with path.open("wb") as out:
        out.write(binary_header("RAWO6"))
        for start in range(0, len(spikes), _ROWS):
            rows = slice(start, start + _ROWS)
            core, neuron, pin = spikes.core[rows], spikes.neuron[rows], spikes.dest_axon[rows]
            delay = program.delay[core, neuron]
            columns = (spikes.tick[rows], ids[core], neuron, pin_core(pin), pin % PINS_OF_OUTPUT, delay)
            out.write(np.stack([column.astype(np.int64) for column in columns], axis=1).astype(">i4").tobytes())


def _rows(path: Path, stream: BinaryIO, header: SpikeHeader) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield chunks of spikes: the number of the first one, and the words, int64 (spikes, words)."""
    words = _WORDS[header.encoding]
    size = path.stat().st_size - header.size
    if size % (4 * words):
        raise DataError(
            f"{path}: ends in the middle of a spike ({size:,} bytes are no multiple of {4 * words}); it is cut short, "
            "get a whole one"
        )
    check_count(path, size // (4 * words))
    start = 0
    while read := stream.read(4 * words * _ROWS):
        if len(read) % (4 * words):
            raise DataError(f"{path}: changed while it was read; try again")
        rows = np.frombuffer(read, ">u4").astype(np.int64).reshape(-1, words)
        yield start, rows
        start += len(rows)


def _signed(words: NDArray[np.int64]) -> NDArray[np.int64]:
    signed: NDArray[np.int64] = words - ((words >> 31) << 32)
    return signed
