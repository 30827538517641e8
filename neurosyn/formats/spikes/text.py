"""Spikes as text (``.sfti``): two lines of header, then a JSON object on each line.

::

    {"class":"SpikeWriter","encoding":"TEXT","nscsVersion":"1.4.0"}
    {"version":"sfti1.0","defaultDestinationDelay":1}
    {"spike":{"srcTime":0,"destCore":0,"destAxon":2}}

A spike may give its delay as ``destDelay``; other members are ignored.
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
from neurosyn.formats.spikes.header import SpikeHeader
from neurosyn.formats.spikes.numbering import MAX_TICK, InputCollector
from neurosyn.formats.value_checks import UnfitError, integer, member, table
from neurosyn.support.untrusted import unique_keys

__all__ = ["read_text"]

_CHUNK = 1 << 22
_LONGEST_LINE = 1 << 16
_NUMBER = rb"(?:0|[1-9]\d{0,9})"
_USUAL = re.compile(
    rb'(?:\{"spike":\{"srcTime":' + _NUMBER + rb',"destCore":' + _NUMBER + rb',"destAxon":' + _NUMBER + rb"\}\}\r?\n)*+"
)
"""Lines as IBM's tools write them; a chunk of such lines is parsed at once."""
_DIGITS = bytes(octet if octet in b"0123456789" else ord(" ") for octet in range(256))
"""Translation table of all bytes but digits to spaces."""


def read_text(path: Path, stream: BinaryIO, header: SpikeHeader, program: Program) -> InputSpikes:
    """Read the spikes after the header.

    Raises
    ------
    DataError
        If a line is damaged or does not fit the program; the message gives file, line and reason.
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


def _whole_lines(path: Path, stream: BinaryIO) -> Iterator[bytes]:
    """Yield chunks of whole lines."""
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
    """Parse lines one by one; return the numbers of lines with a spike, and times, cores, axons and delays (4, n)."""
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
    spike: dict[str, Any] = table(
        member(table(json.loads(text, object_pairs_hook=unique_keys), "the line"), "spike", "the line"), "the spike"
    )

    def number(key: str) -> int:
        return integer(member(spike, key, "the spike"), key, -MAX_TICK, MAX_TICK)

    delay = integer(spike.get("destDelay", default_delay), "destDelay", 1, 15)
    return number("srcTime"), number("destCore"), number("destAxon"), delay
