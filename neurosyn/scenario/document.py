"""From a TOML file with ``extends``, profiles and ``--set`` to one document that knows where each key came from."""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurosyn.errors import ScenarioError, did_you_mean
from neurosyn.options import KeyPath
from neurosyn.scenario.key_lines import key_lines

__all__ = ["Document", "read_document", "read_overrides"]

MAX_BYTES = 1 << 20
"""A scenario larger than this is not a scenario."""


@dataclass
class Document:
    """A merged scenario document.

    Attributes
    ----------
    values
        The merged tables.
    places
        For each key path, where it was last set: ``file:line`` or ``--set key=value``.
    path
        The file that was asked for.
    """

    values: dict[str, Any]
    path: Path
    places: dict[KeyPath, str] = field(default_factory=dict)

    def place(self, path: KeyPath) -> str:
        """Return where `path`, or else the nearest table around it, was set."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return str(self.path)


def read_document(path: Path, *, profile: str | None = None, overrides: list[str] | None = None) -> Document:
    """Read a scenario file and everything that it extends, then apply a profile and overrides.

    Parameters
    ----------
    path
        The scenario file.
    profile
        Name of a table under ``[profiles]`` whose tables are merged over the scenario.
    overrides
        ``key.path=value`` texts; the value is TOML, or else taken as a string.

    Raises
    ------
    ScenarioError
        If a file is missing or no TOML, the profile does not exist or an override cannot be read.
    """
    document = _read(path, ())
    profiles = document.values.pop("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise ScenarioError(f"{document.place(('profiles',))}: profiles: must hold tables; write [profiles.NAME]")
    if profile is not None:
        if profile not in profiles:
            there_are = ", ".join(sorted(profiles)) or "none"
            raise ScenarioError(
                f"{path}: there is no profile '{profile}'{did_you_mean(profile, profiles)} (there are: {there_are})"
            )
        places = {key[2:]: where for key, where in document.places.items() if key[:2] == ("profiles", profile)}
        _merge(document, profiles[profile], places, ())
    for override in overrides or []:
        _override(document, override)
    return document


def read_overrides(overrides: list[str]) -> Document:
    """Return a document of overrides alone, for what has no scenario file.

    Raises
    ------
    ScenarioError
        If an override cannot be read.
    """
    document = Document({}, Path("--set"))
    for override in overrides:
        _override(document, override)
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
    base = values.pop("extends", None)
    _resolve_files(values, path.parent)
    if base is None:
        return Document(values, path, places)
    where = places.get(("extends",), str(path))
    if not isinstance(base, str):
        raise ScenarioError(f"{where}: extends: must be the path of a scenario, not {base!r}")
    if not (path.parent / base).is_file():
        raise ScenarioError(f"{where}: extends: {path.parent / base} cannot be read; check the path")
    document = _read(path.parent / base, (*trail, resolved))
    document.path = path
    _merge(document, values, places, ())
    return document


def _resolve_files(values: dict[str, Any], folder: Path) -> None:
    """Plugin and model files are relative to the scenario that names them, also where another one extends it.

    So is the folder of a data set, if it begins with ``./`` or ``../``; others are inside the data folder.
    """
    plugins = values.get("plugins")
    if isinstance(plugins, list):
        values["plugins"] = [str(folder / name) if isinstance(name, str) else name for name in plugins]
    for table in _with_stand_in(values.get("train")):
        model = table.get("model")
        if isinstance(model, str) and model and ":" not in model:
            table["model"] = str(folder / model)
    for table in _with_stand_in(values.get("data")):
        own = table.get("folder")
        if isinstance(own, str) and own.startswith(("./", "../")):
            table["folder"] = str((folder / own).resolve())


def _with_stand_in(table: Any) -> list[dict[str, Any]]:
    """Return a table and the one for the stand-in in it, as far as they are tables."""
    both = (table, table.get("stand_in")) if isinstance(table, dict) else ()
    return [found for found in both if isinstance(found, dict)]


def _merge(document: Document, new: dict[str, Any], places: dict[KeyPath, str], base: KeyPath) -> None:
    """Lay `new` over the document at `base`; a table that names another ``kind`` replaces the old one."""
    target: Any = document.values
    for key in base:
        target = target[key]
    if base == ("train",) and isinstance(changes := target.get("stand_in"), dict):
        # What is laid over has the last word, whichever data are in use.
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


def _override(document: Document, text: str) -> None:
    key, equals, value_text = text.partition("=")
    keys = key.strip().split(".")
    if not equals or not all(keys):
        raise ScenarioError(f"--set {text}: is not of the form key.path=value; write e.g. --set chip.voltage=0.8")
    try:
        value = tomllib.loads(f"value = {value_text}")["value"]
    except tomllib.TOMLDecodeError:
        value = value_text.strip()
    nested: Any = value
    for name in reversed(keys):
        nested = {name: nested}
    where = f"--set {text}"
    paths: list[KeyPath] = [tuple(keys[:end]) for end in range(1, len(keys) + 1)]
    # Tables that the override opens stand where it does; those that were there stay where they were.
    places = {path: where for path in paths if path not in document.places or path == paths[-1]}
    table: Any = document.values
    for position, name in enumerate(keys[:-1]):
        table = table.get(name) if isinstance(table, dict) else None
        if table is not None and not isinstance(table, dict):
            raise ScenarioError(f"{where}: {'.'.join(keys[: position + 1])} is not a table; check the key")
    _merge(document, nested, places, ())
