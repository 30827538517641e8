"""Provenance of a result: versions, code, machine."""

from __future__ import annotations

import functools
import hashlib
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from neurosyn.version import __version__

__all__ = ["code_digest", "provenance", "run_command"]

_REPORTED = ("numpy", "numba", "simpy", "scipy", "pyarrow", "pydantic")


@functools.cache
def code_digest() -> str:
    """Return a hash of the source files of neurosyn and its shipped plugins, so that stages of changed code repeat."""
    digest = hashlib.sha256()
    for package in ("neurosyn", "neurosyn_plugins"):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        root = Path(spec.origin).parent
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".cu", ".html", ".safetensors", ".npz", ".toml") and path.is_file():
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def provenance() -> dict[str, Any]:
    """Return versions and machine as plain JSON values."""
    packages = {}
    for name in _REPORTED:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {
        "neurosyn": __version__,
        "code": code_digest()[:16],
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages,
        "command": run_command(),
    }


_ELSEWHERE = (
    *("--out", "-o", "--jobs", "-j", "--workers", "-w", "--cluster", "--shard", "--shard-frames"),
    *("--checkpoint-every", "--log-file"),
)
"""Options with a value that decide where a command works, by how many and what it shows, not its outcome."""
_SILENT = ("--quiet", "-q", "--verbose", "-v", "--json", "--force", "--dashboard")


def run_command() -> str:
    """Return this process's command without options that do not decide its outcome: equal runs have equal commands."""
    words: list[str] = []
    skipped = False
    for number, word in enumerate(sys.argv):
        option = word.partition("=")[0] if word.startswith("--") else word[:2]
        if skipped or (number and (option in _ELSEWHERE or word in _SILENT)):
            skipped = not skipped and option in _ELSEWHERE and word == option
            continue
        words.append(word if number else Path(word).name)
    if words[0] == "__main__.py":
        words[0] = "neurosyn"
    return " ".join(words)
