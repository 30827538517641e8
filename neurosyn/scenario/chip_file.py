"""Chip descriptions of a scenario: files that it names, read with the place of each key, and changes to a description.

In a document, ``chip.description`` is the name of a shipped description, a whole description as a table, or a table of
changes whose key ``extends`` holds one of these. Files are replaced by their tables, so that a resolved scenario needs
no other file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurosyn.chip.shipped import EXTENDS, complete_table
from neurosyn.errors import ScenarioError
from neurosyn.options import KeyPath
from neurosyn.scenario.toml_file import parse_toml
from neurosyn.support.untrusted import read_text

__all__ = ["DESCRIPTION", "EXTENDS", "core_size", "is_file", "make_changeable", "read_description", "resolve_file"]

DESCRIPTION: KeyPath = ("chip", "description")
"""Key of the description."""
MAX_BYTES = 1 << 20
"""Largest size of a file."""
_DEFAULT = "truenorth"


def is_file(description: Any) -> bool:
    """Return True if a description is the path of a file."""
    return isinstance(description, str) and description.endswith(".toml")


def resolve_file(chip: Any, folder: Path) -> None:
    """Make the path of a description's file in a table ``chip`` relative to the folder of the naming scenario."""
    description = chip.get("description") if isinstance(chip, dict) else None
    if isinstance(description, str) and is_file(description):
        chip["description"] = str(folder / description)
    elif isinstance(description, dict) and is_file(description.get(EXTENDS)):
        description[EXTENDS] = str(folder / description[EXTENDS])


def make_changeable(values: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a scenario as a table of changes, which is put in place of a name or a whole table."""
    chip = values.setdefault("chip", {})
    if not isinstance(chip, dict):
        raise ScenarioError("chip: must be a table; write [chip]")
    description = chip.get("description", _DEFAULT)
    if not isinstance(description, dict) or EXTENDS not in description:
        chip["description"] = {EXTENDS: description}
    changes: dict[str, Any] = chip["description"]
    return changes


def read_description(description: Any, trail: tuple[Path, ...] = ()) -> tuple[Any, dict[KeyPath, str]]:
    """Return a description with the contents of files in place of their paths, and the place of each key of a file.

    Parameters
    ----------
    description
        A name, a path that ends in ``.toml``, or a table; anything else is left for the validation.
    trail
        Files that led here.

    Returns
    -------
    description
    places
        ``file:line`` of each key, of changed ones where they were changed.

    Raises
    ------
    ScenarioError
        If a file is missing, is no TOML, or extends itself.
    """
    if isinstance(description, dict) and EXTENDS in description:
        base, places = read_description(description[EXTENDS], trail)
        return {**description, EXTENDS: base}, places
    if not is_file(description):
        return description, {}
    path = Path(description)
    if path.resolve() in trail:
        raise ScenarioError(f"{path}: extends itself by way of {trail[-1]}; break the circle")
    values, places = parse_toml(read_text(path, MAX_BYTES, what="description of a chip", error=ScenarioError), path)
    resolve_file({"description": values}, path.parent)
    table, of_base = read_description(values, (*trail, path.resolve()))
    return table, of_base | places


def core_size(description: Any, name: str) -> Any:
    """Return a key of the core of a description; None if it has none."""
    try:
        core = complete_table(description).get("core")
    except ScenarioError:
        return None
    return core.get(name) if isinstance(core, dict) else None
