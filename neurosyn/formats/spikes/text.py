"""Spikes as text (``.sfti``): two lines of header, then a JSON object on each line.

::

    {"class":"SpikeWriter","encoding":"TEXT","nscsVersion":"1.4.0"}
    {"version":"sfti1.0","defaultDestinationDelay":1}
    {"spike":{"srcTime":0,"destCore":0,"destAxon":2}}

A spike may have a delay of its own, ``destDelay``; what else it has is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import DataError
from neurosyn.formats.ibm.addresses import core_ids
from neurosyn.formats.spikes.header import SpikeHeader
from neurosyn.formats.spikes.numbering import MAX_TICK, InputCollector
from neurosyn.formats.value_checks import UnfitError, integer, member, table

__all__ = ["read_text", "write_text_spikes"]

_CHUNK = 1 << 22
_LONGEST_LINE = 1 << 16
_NUMBER = rb"(?:0|[1-9]\d{0,9})"
_USUAL = re.compile(
    rb'(?:\{"spike":\{"srcTime":' + _NUMBER + rb',"destCore":' + _NUMBER + rb',"destAxon":' + _NUMBER + rb"\}\}\r?\n)*+"
)
"""Lines as IBM's tools write them; thousands of these are read at once."""
_DIGITS = bytes(octet if octet in b"0123456789" else ord(" ") for octet in range(256))
"""Translates all that is no digit to spaces."""
_ROWS = 65_536


def read_text(path: Path, stream: BinaryIO, header: SpikeHeader, program: Program) -> InputSpikes:
    """Read the spikes that follow the header.

    Raises
    ------
    DataError
        With file, line and reason.
    """
    spikes = InputCollector(path, program, ":")
    line = 3
    for chunk in _whole_lines(path, stream):
        lines = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
        if _USUAL.fullmatch(chunk):
            time, core, axon = np.fromstring(chunk.translate(_DIGITS), np.int64, sep=" ").reshape(-1, 3).T
            spikes.add(time, core, axon, header.delay, range(line, line + lines))
        else:
            numbers, (time, core, axon, delay) = _parsed(path, chunk, line, header.delay)
            spikes.add(time, core, axon, delay, numbers)
        line += lines
    return spikes.spikes()


def write_text_spikes(path: Path, spikes: InputSpikes, program: Program) -> None:
    """Write input spikes to an open file's path (not atomically: `neurosyn.formats.spikes.files` sees to that)."""
    ids = core_ids(program)
    with path.open("w", encoding="ascii", newline="\n") as out:
        out.write('{"class":"SpikeWriter","encoding":"TEXT","nscsVersion":"1.4.0"}\n')
        out.write('{"version":"sfti1.0","defaultDestinationDelay":1}\n')
        for start in range(0, len(spikes.tick), _ROWS):
            some = slice(start, start + _ROWS)
            columns = (spikes.tick[some], ids[spikes.core[some]], spikes.axon[some])
            out.writelines(
                f'{{"spike":{{"srcTime":{time},"destCore":{core},"destAxon":{axon}}}}}\n'
                for time, core, axon in zip(*(column.tolist() for column in columns), strict=True)
            )


def _whole_lines(path: Path, stream: BinaryIO) -> Iterator[bytes]:
    """Yield pieces that end where a line ends."""
    rest = b""
    while True:
        read = stream.read(_CHUNK)
        if not read:
            if rest:
                yield rest
            return
        cut = read.rfind(b"\n") + 1
        if not cut:
            if len(rest) + len(read) > _LONGEST_LINE:
                raise DataError(f"{path}: a line has more than {_LONGEST_LINE:,} characters; is it the right file?")
            rest += read
            continue
        yield rest + read[:cut]
        rest = read[cut:]


def _parsed(path: Path, chunk: bytes, line: int, default_delay: int) -> tuple[list[int], NDArray[np.int64]]:
    """Read lines one by one: return the numbers of those with a spike, and rows of times, cores, axons and delays."""
    numbers, rows = [], []
    for number, text in enumerate(chunk.split(b"\n"), line):
        if not text.strip():
            continue
        try:
            rows.append(_spike(text, default_delay))
        except (UnfitError, ValueError, RecursionError) as error:
            reason = "is not a JSON object" if isinstance(error, (json.JSONDecodeError, RecursionError)) else str(error)
            raise DataError(f"{path}:{number}: {reason} ({text[:40]!r}); repair the file") from None
        numbers.append(number)
    return numbers, np.array(rows, np.int64).reshape(-1, 4).T


def _spike(text: bytes, default_delay: int) -> tuple[int, int, int, int]:
    spike: dict[str, Any] = table(member(table(json.loads(text), "the line"), "spike", "the line"), "the spike")

    def number(key: str) -> int:
        return integer(member(spike, key, "the spike"), key, -MAX_TICK, MAX_TICK)

    delay = integer(spike.get("destDelay", default_delay), "destDelay", 1, 15)
    return number("srcTime"), number("destCore"), number("destAxon"), delay
