"""What is wrong with a plugin, gathered before it is said."""

from __future__ import annotations

import contextlib
import inspect
import json
import tomllib
import warnings
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from neurosyn.errors import NeurosynError, PluginError
from neurosyn.options import Options

__all__ = ["ConformanceError", "Findings", "frozen_arrays", "plain_value", "read_options"]

_O = TypeVar("_O", bound=Options)
_GUESSED = 8
"""For a required whole number without an example, if the option's limits allow it."""


class ConformanceError(PluginError):
    """A plugin does not keep its contract.

    Attributes
    ----------
    problems : tuple of str
        A sentence each: where, what is wrong, what to do.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Findings:
    """The problems of one plugin.

    Parameters
    ----------
    group
        Its plugin group.
    plugin
        Its class, or an instance of it.
    """

    def __init__(self, group: str, plugin: Any) -> None:
        self._cls: Any = plugin if isinstance(plugin, type) else type(plugin)
        self._name = f"{group}/{getattr(self._cls, '__name__', plugin)}"
        self._problems: list[str] = []

    def add(self, where: str, problem: str) -> None:
        """Note a problem; `problem` says what is wrong and, after a semicolon, what to do."""
        sentence = f"{self._name}: {where}: {problem}"
        if sentence not in self._problems:
            self._problems.append(sentence)

    @contextlib.contextmanager
    def blaming(self, where: str) -> Iterator[None]:
        """Turn whatever is raised within into a problem."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except NeurosynError as error:
            self.add(where, str(error))
        except Exception as error:
            self.add(where, f"{type(error).__name__}: {error}; correct it")

    def __bool__(self) -> bool:
        return bool(self._problems)

    def raise_if_any(self) -> None:
        """Raise `ConformanceError` with all problems, if there are any."""
        if self._problems:
            raise ConformanceError(tuple(self._problems))

    def instance(self, plugin: Any, contract: type[_O], options: dict[str, Any] | None) -> _O | None:
        """Check what all plugins have in common, and return one with options; None if there can be none.

        Parameters
        ----------
        plugin
            The class, or an instance, whose options are then its own.
        contract
            What it has to derive from.
        options
            As a scenario gives them. Required ones that are missing are taken from the examples of their fields, or
            guessed if they are whole numbers.
        """
        if not isinstance(self._cls, type) or not issubclass(self._cls, contract):
            self.add("class", f"does not derive from {contract.__name__}; let it, `neurosyn.plugins` has it")
            return None
        if inspect.isabstract(self._cls):
            missing = ", ".join(f"{name}()" for name in sorted(self._cls.__abstractmethods__))
            self.add("class", f"lacks {missing}; write what the contract {contract.__name__} asks for")
            return None
        self._check_class()
        if isinstance(plugin, contract):
            return plugin
        return self._make(self._cls, options or {})

    def _check_class(self) -> None:
        cls = self._cls
        if not (cls.__doc__ or "").strip() or cls.__doc__ in [base.__doc__ for base in cls.__mro__[1:]]:
            self.add("class", "has no docstring; its first line is what `neurosyn plugins list` shows")
        for name, field in cls.model_fields.items():
            if not field.description:
                self.add(f"option {name}", 'has no description; give Field(…, description="…")')
        for setting in ("extra", "frozen", "strict"):
            if cls.model_config.get(setting) != Options.model_config.get(setting):
                self.add("model_config", f"sets {setting} to {cls.model_config.get(setting)!r}; leave it as it is")
        try:
            cls.model_json_schema()
        except Exception as error:
            self.add("options", f"have no JSON schema ({type(error).__name__}: {error}); use plain types")

    def _make(self, cls: type[_O], options: dict[str, Any]) -> _O | None:
        table = {**_guess(cls), **options}
        try:
            return cls.from_table(table)
        except ValidationError as error:
            for mistake in error.errors():
                name = ".".join(map(str, mistake["loc"])) or "options"
                if mistake["type"] == "missing":
                    self.add(
                        f"option {name}",
                        f"is required and has no example; give Field(…, examples=[…]), or a value (--set {name}=…)",
                    )
                else:
                    self.add(
                        f"option {name}", f"{mistake['msg']} (it was {mistake['input']!r}); give options that suit"
                    )
        except Exception as error:
            self.add("options", f"{type(error).__name__}: {error}; a validator raises ValueError, and nothing else")
        return None


def _guess(cls: type[Options]) -> dict[str, Any]:
    """Return values for required options: their first example, or a whole number within the limits."""
    guessed: dict[str, Any] = {}
    schema = cls.model_json_schema()
    for name in schema.get("required", []):
        field = schema["properties"][name]
        if field.get("examples"):
            guessed[name] = field["examples"][0]
        elif field.get("type") == "integer":
            low = field.get("minimum", field.get("exclusiveMinimum", -1) + 1)
            high = field.get("maximum", field.get("exclusiveMaximum", 2**31) - 1)
            guessed[name] = min(max(low, _GUESSED), high)
    return guessed


def plain_value(value: Any) -> str | None:
    """Say why a value cannot be written to a file of plain values; None if it can."""
    try:
        again = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        return str(error)
    return None if again == value or isinstance(value, tuple) else "it comes back from JSON as something else"


def frozen_arrays(thing: Any) -> None:
    """Let nobody write to the arrays of an object."""
    for value in vars(thing).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


def read_options(assignments: list[str]) -> dict[str, Any]:
    """Return options from texts ``key=value``, the values in TOML or else texts."""
    options: dict[str, Any] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise PluginError(f"--set {text}: is not of the form key=value; write e.g. --set features=8")
        try:
            options[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            options[key.strip()] = value.strip()
    return options
