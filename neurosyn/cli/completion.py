"""Completions for the shell: scenario files, run folders, names of plugins, layers, tables, models and keys.

Each function takes the beginning of a word and returns what it can become. They run at every press of the tab key:
nothing heavy is imported, and what cannot be read completes to nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

__all__ = [
    "complete_dataset",
    "complete_encoder",
    "complete_group",
    "complete_key",
    "complete_layer",
    "complete_model",
    "complete_plugin",
    "complete_profile",
    "complete_run",
    "complete_scenario",
    "complete_table",
    "complete_topology",
]

_SCENARIO = re.compile(rb"^\s*(\[data\]|\[network\]|extends\s*=)", re.MULTILINE)
_MOST_BYTES = 16 << 20
"""Largest file that is read for its names."""
_READ = 65_536
"""Bytes of a file that are looked at."""
_TABLES = ("spikes", "packets", "ticks", "core_ticks", "cores", "links", "energy")


def complete_scenario(incomplete: str) -> list[str]:
    """Complete scenario files, also those a folder below."""
    return _paths(incomplete, lambda path: path.suffix == ".toml" and path.is_file() and _is_scenario(path))


def complete_run(incomplete: str) -> list[str]:
    """Complete folders that hold a run or a trace, also those a folder below; with nothing given, those of ``runs``."""
    return _paths(incomplete or "runs/", _is_run) or _paths(incomplete, _is_run)


def complete_profile(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the profiles of the scenario that is named before."""
    return _beginning(incomplete, _scenario_tables(ctx).get("profiles", {}))


def complete_key(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete ``table.key=`` of what a scenario can set; after the ``=`` of a kind, the plugins there are."""
    from neurosyn.registry import registry
    from neurosyn.scenario.tables import TABLES

    name, dot, key = incomplete.partition(".")
    if not dot:
        return _beginning(incomplete, [f"{table}." for table in TABLES] + ["name=", "title=", "seed="])
    table = TABLES.get(name)
    if table is None:
        return []
    if key.startswith("kind=") and table.group is not None:
        return _beginning(incomplete, [f"{name}.kind={kind}" for kind in registry.names(table.group)])
    kind = _scenario_tables(ctx).get(name, {}).get("kind", table.kind)
    keys = ["kind"] if table.group is not None else []
    with contextlib.suppress(Exception):
        keys += table.options_class(kind).model_fields
    return _beginning(incomplete, [f"{name}.{key}=" for key in keys])


def complete_dataset(incomplete: str) -> list[str]:
    """Complete the kinds of data sets."""
    from neurosyn.registry import registry

    return _beginning(incomplete, registry.names("datasets"))


def complete_encoder(incomplete: str) -> list[str]:
    """Complete the kinds of encoders."""
    from neurosyn.registry import registry

    return _beginning(incomplete, registry.names("encoders"))


def complete_topology(incomplete: str) -> list[str]:
    """Complete the kinds of topologies."""
    from neurosyn.registry import registry

    return _beginning(incomplete, registry.names("topologies"))


def complete_group(incomplete: str) -> list[str]:
    """Complete groups of plugins."""
    from neurosyn.registry import GROUPS

    return _beginning(incomplete, GROUPS)


def complete_plugin(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete names of plugins: of the group that is named before, or all, also as GROUP/NAME."""
    from neurosyn.registry import registry

    group = ctx.params.get("group")
    if group:
        return _beginning(incomplete, [entry.name for entry in registry if entry.group == group])
    if "/" in incomplete:
        return _beginning(incomplete, [f"{entry.group}/{entry.name}" for entry in registry])
    return _beginning(incomplete, sorted({entry.name for entry in registry}))


def complete_model(incomplete: str) -> list[str]:
    """Complete the shipped models."""
    from neurosyn.model.shipped import shipped_models

    return _beginning(incomplete, shipped_models())


def complete_table(incomplete: str) -> list[str]:
    """Complete tables of a trace."""
    return _beginning(incomplete, _TABLES)


def complete_layer(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete names of layers of the run that is named before."""
    run = Path(ctx.params.get("run") or next((word for word in _words() if _is_run(Path(word))), "."))
    for path in (run / "trace" / "trace.json", run / "trace.json"):
        with contextlib.suppress(OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return _beginning(incomplete, json.loads(_text(path))["layers"])
    return []


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _paths(incomplete: str, wanted: Any) -> list[str]:
    """Return paths that begin so and are wanted; of a folder that is not, those in it, or else the folder to go on."""
    head, slash, start = incomplete.rpartition("/")
    paths = []
    for path in _visible(Path(head + slash or "."), start):
        text = f"{head}{slash}{path.name}"
        with contextlib.suppress(OSError):
            if wanted(path):
                paths.append(text)
            elif path.is_dir():
                inside = [f"{text}/{below.name}" for below in _visible(path, "") if wanted(below)]
                paths += inside or ([f"{text}/"] if incomplete and start else [])
    return paths


def _visible(folder: Path, start: str) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(
            path
            for path in folder.expanduser().iterdir()
            if path.name.startswith(start) and (start.startswith(".") or not path.name.startswith("."))
        )
    return []


def _is_scenario(path: Path) -> bool:
    # Opening a pipe would wait for its writer.
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _SCENARIO.search(file.read(_READ)) is not None


def _text(path: Path) -> str:
    """Return the text of a regular file of a bounded size.

    Raises
    ------
    OSError
        If it is none. `neurosyn.support.untrusted`, which has a message for each cause, would import NumPy.
    """
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise OSError(path)
    return path.read_text(encoding="utf-8")


def _is_run(path: Path) -> bool:
    return any((path / name).is_file() for name in ("summary.json", "trace.json", "trace/trace.json"))


def _words() -> list[str]:
    """Return the words of the line; Click drops them all while an option lacks its value."""
    return (os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")).split()


def _scenario_tables(ctx: typer.Context) -> dict[str, Any]:
    """Return the tables of the scenario file itself and of those it extends, as they stand."""
    tables: dict[str, Any] = {}
    path = ctx.params.get("scenario") or next((word for word in _words() if word.endswith(".toml")), None)
    for _ in range(8):
        if not path:
            break
        try:
            own = tomllib.loads(_text(Path(path)))
        except (OSError, ValueError, RecursionError):
            break
        tables = {name: table for name, table in own.items() if isinstance(table, dict)} | tables
        base = own.get("extends")
        path = Path(path).parent / base if isinstance(base, str) else None
    return tables
