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
    texts: list[str] = []
    for key, value in changes.items():
        if isinstance(value, Mapping):
            texts += overrides({f"{key}.{inner}": one for inner, one in value.items()})
        else:
            texts.append(f"{key}={_toml(key, value)}")
    return texts


def _toml(key: str, value: Any) -> str:
    import tomlkit

    try:
        text: str = tomlkit.item(_plain(value)).as_string()
    except (TypeError, ValueError) as error:
        raise ScenarioError(
            f"set: {key}: {value!r} is no value of a scenario; give a number, a text, a truth value or a list of them"
        ) from error
    return text


def _plain(value: Any) -> Any:
    """Turn paths into texts, NumPy's values into Python's, and tuples into lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
