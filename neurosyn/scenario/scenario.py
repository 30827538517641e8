"""A validated scenario: every mistake at once, each with its file and line."""

from __future__ import annotations

import copy
import hashlib
import json
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from pydantic import ValidationError

from neurosyn.errors import PluginError, ScenarioError, did_you_mean
from neurosyn.options import Options
from neurosyn.registry import registry
from neurosyn.scenario.document import Document, dotted, read_document, read_overrides
from neurosyn.scenario.key_lines import KeyPath
from neurosyn.scenario.tables import CONTRACTS, TABLES, Table, load_class

__all__ = ["Scenario", "load_options", "load_scenario"]

_O = TypeVar("_O", bound=Options)
_LONGEST_NAME = 60
"""Characters; folders are named by it."""
_NAME_CHARACTERS = "letters, digits, '-', '_' and '.'"
_LONGEST_SHOWN = 100
"""Characters of a wrong value in a message."""
_TOP_LEVEL = ("name", "title", "seed", "plugins", *TABLES)


@dataclass(frozen=True)
class Scenario:
    """A scenario whose every table has been validated.

    Attributes
    ----------
    name, title, seed
        Name for folders, a line for people, the seed from which every stage takes its own.
    path
        The file it was read from.
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

    def options(self, table: str, cls: type[_O]) -> _O:
        """Return the validated options (or plugin) of a table, e.g. ``options("chip", ChipOptions)``."""
        found = self._options[table]
        if not isinstance(found, cls):
            raise PluginError(
                f"{self.path}: {table}: plugin '{self.resolved.get(table, {}).get('kind')}' is a "
                f"{type(found).__name__}, which does not derive from {cls.__name__}; correct the plugin"
            )
        return found

    def named(self, table: str, cls: type[_O]) -> dict[str, _O]:
        """Return the validated plugins of a list of tables by their names, e.g. ``named("probes", ProbePlugin)``."""
        return {str(one["name"]): self.options(f"{table}.{one['name']}", cls) for one in self.resolved.get(table, [])}

    def has(self, table: str) -> bool:
        """Whether the scenario has an optional table such as ``data.stand_in``."""
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
        """Return the seed of one stage: stages do not share random numbers."""
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


def load_scenario(path: Path, *, profile: str | None = None, overrides: list[str] | None = None) -> Scenario:
    """Read and validate a scenario.

    Raises
    ------
    ScenarioError
        With every mistake of the file, one a line, as ``file:line: key: problem``.
    PluginError
        The same, if nothing but plugins is to blame.
    """
    document = read_document(path, profile=profile, overrides=overrides)
    refuse = _Problems(document)
    values = document.values

    for key in values:
        if key not in _TOP_LEVEL:
            refuse((key,), f"unknown key{did_you_mean(key, _TOP_LEVEL)}")
    name = values.get("name", path.stem)
    if not _is_name(name):
        refuse(("name",), f"{name!r} is not a name of at most {_LONGEST_NAME} {_NAME_CHARACTERS}")
    title = values.get("title", "")
    if not isinstance(title, str):
        refuse(("title",), "must be a text")
    seed = values.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        refuse(("seed",), f"{seed!r} is not an integer from 0 to 2^63 − 1")
    files = _load_plugins(values.get("plugins", []), refuse)

    options: dict[str, Options] = {}
    variants: dict[str, dict[str, Any]] = {}
    resolved: dict[str, Any] = {"name": name, "title": title, "seed": seed}
    for key, table in TABLES.items():
        value = values.get(key, {})
        if table.many:
            if key in values:
                resolved[key] = _validate_list(key, table, value, options, refuse)
            continue
        if not isinstance(value, dict):
            refuse((key,), f"must be a table; write [{key}]")
            continue
        own = {name: entry for name, entry in value.items() if name != table.variant}
        mistakes = len(refuse)
        resolved[key] = _validate(key, table, own, options, refuse)
        if table.variant is not None and table.variant in value:
            changes, where = value[table.variant], f"{key}.{table.variant}"
            resolved[key][table.variant] = changes
            if not isinstance(changes, dict):
                refuse((key, table.variant), f"must be a table; write [{where}]")
                continue
            # A mistake of the table itself is told once.
            narrowed = _Narrowed(refuse, None if len(refuse) == mistakes else changes.keys())
            variants[where] = _validate(where, table, _vary(table, own, changes), options, narrowed)
    refuse.raise_if_any()
    return Scenario(str(name), str(title), int(seed), path, files, resolved, options, variants)


def load_options(tables: Sequence[str], overrides: list[str] | None = None) -> dict[str, Options]:
    """Validate overrides of tables that hold no plugins, for what has no scenario, and return each table's options.

    Raises
    ------
    ScenarioError
        With every mistake, one a line.
    """
    document = read_overrides(overrides or [])
    refuse = _Problems(document)
    for key in document.values:
        if key not in tables:
            refuse((key,), f"has no meaning here (there are: {', '.join(tables)})")
    options: dict[str, Options] = {}
    for key in tables:
        value = document.values.get(key, {})
        if isinstance(value, dict):
            _validate(key, TABLES[key], value, options, refuse)
        else:
            refuse((key,), f"is a table; name one of its keys, as in {key}.KEY=VALUE")
    refuse.raise_if_any()
    return options


class _Refuse(Protocol):
    """Takes a problem with its place."""

    def __call__(self, where: KeyPath, problem: str, *, of_plugin: bool = False) -> None: ...


class _Problems:
    """The problems of a document, each with its place."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines: list[str] = []
        self._mistakes = 0

    def __call__(self, where: KeyPath, problem: str, *, of_plugin: bool = False) -> None:
        """Add a mistake in the scenario or, with `of_plugin`, in a plugin that it names rightly."""
        self._lines.append(f"{self._document.place(where)}: {dotted(where)}: {problem}")
        self._mistakes += not of_plugin

    def __len__(self) -> int:
        return len(self._lines)

    def raise_if_any(self) -> None:
        if self._lines:
            error = ScenarioError if self._mistakes else PluginError
            raise error("\n".join(self._lines))


class _Narrowed:
    """Problems of a variant of a table: all, or those of the keys that it changes."""

    def __init__(self, refuse: _Problems, keys: Collection[str] | None) -> None:
        self._refuse = refuse
        self._keys = keys

    def __call__(self, where: KeyPath, problem: str, *, of_plugin: bool = False) -> None:
        if self._keys is None or (len(where) > 2 and where[2] in self._keys):
            self._refuse(where, problem, of_plugin=of_plugin)


def _vary(table: Table, own: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Lay changes over a table; if they name another plugin, only the keys that are not the plugin's stay."""
    kind = own.get("kind", table.kind)
    if changes.get("kind", kind) == kind:
        return {**own, **changes}
    shared = load_class(table.extra).model_fields if table.extra is not None else {}
    return {**{name: value for name, value in own.items() if name in shared}, **changes}


def _load_plugins(names: Any, refuse: _Refuse) -> tuple[Path, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        refuse(("plugins",), "must be a list of Python files")
        return ()
    files = tuple(Path(name) for name in names)
    registry.broken.clear()  # what another scenario named is not to blame in this one
    for file in files:
        try:
            registry.load_file(file)
        except PluginError as error:
            refuse(("plugins",), str(error))
    return files


def _validate(
    key: str, table: Table, value: dict[str, Any], options: dict[str, Options], refuse: _Refuse
) -> dict[str, Any]:
    """Validate one top-level table with what is nested in it, and return it with its defaults."""
    own = dict(value)
    resolved: dict[str, Any] = {}
    if table.extra is not None:
        cls = load_class(table.extra)
        extra = {name: own.pop(name) for name in list(own) if name in cls.model_fields}
        found = _options(cls, tuple(key.split(".")), extra, refuse)
        if found is not None:
            options[f"{key}.extra"] = found
            resolved |= _plain(found)
    nested: dict[str, Any] = {}
    for name, group in table.nested.items():
        if name not in own:
            continue
        if isinstance(own[name], dict):
            nested[name] = _validate(f"{key}.{name}", Table("", group), own.pop(name), options, refuse)
        elif isinstance(own[name], list):
            for number, element in enumerate(own[name]):
                _check_element((key, name, number), group, element, refuse)
    if table.group is None:
        found = _options(table.options_class(None), tuple(key.split(".")), own, refuse)
    else:
        found = _plugin(table.group, tuple(key.split(".")), own, table.kind, resolved, refuse)
    if found is not None:
        options[key] = found
        resolved |= _plain(found)
    return resolved | nested


def _validate_list(
    key: str, table: Table, value: Any, options: dict[str, Options], refuse: _Refuse
) -> list[dict[str, Any]]:
    """Validate a list of named plugins, and return their tables with names and defaults."""
    assert table.group is not None
    tables: list[dict[str, Any]] = []
    if not isinstance(value, list):
        refuse((key,), f"must be a list of tables; write [[{key}]]")
        return tables
    for number, element in enumerate(value):
        where: KeyPath = (key, number)
        if not isinstance(element, dict):
            refuse(where, f"must be a table; write [[{key}]]")
            continue
        own, resolved = dict(element), dict[str, Any]()
        given = own.pop("name", None)
        found = _plugin(table.group, where, own, table.kind, resolved, refuse)
        if found is None:
            continue
        name = resolved["kind"] if given is None else given
        if not _is_name(name):
            refuse((*where, "name"), f"{name!r} is not a name of at most {_LONGEST_NAME} {_NAME_CHARACTERS}")
        elif any(name == other["name"] for other in tables):
            refuse(where, f"the name '{name}' is taken; give each its own `name`")
        else:
            options[f"{key}.{name}"] = found
            tables.append({"name": name} | resolved | _plain(found))
    return tables


def _is_name(name: Any) -> bool:
    """Whether a name is fit for a folder."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= _LONGEST_NAME
        and all(c.isalnum() or c in "-_." for c in name)
        and not name.startswith(".")
    )


def _check_element(where: KeyPath, group: str, element: Any, refuse: _Refuse) -> None:
    """Check a table in a list of plugins, such as a layer written out in the scenario."""
    if not isinstance(element, dict):
        refuse(where, "must be a table")
        return
    _plugin(group, where, {key: value for key, value in element.items() if key != "name"}, None, {}, refuse)


def _plugin(
    group: str, where: KeyPath, value: dict[str, Any], default: str | None, resolved: dict[str, Any], refuse: _Refuse
) -> Options | None:
    kind = value.pop("kind", default)
    if not isinstance(kind, str):
        there_are = ", ".join(registry.names(group))
        if kind is None:
            refuse(where, f"has no `kind`; one of: {there_are}")
        else:
            refuse((*where, "kind"), f"must be the name of a plugin; one of: {there_are}")
        return None
    resolved["kind"] = kind
    try:
        found = registry.find(group, kind)
    except PluginError as error:
        # A name that nobody knows is a slip, unless a file that could not be imported may have meant to provide it.
        refuse((*where, "kind"), str(error), of_plugin=bool(registry.broken))
        return None
    try:
        cls = found.load()
    except PluginError as error:
        refuse((*where, "kind"), str(error), of_plugin=True)
        return None
    contracts = tuple(load_class(contract) for contract in CONTRACTS[group])
    if not isinstance(cls, type) or not issubclass(cls, contracts):
        wanted = " or ".join(contract.__name__ for contract in contracts)
        refuse(
            (*where, "kind"),
            f"plugin {group}/{kind} of {found.origin} does not derive from {wanted}; correct the plugin",
            of_plugin=True,
        )
        return None
    return _options(cls, where, value, refuse)


def _options(cls: type[Options], where: KeyPath, value: dict[str, Any], refuse: _Refuse) -> Options | None:
    """Validate a table's options; pydantic's messages become ours."""
    try:
        return cls.from_table(value)
    except ValidationError as error:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for mistake in error.errors():
            path: KeyPath = (*where, *mistake["loc"])
            if mistake["type"] == "extra_forbidden":
                there_are = f" (there are: {', '.join(sorted(known))})" if known else " (there are none)"
                refuse(path, f"unknown key{did_you_mean(str(path[-1]), known) or there_are}")
            elif mistake["type"] == "missing":
                refuse(path, "is missing; it has no default")
            else:
                given = mistake["input"]
                shown = f", not {given!r}" if isinstance(given, (str, int, float, type(None))) else ""
                if len(shown) > _LONGEST_SHOWN:
                    shown = ""
                refuse(path, f"{mistake['msg'].removeprefix('Input ').removeprefix('Value error, ')}{shown}")
    except TypeError as error:
        refuse(where, f"plugin {cls.__name__} does not keep its contract: {error}; correct it", of_plugin=True)
    return None


def _plain(options: Options) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(options.model_dump_json(by_alias=True, exclude_none=True))
    return plain
