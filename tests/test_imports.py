"""Imports by name: only where a plugin or a backend is chosen at run time, so that the layering sees all others."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
BY_NAME = {"neurosyn/registry.py", "neurosyn/backend/base.py"}
HARMLESS = ("importlib.metadata", "importlib.resources", "importlib.util.find_spec")
"""What reads about packages and imports none."""


def imported_names(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Name) and node.id == "__import__":
            yield node.id


def test_importlib_is_for_registry_and_backends():
    importing = set()
    for package in (ROOT / "neurosyn", ROOT / "plugins" / "neurosyn_plugins"):
        for path in package.rglob("*.py"):
            names = (name for name in imported_names(path) if name.split(".")[0] in ("importlib", "__import__"))
            if any(not name.startswith(HARMLESS) for name in names):
                importing.add(str(path.relative_to(ROOT)))
    assert importing == BY_NAME
