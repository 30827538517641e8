"""Options: the base of everything that a scenario can configure, and the wording of mistakes in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from neurosyn.errors import ScenarioError, did_you_mean

__all__ = ["KeyPath", "Mistake", "Options", "OptionsError", "PluginOptions", "WrongKeyError", "build_options", "dotted"]

KeyPath = tuple[str | int, ...]
"""Keys from the top of a document; elements of arrays by number."""

_LONGEST_SHOWN = 100
"""Characters of a wrong value in a message."""


class Options(BaseModel):
    """Validated, immutable options: unknown keys are refused and nothing is silently converted.

    A plugin class derives from this (through its contract); its fields are the keys that its table in the scenario
    may have beside ``kind``, each with a description that the help and the schema show.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Validate a TOML table; its arrays may become tuples, nothing else is converted.

        Raises
        ------
        pydantic.ValidationError
            With every mistake in the table.
        """
        # Pydantic's strict mode accepts an array for a tuple only where it reads JSON.
        return cls.model_validate_json(json.dumps(table, default=str))

    def to_table(self) -> dict[str, Any]:
        """Return the options as a TOML table, those that are None left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def changed(self, *names: str) -> list[str]:
        """Return those of the named options, or of all, whose values are not the defaults."""
        fields = type(self).model_fields
        return [
            name
            for name in names or fields
            if getattr(self, name) != fields[name].get_default(call_default_factory=True)
        ]


class WrongKeyError(ValueError):
    """Raised by validators of several keys together for the one that is named in the message.

    Parameters
    ----------
    keys
        Keys from the validated table to the wrong value.
    problem
        What is wrong with it, and what to do.
    """

    def __init__(self, keys: KeyPath, problem: str) -> None:
        super().__init__(problem)
        self.keys = keys


class PluginOptions(Options):
    """Options of a plugin."""

    def fingerprint(self) -> dict[str, Any]:
        """Return the facts that decide the results beside the options, as plain values.

        A run's stage is repeated when they change. Files that options name need not be among them: their contents
        count already, and those of folders unless this method is overridden.
        """
        return {}

    def missing(self) -> str | None:
        """Return what these options need and is not installed, with the command that installs it; None if nothing."""
        return None

    def unused(self) -> dict[str, str]:
        """Return the options that are changed and have no effect beside the others, each with the reason.

        Every summary lists them.
        """
        return {}


class Mistake(NamedTuple):
    """One mistake in a table of options.

    Attributes
    ----------
    path
        Keys from the table to the wrong value.
    problem
        What is wrong, and what to do.
    type
        Pydantic's name of the mistake, e.g. ``missing`` or ``extra_forbidden``.
    """

    path: KeyPath
    problem: str
    type: str = ""


class OptionsError(ScenarioError):
    """A table of options is wrong.

    Parameters
    ----------
    where
        Place of the table, for the message.
    mistakes
        Every mistake in it; the message has a line for each.
    remedy
        What to do, at the end of the message unless that is the question what was meant.
    """

    def __init__(self, where: str, mistakes: tuple[Mistake, ...], remedy: str = "") -> None:
        lines = (": ".join(filter(None, (where, dotted(mistake.path), mistake.problem))) for mistake in mistakes)
        text = "\n".join(lines)
        super().__init__(f"{text}; {remedy}" if remedy and not text.endswith("?") else text)
        self.mistakes = mistakes


_O = TypeVar("_O", bound=Options)


def build_options(options_class: type[_O], table: Mapping[str, Any], where: str, remedy: str = "") -> _O:
    """Return the options that a table holds.

    Parameters
    ----------
    options_class
        Class of the options.
    table
        Plain TOML values.
    where, remedy
        Of the error.

    Raises
    ------
    OptionsError
        With every mistake in the table.
    """
    try:
        return options_class.from_table(dict(table))
    except ValidationError as error:
        raise OptionsError(where, _mistakes(options_class, error), remedy) from error


def _mistakes(options_class: type[Options], error: ValidationError) -> tuple[Mistake, ...]:
    """Return pydantic's mistakes in the words of scenarios."""
    known = sorted(field.alias or name for name, field in options_class.model_fields.items())
    mistakes = []
    for entry in error.errors():
        cause = entry.get("ctx", {}).get("error")
        path, value = entry["loc"], entry["input"]
        if isinstance(cause, WrongKeyError):
            path += cause.keys
        if entry["type"] == "extra_forbidden":
            there_are = f" (there are: {', '.join(known)})" if known else " (there are none)"
            problem = f"unknown key{did_you_mean(str(path[-1]), known) or there_are}"
        elif entry["type"] == "missing":
            problem = "is missing; it has no default"
        else:
            shown = f", not {value!r}" if isinstance(value, (str, int, float, type(None))) else ""
            problem = entry["msg"].removeprefix("Input ").removeprefix("Value error, ")
            problem += shown if len(shown) <= _LONGEST_SHOWN else ""
        mistakes.append(Mistake(path, problem, entry["type"]))
    return tuple(mistakes)


def dotted(path: KeyPath) -> str:
    """Return a key path as scenarios write it: ``network.layers[2].kernel``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text
