"""Validated scenarios; all mistakes are reported at once, each with its file and line."""

from __future__ import annotations

import copy
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from neurosyn.errors import PluginError, ScenarioError, did_you_mean
from neurosyn.options import KeyPath, Options, OptionsError, build_options, dotted
from neurosyn.registry import UnknownPluginError, registry
from neurosyn.scenario.chip_file import DESCRIPTION, EXTENDS, core_size, make_changeable
from neurosyn.scenario.document import Document, dates, read_document
from neurosyn.scenario.plugin_files import require_allowed
from neurosyn.scenario.tables import TABLES, Table, contracts

__all__ = ["Scenario", "load_options", "load_scenario"]

_O = TypeVar("_O", bound=Options)
_LONGEST_NAME = 60
"""In characters; the name becomes that of a folder."""
_MOST_PROBLEMS = 100
"""Lines of an error."""
_NAME_CHARACTERS = "letters, digits, '-', '_' and '.'"
_TOP_LEVEL = ("name", "title", "seed", "plugins", *TABLES)


@dataclass(frozen=True)
class Scenario:
    """A scenario whose every table has been validated.

    Attributes
    ----------
    name, title, seed
        Name for folders, title, and the seed from which the seed of each stage is derived.
    path
        The file it was read from; ``scenario`` for tables from Python.
    plugins
        Plugin files that it named.
    resolved
        All tables with the defaults filled in, as plain TOML values.
    """

    name: str
    title: str
    seed: int
    path: Path
    plugins: tuple[Path, ...]
    resolved: dict[str, Any]
    _options: dict[str, Options]
    _variants: dict[str, dict[str, Any]]
    _document: Document

    def place(self, path: KeyPath) -> str:
        """Return the place where a key, or else the nearest table around it, was set: ``file:line``."""
        return self._document.place(path)

    def options(self, table: str, cls: type[_O]) -> _O:
        """Return the validated options (or plugin) of a table, e.g. ``options("chip", ChipOptions)``."""
        options = self._options[table]
        if not isinstance(options, cls):
            raise PluginError(
                f"{self.path}: {table}: plugin '{self.resolved.get(table, {}).get('kind')}' is a "
                f"{type(options).__name__}, which does not derive from {cls.__name__}; correct the plugin"
            )
        return options

    def named(self, table: str, cls: type[_O]) -> dict[str, _O]:
        """Return the validated plugins of a list of tables by their names, e.g. ``named("probes", ProbePlugin)``."""
        names = [str(entry["name"]) for entry in self.resolved.get(table, [])]
        return {name: self.options(f"{table}.{name}", cls) for name in names}

    def has(self, table: str) -> bool:
        """Return True if the scenario has an optional table such as ``data.stand_in``."""
        return table in self._options

    def kind(self, table: str) -> str:
        """Return the plugin name of a table."""
        return str(self.table(table)["kind"])

    def table(self, name: str) -> Any:
        """Return a resolved table or value, e.g. ``"train"``, or ``"train.stand_in"`` with what it leaves unchanged."""
        if name in self._variants:
            return self._variants[name]
        value = self.resolved[name]
        variant = TABLES[name].variant if name in TABLES else None
        return {key: entry for key, entry in value.items() if key != variant} if variant else value

    def seed_of(self, stage: str) -> int:
        """Return the seed of one stage; stages do not share random numbers."""
        sequence = np.random.SeedSequence([self.seed, zlib.crc32(stage.encode())])
        return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))

    def to_toml(self) -> str:
        """Return the resolved scenario as a TOML document that gives the same scenario when read again."""
        import tomlkit

        document = copy.deepcopy(self.resolved)
        for table in (document["train"], document["train"].get("stand_in", {})):
            model = table.get("model", "")
            if model and ":" not in model:
                table["model"] = str(Path(model).resolve())
        if self.plugins:
            document = {"plugins": [str(path.resolve()) for path in self.plugins], **document}
        return tomlkit.dumps(document)

    def plugin_digests(self) -> list[str]:
        """Return a hash of each plugin file."""
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.plugins]

    def digest(self) -> str:
        """Return a short hash of everything that decides the outcome."""
        content = {"resolved": self.resolved, "plugins": self.plugin_digests()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def load_scenario(
    source: Path | Mapping[str, Any], *, profile: str | None = None, changes: Mapping[str, Any] | None = None
) -> Scenario:
    """Read and validate a scenario, after running the plugin files that it names.

    Parameters
    ----------
    source
        The scenario file, or the scenario's tables.
    profile
        Name of a profile of the scenario.
    changes
        Values by dotted key, e.g. ``{"chip.voltage": 0.8}``.

    Raises
    ------
    ScenarioError
        With every mistake of the file, one a line, as ``file:line: key: problem``.
    PluginError
        The same, if all mistakes are in plugins.
    """
    document = read_document(source, profile=profile, changes=changes)
    problems = _fold_core_size(document)
    values = document.values
    unknown = [key for key in values if key not in _TOP_LEVEL]
    problems += [
        _Problem((key,), f"unknown key{did_you_mean(key, _TOP_LEVEL)}") for key in unknown[: _MOST_PROBLEMS + 1]
    ]
    problems += [_Problem(path, "is a date or a time; write it in quotes if it is a text") for path in dates(document)]
    name = values.get("name", document.path.stem)
    if not _is_name(name):
        problems.append(_Problem(("name",), f"{name!r} is not a name of at most {_LONGEST_NAME} {_NAME_CHARACTERS}"))
    title = values.get("title", "")
    if not isinstance(title, str):
        problems.append(_Problem(("title",), "must be a text"))
    seed = values.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        problems.append(_Problem(("seed",), f"{seed!r} is not an integer from 0 to 2^63 − 1"))
    files = _load_plugins(values.get("plugins", []), document.place(("plugins",)), problems)

    options: dict[str, Options] = {}
    variants: dict[str, dict[str, Any]] = {}
    resolved: dict[str, Any] = {"name": name, "title": title, "seed": seed}
    for key, table in TABLES.items():
        value = values.get(key, {})
        if table.many:
            if key in values:
                resolved[key] = _validate_list(key, table, value, options, problems)
            continue
        if not isinstance(value, dict):
            problems.append(_Problem((key,), f"must be a table; write [{key}]"))
            continue
        unvaried = {name: entry for name, entry in value.items() if name != table.variant}
        before = len(problems)
        resolved[key] = _validate(key, table, unvaried, options, problems)
        if table.variant is not None and table.variant in value:
            changes, where = value[table.variant], f"{key}.{table.variant}"
            resolved[key][table.variant] = changes
            if not isinstance(changes, dict):
                problems.append(_Problem((key, table.variant), f"must be a table; write [{where}]"))
                continue
            of_variant: list[_Problem] = []
            variants[where] = _validate(where, table, _vary(table, unvaried, changes), options, of_variant)
            # A mistake of the table itself is listed once.
            is_right = len(problems) == before
            problems += [
                problem for problem in of_variant if is_right or (len(problem.path) > 2 and problem.path[2] in changes)
            ]
    _raise_if_any(problems, document)
    if "description" in values.get("chip", {}):
        # As it is written: changes stay changes, so that others can follow.
        resolved["chip"]["description"] = values["chip"]["description"]
    return Scenario(str(name), str(title), int(seed), document.path, files, resolved, options, variants, document)


def load_options(tables: Sequence[str], changes: Mapping[str, Any] | None = None) -> dict[str, Options]:
    """Return the options of tables that hold no plugins, for what has no scenario.

    Parameters
    ----------
    tables
        Names of the tables.
    changes
        Values that differ from the defaults, by dotted key.

    Raises
    ------
    ScenarioError
        With every mistake, one a line.
    """
    document = read_document({}, changes=changes)
    there_are = ", ".join(tables)
    problems = [
        _Problem((key,), f"has no meaning here (there are: {there_are})")
        for key in document.values
        if key not in tables
    ]
    options: dict[str, Options] = {}
    for key in tables:
        value = document.values.get(key, {})
        if isinstance(value, dict):
            _validate(key, TABLES[key], value, options, problems)
        else:
            problems.append(_Problem((key,), f"is a table; name one of its keys, as in {key}.KEY=VALUE"))
    _raise_if_any(problems, document)
    return options


def _fold_core_size(document: Document) -> list[_Problem]:
    """Move the size of a core from table ``compile`` into the chip's description, which then scales its energies."""
    table, problems = document.values.get("compile"), []
    for name in ("axons", "neurons"):
        if not isinstance(table, dict) or name not in table or not isinstance(document.values.get("chip", {}), dict):
            continue
        description = document.values.get("chip", {}).get("description", "truenorth")
        value, path = table.pop(name), (*DESCRIPTION, "core", name)
        core = description.get("core") if isinstance(description, dict) and EXTENDS in description else None
        if isinstance(core, dict) and core.get(name, value) != value:
            text = f"is {value}, chip.description.core.{name} is {core[name]}; leave one out"
            problems.append(_Problem(("compile", name), text))
        elif core_size(description, name) != value:
            changes = make_changeable(document.values)
            if isinstance(changes.setdefault("core", {}), dict):
                changes["core"][name] = value
                document.places[path] = document.place(("compile", name))
    return problems


class _Problem(NamedTuple):
    """A mistake in the scenario or, with `of_plugin`, in a plugin that it names rightly."""

    path: KeyPath
    text: str
    of_plugin: bool = False


def _raise_if_any(problems: list[_Problem], document: Document) -> None:
    """Raise an error with a line for each problem."""
    if problems:
        error = PluginError if all(problem.of_plugin for problem in problems) else ScenarioError
        lines = [f"{_where(document, path)}: {text}" for path, text, _ in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            lines.append(f"{document.path}: has more mistakes; correct these first")
        raise error("\n".join(lines))


def _where(document: Document, path: KeyPath) -> str:
    """Return the place of a key and the key, which ``--set KEY`` has in it."""
    place, key = document.place(path), dotted(path)
    return place if place == f"--set {key}" else f"{place}: {key}"


def _vary(table: Table, unvaried: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Lay changes over a table; if they name another plugin, only the keys that are not the plugin's stay."""
    kind = unvaried.get("kind", table.kind)
    if changes.get("kind", kind) == kind:
        return {**unvaried, **changes}
    shared = table.extra().model_fields if table.extra is not None else {}
    return {**{name: value for name, value in unvaried.items() if name in shared}, **changes}


def _load_plugins(names: Any, where: str, problems: list[_Problem]) -> tuple[Path, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append(_Problem(("plugins",), "must be a list of Python files"))
        return ()
    require_allowed(names, where)
    files = tuple(Path(name) for name in names)
    registry.broken.clear()  # broken files of another scenario have no part in this one's mistakes
    for file in files:
        try:
            registry.load_file(file)
        except PluginError as error:
            problems.append(_Problem(("plugins",), str(error)))
    return files


def _validate(
    key: str, table: Table, value: dict[str, Any], options: dict[str, Options], problems: list[_Problem]
) -> dict[str, Any]:
    """Validate one top-level table with its nested tables, and return it with its defaults."""
    path: KeyPath = tuple(key.split("."))
    remaining = dict(value)
    resolved: dict[str, Any] = {}
    if table.extra is not None:
        extra_class = table.extra()
        shared = {name: remaining.pop(name) for name in list(remaining) if name in extra_class.model_fields}
        extra = _try(lambda: build_options(extra_class, shared, ""), path, problems)
        if extra is not None:
            options[f"{key}.extra"] = extra
            resolved |= extra.to_table()
    nested: dict[str, Any] = {}
    for name, group in table.nested.items():
        if name not in remaining:
            continue
        if isinstance(remaining[name], dict):
            nested[name] = _validate(f"{key}.{name}", Table("", group), remaining.pop(name), options, problems)
            if name not in table.apart:
                remaining[name] = nested[name]
        elif isinstance(remaining[name], list):
            for number, element in enumerate(remaining[name]):
                _check_element((key, name, number), group, element, problems)
    if table.group is None:
        validated = _try(lambda: build_options(table.options_class(None), remaining, ""), path, problems)
    else:
        if table.kind is not None:
            remaining.setdefault("kind", table.kind)
        validated = _plugin(table.group, path, remaining, problems)
        resolved["kind"] = remaining.get("kind")
    if validated is not None:
        options[key] = validated
        resolved |= validated.to_table()
    return resolved | nested


def _validate_list(
    key: str, table: Table, value: Any, options: dict[str, Options], problems: list[_Problem]
) -> list[dict[str, Any]]:
    """Validate a list of named plugins, and return their tables with names and defaults."""
    assert table.group is not None
    tables: list[dict[str, Any]] = []
    if not isinstance(value, list):
        problems.append(_Problem((key,), f"must be a list of tables; write [[{key}]]"))
        return tables
    for number, element in enumerate(value):
        path: KeyPath = (key, number)
        if not isinstance(element, dict):
            problems.append(_Problem(path, f"must be a table; write [[{key}]]"))
            continue
        unnamed = {name: entry for name, entry in element.items() if name != "name"}
        plugin = _plugin(table.group, path, unnamed, problems)
        if plugin is None:
            continue
        name = element.get("name", element["kind"])
        if not _is_name(name):
            text = f"{name!r} is not a name of at most {_LONGEST_NAME} {_NAME_CHARACTERS}"
            problems.append(_Problem((*path, "name"), text))
        elif any(name == other["name"] for other in tables):
            problems.append(_Problem(path, f"the name '{name}' is taken; give each its own `name`"))
        else:
            options[f"{key}.{name}"] = plugin
            tables.append({"name": name, "kind": element["kind"]} | plugin.to_table())
    return tables


def _is_name(name: Any) -> bool:
    """Return True if a name is fit for a folder."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= _LONGEST_NAME
        and all(c.isalnum() or c in "-_." for c in name)
        and not name.startswith(".")
    )


def _check_element(path: KeyPath, group: str, element: Any, problems: list[_Problem]) -> None:
    """Check a table in a list of plugins, such as a layer written out in the scenario."""
    if not isinstance(element, dict):
        problems.append(_Problem(path, "must be a table"))
        return
    _plugin(group, path, {key: value for key, value in element.items() if key != "name"}, problems)


def _plugin(group: str, path: KeyPath, table: dict[str, Any], problems: list[_Problem]) -> Options | None:
    """Return the plugin that a table describes; None if there is a problem."""
    return _try(lambda: registry.build(group, table, "", *contracts(group)), path, problems)


def _try(build: Callable[[], Options], path: KeyPath, problems: list[_Problem]) -> Options | None:
    """Return the options that `build` makes of the table at `path`; None if there is a problem."""
    try:
        return build()
    except OptionsError as error:
        problems += [_Problem((*path, *mistake.path), mistake.problem) for mistake in error.mistakes]
    except PluginError as error:
        # An unknown name is a slip, unless a plugin file is broken, which may have been meant to provide it.
        of_plugin = bool(registry.broken) or not isinstance(error, UnknownPluginError)
        problems.append(_Problem((*path, "kind"), str(error), of_plugin=of_plugin))
    return None
