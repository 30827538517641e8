"""Checks of decoded values; the readers that use them add file and line to the errors."""

from __future__ import annotations

from typing import Any

__all__ = ["UnfitError", "flag", "integer", "listed", "member", "table", "text"]


class UnfitError(ValueError):
    """A value of the wrong type or range; readers turn it into a `DataError` with file and line."""


def table(value: Any, what: str) -> dict[str, Any]:
    """Return `value` if it is an object. `what` names the value in errors, here and below."""
    if not isinstance(value, dict):
        raise UnfitError(f"{what} is {_shown(value)}, not an object")
    return value


def listed(value: Any, what: str, *, most: int | None = None) -> list[Any]:
    """Return `value` if it is a list of at most `most` elements."""
    if not isinstance(value, list):
        raise UnfitError(f"{what} is {_shown(value)}, not a list")
    if most is not None and len(value) > most:
        raise UnfitError(f"{what} has {len(value):,} elements; there can be {most:,}")
    return value


def member(members: dict[str, Any], key: str, what: str) -> Any:
    """Return the member `key` of an object, which must exist."""
    if key not in members:
        raise UnfitError(f"{what} lacks '{key}'")
    return members[key]


def integer(value: Any, what: str, low: int, high: int) -> int:
    """Return `value` if it is an integer in `low` … `high`."""
    if type(value) is not int:
        raise UnfitError(f"{what} is {_shown(value)}, not an integer")
    if not low <= value <= high:
        raise UnfitError(f"{what} is {_shown(value)}; the range is {low}…{high}")
    return value


def flag(value: Any, what: str) -> bool:
    """Return `value` as a bool if it is true, false, 0 or 1."""
    if value is True or value is False:
        return value
    return bool(integer(value, what, 0, 1))


def text(value: Any, what: str) -> str:
    """Return `value` if it is a string."""
    if not isinstance(value, str):
        raise UnfitError(f"{what} is {_shown(value)}, not a text in quotes")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and not -(10**30) < value < 10**30:
        return "a number of more than 30 digits"
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
