"""TOML texts as plain values, with the place of each key, and every mistake with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from neurosyn.errors import ScenarioError
from neurosyn.options import KeyPath
from neurosyn.scenario.key_lines import key_lines

__all__ = ["parse_toml"]


def parse_toml(text: str, path: Path) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Return the values of a file's text, and the place of each key as ``file:line``.

    Raises
    ------
    ScenarioError
        If it is no TOML.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = str(error), ""
        if "(at line " in message:
            message, _, position = message.partition(" (at line ")
            line = f":{position.partition(',')[0]}"
        raise ScenarioError(f"{path}{line}: is not valid TOML: {message}") from error
    except ValueError as error:
        raise ScenarioError(f"{path}: a number has too many digits; shorten it") from error
    except RecursionError as error:
        raise ScenarioError(f"{path}: is nested too deeply; flatten it") from error
    return values, {key: f"{path}:{line}" for key, line in key_lines(text).items()}
