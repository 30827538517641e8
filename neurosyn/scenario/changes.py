"""Changes to a scenario: values by dotted keys, from Python or from ``KEY=VALUE`` texts of the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from neurosyn.errors import ScenarioError

__all__ = ["Changes", "changes_by_key", "parse_assignments", "parse_ranges", "parse_value", "plain_value"]

Changes = Mapping[str, Any] | Sequence[str]
"""Changed values: ``{"chip.voltage": 0.8}``, ``{"chip": {"voltage": 0.8}}`` or ``["chip.voltage=0.8"]``."""


def changes_by_key(changes: Changes) -> Mapping[str, Any]:
    """Return changed values by their keys.

    Raises
    ------
    ScenarioError
        If they are one text, or a text of them is not of the form ``key.path=value``.
    """
    if isinstance(changes, str):
        raise ScenarioError(f"set: is the text {changes!r}; give a mapping, e.g. {{'chip.voltage': 0.8}}")
    return changes if isinstance(changes, Mapping) else parse_assignments(changes)


def plain_value(where: str, value: Any) -> Any:
    """Return a value as TOML has it: values of NumPy become those of Python, paths texts, tuples lists.

    Raises
    ------
    ScenarioError
        If it is nothing that a scenario can hold; `where` stands before it.
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain_value(f"{where}.{key}", entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(where, entry) for entry in value]
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, str):
        _require_unicode(where, value)
    if not isinstance(value, (str, bool, int, float, date, datetime, time)):
        raise ScenarioError(
            f"{where}: {value!r} is no value of a scenario; give a number, a text, a truth value, a list or a table"
        )
    return value


def _require_unicode(where: str, text: str) -> None:
    """Refuse a text that cannot be written to a file: Python has surrogates in place of bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ScenarioError(f"{where}: {text!r} is not UTF-8 text; use a value, or a file name, that is") from error


def parse_assignments(texts: Iterable[str] | None) -> dict[str, Any]:
    """Return the values of ``key.path=value`` texts by key; of several for one key, the last.

    Raises
    ------
    ScenarioError
        If a text is of another form.
    """
    values: dict[str, Any] = {}
    for text in texts or ():
        _require_unicode("--set", text)
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not all(key.split(".")):
            raise ScenarioError(f"--set {text}: is not of the form key.path=value; write e.g. --set chip.voltage=0.8")
        values.pop(key, None)  # the last change is applied last
        values[key] = parse_value(value)
    return values


def parse_value(text: str) -> Any:
    """Return the TOML value that a text holds; a text that is no TOML stands for itself.

    Raises
    ------
    ScenarioError
        If it is nested too deeply, or a number of it has thousands of digits.
    """
    try:
        document = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text.strip()
    except (ValueError, RecursionError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else "has a number of too many digits"
        raise ScenarioError(f"{text[:40]}…: {reason}; shorten it") from error
    return document["value"] if len(document) == 1 else text.strip()


def parse_ranges(texts: Iterable[str], option: str = "--over") -> dict[str, list[str]]:
    """Return the values of each key of ``KEY=VALUE,VALUE,…`` texts of an option, as written.

    A comma within brackets or quotes belongs to the value.

    Raises
    ------
    ScenarioError
        If a text is of another form, a value is there twice, or a key.
    """
    ranges: dict[str, list[str]] = {}
    for text in texts:
        _require_unicode("--over", text)
        key, equals, rest = text.partition("=")
        key, values = key.strip(), _split(rest)
        if not equals or not key or not all(values):
            raise ScenarioError(f"{option} {text}: is not of the form key.path=value,value; e.g. chip.voltage=0.8,1.0")
        if key in ranges:
            raise ScenarioError(f"{option} {text}: {key} is given twice; write all its values into one")
        if len(set(values)) < len(values):
            raise ScenarioError(f"{option} {text}: has a value twice; leave one out")
        ranges[key] = values
    return ranges


def _split(text: str) -> list[str]:
    values, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            depth += (character in "[{") - (character in "]}")
        if character == "," and not depth and not quote:
            values.append("")
        else:
            values[-1] += character
    return [value.strip() for value in values]
