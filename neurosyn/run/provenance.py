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

__all__ = ["code_digest", "provenance"]

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
            if path.suffix in (".py", ".cu", ".html", ".safetensors", ".npz") and path.is_file():
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
        "command": " ".join(Path(word).name if i == 0 else word for i, word in enumerate(sys.argv)),
    }
