"""Descriptions of chips that ship, one TOML file each, and the merging of changes into a description."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from neurosyn.chip.description import ChipDescription
from neurosyn.errors import ScenarioError, did_you_mean
from neurosyn.options import build_options

__all__ = ["EXTENDS", "SHIPPED", "TRUENORTH", "complete_table", "shipped_chip", "shipped_text"]

SHIPPED = ("truenorth", "core45nm", "ranc", "hypothetical5nm")
"""Names of the descriptions that ship."""
EXTENDS = "extends"
"""Key of a table of changes: the description that it changes, a name or a table."""

_LONGEST_NAME = 200
_MOST_NAMED = 3
"""Changes that the name of a changed chip lists."""


def shipped_text(name: str) -> str:
    """Return the TOML text of a shipped description.

    Raises
    ------
    ScenarioError
        If none has this name.
    """
    if name not in SHIPPED:
        there_are = ", ".join(SHIPPED)
        raise ScenarioError(
            f"chip: there is no shipped description {name!r}{did_you_mean(name, SHIPPED)} (there are: {there_are}); "
            "the name of a file ends in .toml"
        )
    return files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


@cache
def shipped_chip(name: str) -> ChipDescription:
    """Return a shipped description.

    Raises
    ------
    ScenarioError
        If none has this name.
    """
    return build_options(ChipDescription, tomllib.loads(shipped_text(name)), f"chip {name}")


def complete_table(description: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole table of a description: of a shipped name, or with the changes of a table laid over its base.

    A changed chip without a name of its own is named after its base and the changes.

    Raises
    ------
    ScenarioError
        If a name is not that of a shipped description.
    """
    if isinstance(description, str):
        return tomllib.loads(shipped_text(description))
    changes = copy.deepcopy(dict(description))
    if EXTENDS not in changes:
        return changes
    extended = changes.pop(EXTENDS)
    if not isinstance(extended, (str, Mapping)):
        raise ScenarioError(f"chip: extends: must be the name of a description, not {extended!r}")
    base = complete_table(extended)
    known = dict(_leaves(base))
    different = {key: value for key, value in _leaves(changes) if key not in known or known[key] != value}
    if different and "name" not in changes:
        listed = [f"{key} = {value}" for key, value in different.items()]
        shown = ", ".join(listed) if len(listed) <= _MOST_NAMED else f"{len(listed)} changes"
        base["name"] = f"{base.get('name')} with {shown}"[:_LONGEST_NAME]
    if different and "title" not in changes:
        base["title"] = f"{base.get('title')}, changed"
    return _laid_over(base, changes)


def _leaves(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for key, value in table.items():
        dotted = f"{before}{key}"
        leaves += _leaves(value, f"{dotted}.") if isinstance(value, Mapping) else [(dotted, value)]
    return leaves


def _laid_over(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in changes.items():
        old = base.get(key)
        # The sizes of `scales_with` belong together: a new rule replaces the old one.
        if isinstance(value, Mapping) and isinstance(old, dict) and key != "scales_with":
            base[key] = _laid_over(old, value)
        else:
            base[key] = copy.deepcopy(value)
    return base


TRUENORTH = shipped_chip("truenorth")
"""The description that every option defaults to."""
