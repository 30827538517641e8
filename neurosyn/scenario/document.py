"""Scenario documents: a TOML file merged with those it extends, a profile and changes; the place of each key."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurosyn.errors import ScenarioError, did_you_mean
from neurosyn.options import KeyPath
from neurosyn.scenario.changes import plain_value
from neurosyn.scenario.key_lines import key_lines

__all__ = ["Document", "read_document"]

MAX_BYTES = 1 << 20
"""Largest size of a scenario file."""


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
        _merge(document, profiles[profile], places, ())
    for key, value in (changes or {}).items():
        _change(document, key, value)
    return document


def _read(path: Path, trail: tuple[Path, ...]) -> Document:
    resolved = path.resolve()
    if resolved in trail:
        raise ScenarioError(f"{path}: extends itself by way of {trail[-1]}; break the circle")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}; check the path") from error
    if len(raw) > MAX_BYTES:
        raise ScenarioError(f"{path}: has {len(raw):,} bytes, a scenario at most {MAX_BYTES:,}; is it the right file?")
    try:
        text = raw.decode("utf-8")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}); is it the right file?"
        ) from error
    except tomllib.TOMLDecodeError as error:
        message, line = str(error), ""
        if "(at line " in message:
            message, _, position = message.partition(" (at line ")
            line = f":{position.partition(',')[0]}"
        raise ScenarioError(f"{path}{line}: is not valid TOML: {message}") from error
    except RecursionError as error:
        raise ScenarioError(f"{path}: is nested too deeply; flatten it") from error
    places = {key: f"{path}:{line}" for key, line in key_lines(text).items()}
    return _extend(values, places, path, (*trail, resolved))


def _extend(values: dict[str, Any], places: dict[KeyPath, str], path: Path, trail: tuple[Path, ...]) -> Document:
    """Return the document of a scenario's tables laid over the scenario that they extend."""
    base = values.pop("extends", None)
    _resolve_files(values, path.parent)
    if base is None:
        return Document(values, path, places)
    where = places.get(("extends",), str(path))
    if not isinstance(base, str):
        raise ScenarioError(f"{where}: extends: must be the path of a scenario, not {base!r}")
    if not (path.parent / base).is_file():
        raise ScenarioError(f"{where}: extends: {path.parent / base} cannot be read; check the path")
    document = _read(path.parent / base, trail)
    document.path = path
    _merge(document, values, places, ())
    return document


def _resolve_files(values: dict[str, Any], folder: Path) -> None:
    """Make the paths of plugin and model files relative to the scenario that names them, also where it is extended.

    The same holds for the folder of a data set that begins with ``./`` or ``../``; others are inside the data folder.
    """
    plugins = values.get("plugins")
    if isinstance(plugins, list):
        values["plugins"] = [str(folder / name) if isinstance(name, str) else name for name in plugins]
    for table in _with_stand_in(values.get("train")):
        model = table.get("model")
        if isinstance(model, str) and model and ":" not in model:
            table["model"] = str(folder / model)
    for table in _with_stand_in(values.get("data")):
        images = table.get("folder")
        if isinstance(images, str) and images.startswith(("./", "../")):
            table["folder"] = str((folder / images).resolve())


def _with_stand_in(table: Any) -> list[dict[str, Any]]:
    """Return a table and its nested table for the stand-in, those of them that are tables."""
    both = (table, table.get("stand_in")) if isinstance(table, dict) else ()
    return [entry for entry in both if isinstance(entry, dict)]


def _merge(document: Document, new: dict[str, Any], places: dict[KeyPath, str], base: KeyPath) -> None:
    """Lay `new` over the document at `base`; a table that names another ``kind`` replaces the old one."""
    target: Any = document.values
    for key in base:
        target = target[key]
    if base == ("train",) and isinstance(changes := target.get("stand_in"), dict):
        # The newer value holds, whichever data are in use.
        for key in new.keys() & changes.keys():
            del changes[key]
    for key, value in new.items():
        path = (*base, key)
        old = target.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and value.get("kind", old.get("kind")) == old.get("kind"):
            _merge(document, value, places, path)
        else:
            target[key] = copy.deepcopy(value)
            for stale in [known for known in document.places if known[: len(path)] == path]:
                del document.places[stale]
        document.places.update(
            {known: where for known, where in places.items() if known[: len(path)] == path or known == path}
        )


def _change(document: Document, key: str, value: Any) -> None:
    value = plain_value(f"set: {key}", value)
    where = f"--set {key}"
    keys = key.split(".")
    if not all(keys):
        raise ScenarioError(f"{where}: is not of the form key.path=value; write e.g. --set chip.voltage=0.8")
    nested: Any = value
    for name in reversed(keys):
        nested = {name: nested}
    paths: list[KeyPath] = [tuple(keys[:end]) for end in range(1, len(keys) + 1)]
    # Tables that the change creates get its place; existing ones keep theirs.
    places = {path: where for path in paths if path not in document.places or path == paths[-1]}
    table: Any = document.values
    for position, name in enumerate(keys[:-1]):
        table = table.get(name) if isinstance(table, dict) else None
        if table is not None and not isinstance(table, dict):
            raise ScenarioError(f"{where}: {'.'.join(keys[: position + 1])} is not a table; check the key")
    _merge(document, nested, places, ())
