"""Scenario documents: a TOML file merged with those it extends, a profile and changes; the place of each key."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from neurosyn.errors import NeurosynError, ScenarioError, did_you_mean
from neurosyn.options import KeyPath, dotted
from neurosyn.scenario.changes import plain_value
from neurosyn.scenario.chip_file import DESCRIPTION, EXTENDS, is_file, make_changeable, read_description, resolve_file
from neurosyn.scenario.toml_file import parse_toml
from neurosyn.support.untrusted import read_text

__all__ = ["Document", "dates", "find_scenarios", "read_document"]

MAX_BYTES = 1 << 20
"""Largest size of a scenario file."""
_PROGRAM_SUFFIXES = (".npz", ".json")
_PLUGIN_TABLES = ("data", "encoder", "network", "train", "place", "probes")
"""Tables whose keys are options of plugins."""


@dataclass
class Document:
    """A merged scenario document.

    Attributes
    ----------
    values
        The merged tables.
    places
        Place where each key path was last set: ``file:line`` or ``--set key``.
    path
        The scenario file; ``scenario`` for tables from Python.
    """

    values: dict[str, Any]
    path: Path
    places: dict[KeyPath, str] = field(default_factory=dict)

    def place(self, path: KeyPath) -> str:
        """Return the place where `path`, or else the nearest table around it, was set."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return str(self.path)


def read_document(
    source: Path | Mapping[str, Any], *, profile: str | None = None, changes: Mapping[str, Any] | None = None
) -> Document:
    """Read a scenario with everything that it extends, then apply a profile and changes.

    Parameters
    ----------
    source
        The scenario file, or the scenario's tables; files that tables name are relative to the current folder.
    profile
        Name of a table under ``[profiles]`` whose tables are merged over the scenario.
    changes
        Values by dotted key, e.g. ``{"chip.voltage": 0.8}``.

    Raises
    ------
    ScenarioError
        If a file is missing or no TOML, the profile does not exist, or a scenario cannot hold a value.
    """
    if isinstance(source, Mapping):
        document = _extend(plain_value("scenario", source), {}, Path("scenario"), ())
    else:
        document = _read(source, ())
    profiles = document.values.pop("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise ScenarioError(f"{document.place(('profiles',))}: profiles: must hold tables; write [profiles.NAME]")
    if profile is not None:
        if profile not in profiles:
            there_are = f"(there are: {', '.join(sorted(profiles)) or 'none'})"
            raise ScenarioError(
                f"{document.path}: there is no profile '{profile}'{did_you_mean(profile, profiles)} {there_are}"
            )
        places = {key[2:]: where for key, where in document.places.items() if key[:2] == ("profiles", profile)}
        _merge(document, profiles[profile], places)
    for key, value in (changes or {}).items():
        _change(document, key, value)
    _read_chip(document)
    _require_no_nul(document)
    return document


def _read_chip(document: Document) -> None:
    """Put the contents of the chip's description in place of its file."""
    chip = document.values.get("chip")
    if isinstance(chip, dict) and "description" in chip:
        given = chip["description"]
        if is_file(given) and document.place(DESCRIPTION).startswith("--set"):
            document.places[DESCRIPTION] = given
        chip["description"], places = read_description(chip["description"])
        for key, where in places.items():
            document.places.setdefault((*DESCRIPTION, *key), where)


def dates(document: Document) -> list[KeyPath]:
    """Return the paths of the values that are dates or times, which TOML has and no option takes."""
    return [path for path, value in _entries(document.values) if isinstance(value, (date, time))]


def _require_no_nul(document: Document) -> None:
    """Refuse texts with a NUL character, which no path and no name may have."""
    for path, value in _entries(document.values):
        if any(isinstance(text, str) and "\0" in text for text in (value, *path[-1:])):
            raise ScenarioError(f"{document.place(path)}: {dotted(path)!r}: has a NUL character; remove it")


def _entries(values: dict[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    """Yield each value below a table with its path, tables and lists themselves included."""
    pending: list[tuple[KeyPath, Any]] = [((), values)]
    while pending:
        path, value = pending.pop()
        yield path, value
        if isinstance(value, dict):
            pending += [((*path, key), entry) for key, entry in value.items()]
        elif isinstance(value, list):
            pending += [((*path, number), entry) for number, entry in enumerate(value)]


def _read(path: Path, trail: tuple[Path, ...]) -> Document:
    if path.suffix in _PROGRAM_SUFFIXES:
        raise ScenarioError(f"{path}: is a program by its name, not a scenario (.toml); use `neurosyn run`")
    text = read_text(path, MAX_BYTES, what="scenario", error=ScenarioError)
    resolved = path.resolve()
    if resolved in trail:
        raise ScenarioError(f"{path}: extends itself by way of {trail[-1]}; break the circle")
    values, places = parse_toml(text, path)
    return _extend(values, places, path, (*trail, resolved))


def _extend(values: dict[str, Any], places: dict[KeyPath, str], path: Path, trail: tuple[Path, ...]) -> Document:
    """Return the document of a scenario's tables laid over the scenario that they extend."""
    base = values.pop("extends", None)
    profiles = values.get("profiles")
    for table in (values, *(profiles.values() if isinstance(profiles, dict) else ())):
        if isinstance(table, dict):
            _resolve_files(table, path.parent)
    if base is None:
        return Document(values, path, places)
    where = places.get(("extends",), str(path))
    if not isinstance(base, str):
        raise ScenarioError(f"{where}: extends: must be the path of a scenario, not {base!r}")
    if not (path.parent / base).is_file():
        raise ScenarioError(f"{where}: extends: {path.parent / base} cannot be read; check the path")
    document = _read(path.parent / base, trail)
    document.path = path
    _merge(document, values, places)
    return document


def _resolve_files(values: dict[str, Any], folder: Path) -> None:
    """Make the paths of plugin, model and chip files relative to the scenario that names them, even if extended.

    The same holds for every text that begins with ``./`` or ``../`` in the table of a plugin, and for ``.`` as the
    folder of a data set; other paths are the plugin's own matter, those of data sets inside the data folder. Paths in
    changes are relative to the working folder.
    """
    plugins = values.get("plugins")
    if isinstance(plugins, list):
        values["plugins"] = [str(folder / name) if isinstance(name, str) else name for name in plugins]
    resolve_file(values.get("chip"), folder)
    train = values.get("train")
    both = (train, train.get("stand_in")) if isinstance(train, dict) else ()
    for table in (table for table in both if isinstance(table, dict)):
        model = table.get("model")
        if isinstance(model, str) and model and ":" not in model:
            table["model"] = str(folder / model)
    _resolve_dotted({name: values[name] for name in _PLUGIN_TABLES if name in values}, folder)


def _resolve_dotted(values: Any, folder: Path) -> None:
    """Make the texts in plain tables and lists that begin with ``./`` or ``../`` absolute paths."""
    pending: list[Any] = [values]
    while pending:
        table = pending.pop()
        for key, value in list(table.items() if isinstance(table, dict) else enumerate(table)):
            if isinstance(value, (dict, list)):
                pending.append(value)
            elif isinstance(value, str) and (
                value.startswith(("./", "../")) or (key == "folder" and value in (".", ".."))
            ):
                table[key] = str((folder / value).resolve())


def _merge(document: Document, new: dict[str, Any], places: dict[KeyPath, str], base: KeyPath = ()) -> None:
    """Lay `new` over the table at `base`, with the places of its keys; see `_lay_over`."""
    target: Any = document.values
    for key in base:
        target = target[key]
    replaced = _lay_over(target, new, base)
    for known in list(document.places):
        if any(known[:end] in replaced for end in range(1, len(known) + 1)):
            del document.places[known]
    depth = len(base)
    document.places.update(
        {
            known: where
            for known, where in places.items()
            if known[:depth] == base and set(known[depth:][:1]) & new.keys()
        }
    )


def _lay_over(target: dict[str, Any], new: dict[str, Any], base: KeyPath) -> set[KeyPath]:
    """Lay `new` over a table and return the paths of the values that it replaces.

    A table that names another ``kind`` replaces the old one.
    """
    replaced: set[KeyPath] = set()
    if base == ("train",) and isinstance(changes := target.get("stand_in"), dict):
        # The newer value holds, whichever data are in use.
        for key in new.keys() & changes.keys():
            del changes[key]
    for key, value in new.items():
        path, old = (*base, key), target.get(key)
        if path == DESCRIPTION and old is not None and isinstance(value, dict) and not {EXTENDS, "name"} & value.keys():
            old = make_changeable({"chip": target})
        if isinstance(value, dict) and isinstance(old, dict) and value.get("kind", old.get("kind")) == old.get("kind"):
            replaced |= _lay_over(old, value, path)
        else:
            target[key] = copy.deepcopy(value)
            replaced.add(path)
    return replaced


def _change(document: Document, key: str, value: Any) -> None:
    """Set the value at a dotted key; an element of a list goes by its number, or by its name or kind."""
    value = plain_value(f"set: {key}", value)
    where = f"--set {key}"
    keys = key.split(".")
    if not all(keys):
        raise ScenarioError(f"{where}: is not of the form key.path=value; write e.g. --set chip.voltage=0.8")
    if tuple(keys[:2]) == DESCRIPTION and len(keys) > len(DESCRIPTION):
        make_changeable(document.values)
    path: list[str | int] = []
    base: KeyPath = ()
    table: Any = document.values
    for name in keys:
        if isinstance(table, list):
            number = _element(where, table, name, dotted(tuple(path)))
            path.append(number)
            base, table = tuple(path), table[number]
        elif table is None and path and name.isdecimal():
            raise ScenarioError(
                f"{where}: there is no {dotted(tuple(path))}; write [[{dotted(tuple(path))}]] with a kind"
            )
        elif isinstance(table, dict) or table is None:
            path.append(name)
            table = table.get(name) if table is not None else None
        else:
            raise ScenarioError(f"{where}: {dotted(tuple(path))} is not a table; check the key")
    if len(base) == len(path):
        raise ScenarioError(f"{where}: is a table of a list; name one of its keys, as in {key}.KEY")
    nested: Any = value
    for step in reversed(path[len(base) :]):
        nested = {step: nested}
    if not base:
        _resolve_files(nested, Path())
    elif base[0] in _PLUGIN_TABLES:
        _resolve_dotted(nested, Path())
    paths: list[KeyPath] = [tuple(path[:end]) for end in range(len(base) + 1, len(path) + 1)]
    # Tables that the change creates get its place; existing ones keep theirs.
    places = {path: where for path in paths if path not in document.places or path == paths[-1]}
    _merge(document, nested, places, base)


def _element(where: str, tables: list[Any], name: str, of: str) -> int:
    """Return the number of the table in a list that has this number, name or kind."""
    names = [
        {str(number), table.get("name", table.get("kind"))} if isinstance(table, dict) else set()
        for number, table in enumerate(tables)
    ]
    matches = [number for number, known in enumerate(names) if name in known]
    if len(matches) != 1:
        problem = f"has {len(matches)} tables named '{name}'" if matches else f"has no table '{name}'"
        raise ScenarioError(f"{where}: {of} {problem}; it has {len(tables)}: give its number, from 0")
    return matches[0]


def find_scenarios(folder: Path) -> list[tuple[Path, str]]:
    """Return the scenarios in `folder` and in the folder ``scenarios`` below it, with their titles.

    Files that cannot be read, and other TOML files, are passed over.
    """
    scenarios = []
    for path in sorted([*folder.glob("*.toml"), *(folder / "scenarios").glob("*.toml")]):
        try:
            values = tomllib.loads(read_text(path, MAX_BYTES, what="scenario"))
        except (NeurosynError, ValueError, RecursionError):
            continue
        if {"data", "network", "extends"} & values.keys() and "project" not in values:
            scenarios.append((path, str(values.get("title", ""))))
    return scenarios
