"""Spikes by pin of a connector (CONNPIN, ``.sfcp``): a binary format with a block for each tick.

::

    header, 0xFF
    FE FC FE FC   tick (4 bytes)   8 zero bytes   [count (4)   count pins (bpp/8 bytes each)   count delays (1 each)]
    …
    FE FC FE FC   FF FF FF FF      8 zero bytes

all big-endian; a tick without spikes ends after the zero bytes [IBM].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes, OutputSpikes
from neurosyn.errors import DataError
from neurosyn.formats.spikes.header import SpikeHeader, binary_header
from neurosyn.formats.spikes.numbering import MAX_SPIKES, MAX_TICK

__all__ = ["PinSpikes", "read_pin_inputs", "read_pins", "write_pin_outputs"]

_MARK = b"\xfe\xfc\xfe\xfc"
_LAST = 0xFFFF_FFFF
_ZEROS = bytes(8)
_MAX_BLOCK = 1024
"""``maxBlockSize`` in IBM's files; files written here raise it to the spikes of the busiest tick."""


@dataclass(frozen=True)
class PinSpikes:
    """Spikes of a file: int64 arrays (S,) of ticks, pins and delays in ticks."""

    tick: NDArray[np.int64]
    pin: NDArray[np.int64]
    delay: NDArray[np.int64]


def read_pins(path: Path, stream: BinaryIO, header: SpikeHeader) -> PinSpikes:
    """Read the spikes after the header.

    Raises
    ------
    DataError
        If the file is damaged; the message gives file, byte and reason.
    """
    octets = _pin_octets(path, header)
    block = _Blocks(path, stream, header.size)
    ticks: list[int] = []
    counts: list[int] = []
    pins: list[NDArray[np.int64]] = []
    delays: list[NDArray[np.int64]] = []
    latest = total = 0
    mark = block.take(4)
    while True:
        if mark != _MARK:
            raise block.error("a tick does not begin with FE FC FE FC")
        tick = block.number()
        if block.take(8) != _ZEROS:
            raise block.error("the 8 bytes after a tick are not zero, which no known file has")
        if tick == _LAST:
            break
        if tick > MAX_TICK:
            raise block.error(f"tick {tick} is beyond {MAX_TICK}")
        if tick < latest:
            raise block.error(f"tick {tick} comes after tick {latest}; ticks must be in order")
        latest = tick
        mark = block.take(4)
        if mark == _MARK:
            continue
        count = int.from_bytes(mark, "big")
        total += count
        if count == 0 or total > MAX_SPIKES:
            raise block.error(f"tick {tick} has {count:,} spikes, which cannot be")
        ticks.append(tick)
        counts.append(count)
        pins.append(_numbers(block.take(count * octets), octets))
        delays.append(np.frombuffer(block.take(count), np.uint8).astype(np.int64))
        if delays[-1].min() < 1 or delays[-1].max() > 15:
            raise block.error(f"tick {tick} has a delay beyond 1…15")
        mark = block.take(4)
    block.finish()
    empty = [np.empty(0, np.int64)]
    return PinSpikes(
        np.repeat(np.array(ticks, np.int64), counts), np.concatenate(pins or empty), np.concatenate(delays or empty)
    )


def read_pin_inputs(path: Path, stream: BinaryIO, header: SpikeHeader, program: Program) -> InputSpikes:
    """Read spikes whose pins are the program's input lines.

    Raises
    ------
    DataError
        If the program has no such line; programs from IBM's files have no lines.
    """
    spikes = read_pins(path, stream, header)
    lines = len(program.input_core)
    wrong = spikes.pin >= lines
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DataError(
            f"{path}: spike {first} is for pin {spikes.pin[first]}; the program has {lines:,} input lines; "
            "give spikes with core and axon (.sfti or RAWI3)"
        )
    return InputSpikes.on_lines(program, spikes.tick + spikes.delay - 1, spikes.pin.astype(np.int32))


def write_pin_outputs(path: Path, spikes: OutputSpikes, program: Program, ticks: int) -> None:
    """Write output spikes of ticks 0 … `ticks` − 1 (not atomically; `neurosyn.formats.spikes.files` is atomic)."""
    octets = 1 if program.pins <= 1 << 8 else 2 if program.pins <= 1 << 16 else 4
    members = {
        "maxBlockSize": max(_MAX_BLOCK, int(np.unique(spikes.tick, return_counts=True)[1].max(initial=0))),
        "lastTimeStamp": 0,
        "monotonicTimeStamp": 1,
        "defaultDestinationDelay": 1,
        "connectors": [
            {
                "ID": 0,
                "name": "output",
                "csize": program.pins,
                "bpp": 8 * octets,
                "delayMode": 1,
                "defaultDestinationDelay": 1,
            }
        ],
    }
    with path.open("wb") as out:
        out.write(binary_header("CONNPIN", members))
        end = 0
        for tick in range(ticks):
            start, end = end, int(np.searchsorted(spikes.tick, tick + 1))
            spikes_of_tick = slice(start, end)
            out.write(_MARK + tick.to_bytes(4, "big") + _ZEROS)
            pin = spikes.dest_axon[spikes_of_tick]
            if len(pin):
                delay = program.delay[spikes.core[spikes_of_tick], spikes.neuron[spikes_of_tick]]
                out.write(len(pin).to_bytes(4, "big") + pin.astype(f">u{octets}").tobytes() + delay.tobytes())
        out.write(_MARK + _LAST.to_bytes(4, "big") + _ZEROS)


class _Blocks:
    """Sequential reader of a file's bytes that keeps the offset for errors."""

    def __init__(self, path: Path, stream: BinaryIO, at: int) -> None:
        self._path = path
        self._stream = stream
        self._at = at
        self._size = path.stat().st_size

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        # Compared with the size first: a damaged count may exceed the memory.
        read = self._stream.read(count) if self._at + count <= self._size else b""
        if len(read) < count:
            raise self.error("the file ends in the middle; it is cut short")
        self._at += count
        return read

    def number(self) -> int:
        """Return the next 4 bytes as a number."""
        return int.from_bytes(self.take(4), "big")

    def finish(self) -> None:
        """Check that nothing follows."""
        if self._stream.read(1):
            raise self.error("something follows after the last tick")

    def error(self, problem: str) -> DataError:
        """Return an error with path and offset."""
        return DataError(f"{self._path}: byte {self._at:,}: {problem}; get a whole file")


def _pin_octets(path: Path, header: SpikeHeader) -> int:
    connectors = header.members.get("connectors")
    connector = connectors[0] if isinstance(connectors, list) and len(connectors) == 1 else None
    bits = connector.get("bpp") if isinstance(connector, dict) else None
    if type(bits) is not int or bits not in (8, 16, 24, 32):
        raise DataError(
            f"{path}: the header must have one connector with bpp 8, 16, 24 or 32; others are not supported"
        )
    return bits // 8


def _numbers(read: bytes, octets: int) -> NDArray[np.int64]:
    weights = 256 ** np.arange(octets - 1, -1, -1, dtype=np.int64)
    numbers: NDArray[np.int64] = np.frombuffer(read, np.uint8).reshape(-1, octets) @ weights
    return numbers
