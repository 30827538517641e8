"""Line numbers of the keys of a TOML file, for messages.

tomllib gives no positions, and neither does tomlkit, whose document also joins the elements of an array of tables that
stand apart in the file, so that their lines cannot be counted in it.
"""

from __future__ import annotations

import re

from neurosyn.options import KeyPath

__all__ = ["key_lines"]

_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of each table header and key of a valid TOML document.

    Of inline tables, those in an array are listed by their numbers; their keys stand on the same line, or near it.
    """
    lines: dict[KeyPath, int] = {}
    arrays: dict[KeyPath, int] = {}
    table: KeyPath = ()
    open_until: str | None = None
    depth = 0
    array: KeyPath | None = None
    elements = 0
    for number, line in enumerate(text.split("\n"), start=1):
        rest = line
        if open_until is None and depth == 0:
            stripped = line.strip()
            if stripped.startswith("[["):
                table = _resolve(_keys(stripped[2:]), arrays)
                arrays[table] = arrays.get(table, -1) + 1
                table = (*table, arrays[table])
                lines.setdefault(table, number)
                lines.setdefault(table[:-1], number)
                continue
            if stripped.startswith("["):
                table = _resolve(_keys(stripped[1:]), arrays)
                lines.setdefault(table, number)
                continue
            keys = _keys(line)
            if not keys:
                continue
            path: KeyPath = (*table, *keys)
            for end in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:end], number)
            rest = line.partition("=")[2]
            array, elements = path if rest.lstrip().startswith("[") else None, 0
        depth, open_until, tables = _scan(rest, depth, open_until)
        if array is not None:
            for element in range(elements, elements + tables):
                lines.setdefault((*array, element), number)
            elements += tables
    return lines


def _keys(text: str) -> list[str]:
    """Return the dotted key at the start of `text`."""
    keys: list[str] = []
    position = 0
    while match := _KEY.match(text, position):
        keys.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if text[position : position + 1] != ".":
            break
        position += 1
    return keys


def _resolve(keys: list[str], arrays: dict[KeyPath, int]) -> KeyPath:
    """Insert the number of the newest element wherever a header goes through an array of tables."""
    path: KeyPath = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if path in arrays and position < len(keys) - 1:
            path = (*path, arrays[path])
    return path


def _scan(text: str, depth: int, open_until: str | None) -> tuple[int, str | None, int]:
    """Return the nesting of brackets after a line, the quotes that close a string left open in it, and its tables.

    The tables are those that begin in this line within one pair of brackets: elements of an array.
    """
    position = tables = 0
    while position < len(text):
        if open_until is not None:
            end = text.find(open_until, position)
            if end < 0:
                return depth, open_until, tables
            position = end + len(open_until)
            open_until = None
            continue
        three = text[position : position + 3]
        character = text[position]
        if three in ('"""', "'''"):
            open_until = three
            position += 3
        elif character in "\"'":
            end = position + 1
            while end < len(text) and text[end] != character:
                end += 2 if character == '"' and text[end] == "\\" else 1
            position = end + 1
        elif character == "#":
            break
        else:
            tables += character == "{" and depth == 1
            depth += (character in "[{") - (character in "]}")
            position += 1
    return depth, open_until, tables
