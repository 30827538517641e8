"""Changed values of a scenario, as Python gives them and as the command line's ``--set`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosyn.errors import ScenarioError

__all__ = ["Changes", "overrides"]

Changes = Mapping[str, Any] | Sequence[str]
"""Changed values: ``{"chip.voltage": 0.8}``, ``{"chip": {"voltage": 0.8}}`` or ``["chip.voltage=0.8"]``."""


def overrides(changes: Changes) -> list[str]:
    """Return changed values as texts ``key.path=value`` whose values are TOML.

    Raises
    ------
    ScenarioError
        If a value is nothing that a scenario can hold.
    """
    if isinstance(changes, str):
        raise ScenarioError(f"set: is the text {changes!r}; give a mapping, e.g. {{'chip.voltage': 0.8}}")
    if not isinstance(changes, Mapping):
        return list(changes)
    return [f"{key}={_toml(key, value)}" for key, value in changes.items()]


def _toml(key: str, value: Any) -> str:
    """Return a value as TOML on one line; NumPy's values are those of Python, paths texts."""
    import tomlkit

    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        inner = (f"{_toml(key, str(name))} = {_toml(f'{key}.{name}', one)}" for name, one in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(key, one) for one in value)}]"
    try:
        text: str = tomlkit.item(str(value) if isinstance(value, Path) else value).as_string()
    except (TypeError, ValueError) as error:
        raise ScenarioError(
            f"set: {key}: {value!r} is no value of a scenario; give a number, a text, a truth value, a list or a table"
        ) from error
    return text
