"""Collector of the problems of a plugin, and checks common to all groups."""

from __future__ import annotations

import contextlib
import inspect
import json
import warnings
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

from neurosyn.data.dataset import DataContext, Dataset
from neurosyn.data.folder import data_context
from neurosyn.errors import NeurosynError, PluginError
from neurosyn.options import Options, OptionsError, PluginOptions, build_options, dotted
from neurosyn.support.fingerprint import named_paths
from neurosyn.testing.conformance.opened_files import OpenedFiles

__all__ = ["ConformanceError", "Problems", "freeze_arrays", "why_not_plain"]

_O = TypeVar("_O", bound=Options)
_GUESSED = 8
"""Value for a required whole number without an example, within the option's limits."""


class ConformanceError(PluginError):
    """A plugin breaks its contract.

    Attributes
    ----------
    problems : tuple of str
        Sentences: where, what is wrong, what to do.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Problems:
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
        """Add a problem; `problem` has what is wrong and, after a semicolon, what to do."""
        sentence = f"{self._name}: {where}: {problem}"
        if sentence not in self._problems:
            self._problems.append(sentence)

    @contextlib.contextmanager
    def blaming(self, where: str) -> Iterator[None]:
        """Turn any exception within into a problem."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except NeurosynError as error:
            self.add(where, str(error))
        except Exception as error:
            self.add(where, f"{type(error).__name__}: {error}; correct it")

    @contextlib.contextmanager
    def watching(self, plugin: PluginOptions | Dataset, context: DataContext | None = None) -> Iterator[None]:
        """Add a problem for each file that the plugin reads within and that no key of a run's stage stands for.

        Parameters
        ----------
        plugin
            The instance that is checked.
        context
            Folders of data; by default those of this machine.
        """
        context = context or data_context()
        files = OpenedFiles(self._cls)
        with files.watched():
            yield
        covered = {path.resolve() for _, path in named_paths(plugin.to_table(), context.folder)}
        overrides = type(plugin).fingerprint not in (PluginOptions.fingerprint, Dataset.fingerprint)
        if overrides:
            covered = {path for path in covered if path.is_file()}
            with self.blaming("fingerprint()"), files.visits():
                known = set(files.read)
                files.read.clear()
                if plugin.fingerprint(context) if isinstance(plugin, Dataset) else plugin.fingerprint():
                    covered |= files.read | files.visited
                files.read |= known
        for path in sorted(files.read):
            if covered.isdisjoint((path, *path.parents)):
                self.add(
                    "fingerprint()",
                    f"{path} is read, and nothing notices when it changes: a run would count as up to date; make its "
                    "path an option, or override fingerprint()",
                )

    def __bool__(self) -> bool:
        return bool(self._problems)

    def raise_if_any(self) -> None:
        """Raise `ConformanceError` with all problems, if any."""
        if self._problems:
            raise ConformanceError(tuple(self._problems))

    def instance(self, plugin: Any, contract: type[_O], options: dict[str, Any] | None) -> _O | None:
        """Check the class and return an instance with options, or None if that is impossible.

        Parameters
        ----------
        plugin
            The class, or an instance, whose options are kept.
        contract
            The required base class.
        options
            Options as in a scenario. Missing required ones take the examples of their fields, or a whole number within
            their limits.
        """
        if not isinstance(self._cls, type) or not issubclass(self._cls, contract):
            self.add("class", f"does not derive from {contract.__name__}; derive it from the one in `neurosyn.plugins`")
            return None
        if inspect.isabstract(self._cls):
            missing = ", ".join(f"{name}()" for name in sorted(self._cls.__abstractmethods__))
            self.add("class", f"lacks {missing}; add what the contract {contract.__name__} requires")
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
        try:
            return build_options(cls, {**_guess(cls), **options}, "options")
        except OptionsError as error:
            for mistake in error.mistakes:
                name = dotted(mistake.path)
                if mistake.type == "missing":
                    remedy = f"give Field(…, examples=[…]), or a value (--set {name}=…)"
                    self.add(f"option {name}", f"is required and has no example; {remedy}")
                else:
                    self.add(f"option {name}" if name else "options", f"{mistake.problem}; give options that suit")
        except Exception as error:
            self.add("options", f"{type(error).__name__}: {error}; a validator may raise ValueError only")
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


def why_not_plain(value: Any) -> str | None:
    """Return the reason why a value cannot be stored as JSON; None if it can."""
    try:
        again = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        return str(error)
    return None if again == value or isinstance(value, tuple) else "it changes when written to JSON and read back"


def freeze_arrays(owner: Any) -> None:
    """Make an object's arrays read-only."""
    for value in vars(owner).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
