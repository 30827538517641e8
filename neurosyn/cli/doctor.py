"""``neurosyn doctor``: backends, plugins, packages and folders of this machine, tested."""

from __future__ import annotations

import itertools
import os
import platform
import re
import sys
import traceback
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json
from neurosyn.errors import BackendError, PluginError
from neurosyn.support.processors import usable_processors

__all__ = ["doctor"]

_OPTIONAL = ("cupy-cuda12x", "cupy-cuda13x")
"""Packages of extras that change what runs."""
_MOST_FILES = 100_000
_EXTRAS = {
    "fonts": "images of the stand-in SynthDigits, as training data",
    "speech": "stand-ins for TIMIT and VAD, and sound files",
    "metis": "placer metis",
    "perfetto": "trace export perfetto",
    "bfloat16": "train.products = 'bfloat16'",
    "nir": "models in the format NIR",
    "cuda12": "backend and trainer on a GPU, CUDA 12",
    "cuda13": "backend and trainer on a GPU, CUDA 13",
}
"""Extras of the package for users, and what needs each."""


def doctor(
    json: Json = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="First remove the compiled code that Numba keeps; it is compiled again.")
    ] = False,
) -> None:
    """Show versions, backends, extras, plugins and folders, and test the backends.

    Every backend is tested against the reference, and a tiny program is run with each backend and timing. Ends with 6
    if one computes something else; what is only missing is shown with the reason, and extras with the command that
    installs them.
    """
    removed = _remove_compiled() if repair else None
    backends = _backends()
    runs = _runs([str(row["name"]) for row in backends if row["self_test"] == "passed"])
    document = {
        "neurosyn": version("neurosyn"),
        "python": {"version": platform.python_version(), "executable": sys.executable},
        "platform": platform.platform(),
        "processors": {"machine": os.cpu_count(), "usable": usable_processors()},
        "packages": _packages(),
        "extras": _extras(),
        "backends": backends,
        "auto": next((row["name"] for row in backends if row["available"]), None),
        "runs": runs,
        "numba_cache": _numba_cache() | ({} if removed is None else {"removed": removed}),
        "plugins": _plugins(),
        "folders": _folders(),
    }
    if json:
        print_json(document)
    else:
        _print(document)
    wrong = [row["reason"] for row in backends if row["self_test"] == "failed"]
    wrong += [
        f"backend {row['backend']}, timing {row['timing']}: {row['problem']}"
        for row in runs
        if row["problem"] is not None
    ]
    if wrong:
        raise BackendError("\n".join(wrong))


def _packages() -> dict[str, str]:
    """Return the versions of the packages that neurosyn needs, and of the optional ones installed."""
    needed = [text for text in requires("neurosyn") or [] if "extra ==" not in text]
    names = [match[0] for text in needed if (match := re.match(r"[\w.-]+", text))]
    versions = {name: _version(name) or "not installed" for name in sorted(names)}
    optional = {name: _version(name) for name in _OPTIONAL}
    return versions | {name: release for name, release in optional.items() if release is not None}


def _extras() -> list[dict[str, Any]]:
    """Return what each extra is for, the packages of it that are absent, and the command that installs it."""
    needed: dict[str, list[str]] = {}
    for text in requires("neurosyn") or []:
        package, marker = re.match(r"[\w.-]+", text), re.search(r"extra == ['\"]([\w-]+)['\"]", text)
        if package is not None and marker is not None and marker[1] in _EXTRAS:
            needed.setdefault(marker[1], []).append(package[0])
    rows = []
    for extra, packages in needed.items():
        absent = [package for package in packages if _version(package) is None]
        row = {"name": extra, "purpose": _EXTRAS[extra], "packages": len(packages), "absent": absent}
        rows.append(row | {"command": f"pip install 'neurosyn[{extra}]'"})
    return rows


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _backends() -> list[dict[str, Any]]:
    """Test every backend, in the order of ``auto``."""
    from neurosyn.backend.base import BACKENDS, get_backend
    from neurosyn.selftest.backends import check_backend

    rows = []
    for name in BACKENDS:
        row: dict[str, Any] = {"name": name, "available": False, "about": "", "reason": None, "self_test": None}
        rows.append(row)
        try:
            backend = get_backend(name)
        except BackendError as error:
            row["reason"] = str(error)
            continue
        row |= {"available": True, "about": backend.about, "self_test": "passed"}
        try:
            check_backend(backend)
        except Exception as error:
            known = isinstance(error, BackendError)
            row["self_test"] = "failed"
            row["reason"] = str(error) if known else f"backend {name}: {type(error).__name__} in the self-test: {error}"
    return rows


def _runs(backends: list[str]) -> list[dict[str, Any]]:
    """Run a tiny program with every backend that works here, and every timing."""
    from neurosyn.selftest.simulations import run_self_tests

    return [
        {"backend": run.backend, "timing": run.timing, "problem": run.problem, "wall_s": round(run.wall_s, 3)}
        for run in run_self_tests(backends)
    ]


def _numba_cache() -> dict[str, Any]:
    """Return the folder of compiled code; without one, every process compiles again."""
    try:
        from neurosyn.backend.numba_kernels import step_tiles
    except Exception as error:
        return {"path": None, "writable": False, "reason": f"{type(error).__name__}: {error}"}
    path = step_tiles.stats.cache_path
    if path is None:
        return {"path": None, "writable": False, "reason": "no folder can be written; set NUMBA_CACHE_DIR"}
    return _folder(Path(path))


def _remove_compiled() -> int:
    from neurosyn.backend.numba_kernels import step_tiles
    from neurosyn.support.numba_cache import remove_compiled

    path = step_tiles.stats.cache_path
    return 0 if path is None else remove_compiled(Path(path))


def _plugins() -> dict[str, Any]:
    from neurosyn.registry import registry

    count, broken = 0, []
    for plugin in registry:
        count += 1
        try:
            plugin.load()
        except PluginError as error:
            cause = error.__cause__ or error
            broken.append(
                {
                    "group": plugin.group,
                    "name": plugin.name,
                    "from": plugin.origin,
                    "error": str(error),
                    "traceback": "".join(traceback.format_exception(cause)),
                }
            )
    return {"found": count, "broken": broken}


def _folders() -> dict[str, Any]:
    from neurosyn.data.folder import cache_folder, data_folder

    return {"data": _folder(data_folder()), "cache": _folder(cache_folder())}


def _folder(path: Path) -> dict[str, Any]:
    """Return whether a folder exists, its size, and whether it (or its parent, if it is missing) is writable.

    The size is that of the first `_MOST_FILES` files: a data folder may be a file server.
    """
    sizes = [_size(file) for file in itertools.islice(_files(path), _MOST_FILES)]
    nearest = next(folder for folder in (path, *path.parents) if folder.exists())
    return {
        "path": str(path),
        "exists": path.exists(),
        "files": len(sizes),
        "bytes": sum(sizes),
        "writable": nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
    }


def _files(path: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(path):
        yield from (Path(folder) / name for name in names)


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _presence(row: dict[str, Any]) -> str:
    here = row["packages"] - len(row["absent"])
    return "yes" if not row["absent"] else "no" if not here else f"{here} of {row['packages']} packages"


def _megabytes(row: dict[str, Any]) -> float | None:
    return round(row["bytes"] / 1e6, 1) if "bytes" in row else None


def _print(document: dict[str, Any]) -> None:
    processors = document["processors"]
    typer.echo(
        f"neurosyn {document['neurosyn']} · Python {document['python']['version']} · {document['platform']} · "
        f"{processors['usable']} of {processors['machine']} processors"
    )
    typer.echo(" · ".join(f"{name} {release}" for name, release in document["packages"].items()) + "\n")
    rows = []
    for row in document["backends"]:
        notes = filter(None, (row["about"], row["reason"] and row["reason"].removeprefix(f"backend {row['name']}: ")))
        rows.append((row["name"], row["self_test"] or "not available", "; ".join(notes)))
    print_table(("backend", "self-test", "what it is, or what is wrong"), rows)
    typer.echo(f"auto is {document['auto']}\n")
    print_table(
        ("tiny program on", "timing", "outcome", "seconds"),
        [(row["backend"], row["timing"], row["problem"] or "right", row["wall_s"]) for row in document["runs"]],
    )
    print_table(
        ("extra", "for", "here", "install with"),
        [
            (row["name"], row["purpose"], _presence(row), row["command"] if row["absent"] else "")
            for row in document["extras"]
        ],
    )
    if "removed" in document["numba_cache"]:
        typer.echo(f"{document['numba_cache']['removed']} files of compiled code removed\n")
    folders = document["folders"] | {"compiled code (Numba)": document["numba_cache"]}
    print_table(
        ("folder", "path", "exists", "writable", "files", "MB"),
        [
            (name, row["path"] or row["reason"], row.get("exists"), row["writable"], row.get("files"), _megabytes(row))
            for name, row in folders.items()
        ],
    )
    broken = document["plugins"]["broken"]
    typer.echo(f"{document['plugins']['found']} plugins, {len(broken) or 'none'} broken")
    for row in broken:
        typer.echo(f"\n{row['group']}/{row['name']} of {row['from']}:\n{row['traceback']}".rstrip())
