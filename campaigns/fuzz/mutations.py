"""Mutations of valid files: bytes, cuts and repeats, and for text also numbers, values and structure."""

from __future__ import annotations

import json
import random
import re
from typing import Any

__all__ = ["mutate"]

_NUMBERS = (0, 1, -1, 2, 7, 15, 16, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**63, 10**30)
_TEXTS = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
)
_VALUES: tuple[Any, ...] = (None, True, False, [], {}, "", "\0", "../..", 0, -1, 0.5, 1e308, 2**31, 2**64, [[]] * 3)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def mutate(content: bytes, draw: random.Random, *, text: bool) -> bytes:
    """Return a mutated copy of a file.

    Parameters
    ----------
    content
        The valid file.
    draw
        Decides what is changed.
    text
        Whether it is a text: numbers, and the structure of JSON, are changed too.
    """
    kinds = [_flip, _flip, _cut, _repeat, _insert, _zero, _length]
    if text:
        kinds += [_number, _number, _structure, _structure, _drop_line, _nest]
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        content = draw.choice(kinds)(content, draw)
    return content


def _span(content: bytes, draw: random.Random, longest: int) -> tuple[int, int]:
    begin = draw.randrange(len(content) + 1)
    return begin, min(len(content), begin + draw.randint(0, longest))


def _flip(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    # Headers are short; without a preference they would hardly ever be hit in a large file.
    reach = draw.choice((64, 512, len(content)))
    for _ in range(draw.choice((1, 1, 2, 4))):
        if changed:
            changed[draw.randrange(min(reach, len(changed)))] = draw.choice((0, 1, 127, 128, 255, draw.randrange(256)))
    return bytes(changed)


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _repeat(content: bytes, draw: random.Random) -> bytes:
    begin, end = _span(content, draw, 200)
    return content[:end] + content[begin:end] * draw.choice((1, 1, 2, 50)) + content[end:]


def _insert(content: bytes, draw: random.Random) -> bytes:
    begin, _ = _span(content, draw, 0)
    return content[:begin] + draw.choice((*_TEXTS, draw.randbytes(draw.randint(1, 20)))) + content[begin:]


def _zero(content: bytes, draw: random.Random) -> bytes:
    begin, end = _span(content, draw, 40)
    return content[:begin] + draw.choice((b"\0", b"\xff")) * (end - begin) + content[end:]


def _length(content: bytes, draw: random.Random) -> bytes:
    """Overwrite four or eight bytes with a number that a length could lie with."""
    size = draw.choice((2, 4, 8))
    if len(content) < size:
        return content
    begin = draw.randrange(min(draw.choice((200, len(content))), len(content) - size) + 1)
    value = draw.choice(_NUMBERS) % (1 << 8 * size)
    return content[:begin] + value.to_bytes(size, draw.choice(("little", "big"))) + content[begin + size :]


def _number(content: bytes, draw: random.Random) -> bytes:
    matches = list(_NUMBER.finditer(content[:200_000]))
    if not matches:
        return _flip(content, draw)
    match = draw.choice(matches)
    new = draw.choice((*(str(number).encode() for number in _NUMBERS), b"9" * 5000, b"1e400", b"-0.5", b"0x1F"))
    return content[: match.start()] + new + content[match.end() :]


def _structure(content: bytes, draw: random.Random) -> bytes:
    """Replace, drop or copy a value of a JSON document."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _drop_line(content, draw)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, member in list(members)[:400]:
            places.append((value, key))
            walk(member)

    walk(document)
    if not places:
        return json.dumps(draw.choice(_VALUES)).encode()
    holder, key = draw.choice(places)
    if isinstance(holder, dict) and draw.random() < 0.3:
        del holder[key]
    elif isinstance(holder, list) and draw.random() < 0.3:
        holder.extend([holder[key]] * draw.choice((1, 300)))
    else:
        holder[key] = draw.choice((*_VALUES, holder)) if draw.random() < 0.02 else draw.choice(_VALUES)
    try:
        return json.dumps(document).encode()
    except ValueError:
        return content


def _drop_line(content: bytes, draw: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if len(lines) < 2:
        return _cut(content, draw)
    number = draw.randrange(len(lines))
    other = draw.randrange(len(lines))
    lines[number] = draw.choice((b"", lines[number] * 2, lines[other]))
    return b"".join(lines)


def _nest(content: bytes, draw: random.Random) -> bytes:
    begin, _ = _span(content, draw, 0)
    depth = draw.choice((10, 500, 50_000))
    return content[:begin] + draw.choice((b"[", b"{", b'{"a":', b"[[")) * depth + content[begin:]
