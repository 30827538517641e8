"""Headers of IBM's spike files: JSON objects that give the encoding of the spikes after them."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from neurosyn.errors import DataError
from neurosyn.support.untrusted import unique_keys

__all__ = ["SpikeHeader", "binary_header", "read_header"]

_LONGEST = 1 << 16
_END = b"\xff"
"""Ends the header of binary files. [IBM]"""
_ENCODINGS = ("TEXT", "RAWI3", "RAWO6", "CONNPIN")


@dataclass(frozen=True)
class SpikeHeader:
    """Header of a spike file.

    Attributes
    ----------
    encoding : str
        ``TEXT``, ``RAWI3``, ``RAWO6`` or ``CONNPIN``.
    members : dict
        Members of all objects of the header.
    size : int
        Number of bytes before the first spike.
    """

    encoding: str
    members: dict[str, Any]
    size: int

    @property
    def delay(self) -> int:
        """Default delay of spikes, in ticks."""
        delay: int = self.members.get("defaultDestinationDelay", 1)
        return delay


def read_header(path: Path, stream: BinaryIO) -> SpikeHeader:
    """Read the header of a spike file; `stream` then stands at the first spike.

    Raises
    ------
    DataError
        If there is no header, or its encoding is unknown.
    """
    start = stream.read(_LONGEST)
    mark = len(start) - len(start.removeprefix(codecs.BOM_UTF8))
    start = start[mark:]
    first = _decoded(path, start.split(b"\n", 1)[0].split(_END, 1)[0])
    encoding = first[0].get("encoding") if first else None
    if encoding not in _ENCODINGS:
        raise DataError(
            f"{path}: does not begin with a header that names an encoding ({', '.join(_ENCODINGS)}); "
            "is it a spike file of IBM's tools?"
        )
    if encoding == "TEXT":
        size = 0
        for _ in range(2):
            size = start.find(b"\n", size) + 1
            if size == 0:
                raise DataError(f"{path}:1: the header has not its two lines; the file is cut short, get a whole one")
    else:
        size = start.find(_END) + 1
        if size == 0:
            raise DataError(f"{path}: the header is not ended by a byte 0xFF; the file is cut short, get a whole one")
    members: dict[str, Any] = {}
    for part in _decoded(path, start[: size if encoding == "TEXT" else size - 1]):
        if twice := sorted(members.keys() & part.keys()):
            raise DataError(f"{path}: the header gives '{twice[0][:40]}' twice; repair the header")
        members.update(part)
    delay = members.get("defaultDestinationDelay", 1)
    if type(delay) is not int or not 1 <= delay <= 15:
        raise DataError(f"{path}: defaultDestinationDelay is {str(delay)[:20]}; the range is 1…15; repair the header")
    stream.seek(mark + size)
    return SpikeHeader(encoding, members, mark + size)


def binary_header(encoding: str, members: dict[str, Any] | None = None) -> bytes:
    """Return the header of a binary spike file."""
    head = {"class": "SpikeWriter", "encoding": encoding, "nscsVersion": "1.4.0"}
    parts = [head, members] if members is not None else [head | {"defaultDestinationDelay": 1}]
    return "\n".join(json.dumps(part, separators=(",", ":")) for part in parts).encode("ascii") + _END


def _decoded(path: Path, text: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects in a text that holds one after the other."""
    decoder = json.JSONDecoder(object_pairs_hook=unique_keys)
    rest = text.decode("latin-1").strip()
    parts: list[dict[str, Any]] = []
    try:
        while rest:
            value, end = decoder.raw_decode(rest)
            if not isinstance(value, dict):
                break
            parts.append(value)
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError):
        pass
    if rest:
        raise DataError(f"{path}: the header is not JSON at {rest[:20]!r}; is it a spike file of IBM's tools?")
    return parts
