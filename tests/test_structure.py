"""Structure of the source: no import cycles, plugins through the door, no imports hidden in strings.

The order of the packages is a contract of import-linter (pyproject.toml); these are the rules that it cannot express.
"""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]

DYNAMIC = {"neurosyn/backend/base.py", "neurosyn/registry.py"}
"""Modules that may import by name: plugins and backends, each chosen by its name."""


def _sources(*folders: str) -> list[tuple[str, ast.Module]]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def _stub_imports(package: str, stub: Path) -> set[str]:
    """Modules that a lazy door imports on first use."""
    lines = [node for node in ast.parse(stub.read_text()).body if isinstance(node, ast.ImportFrom)]
    assert all(line.level == 1 for line in lines)
    return {f"{package}.{line.module}" for line in lines}


def test_no_import_cycle_of_any_length():
    """Imports of every kind count: of modules, of functions, of type checkers, of the stubs of lazy doors."""
    graph = grimp.build_graph("neurosyn", "neurosyn_plugins", cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    for stub in (ROOT / "neurosyn").rglob("__init__.pyi"):
        package = ".".join(stub.parent.relative_to(ROOT).parts)
        imports[package] |= _stub_imports(package, stub)
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' <- '.join(error.args[1])}")


def test_example_plugins_import_the_doors_alone():
    doors = re.compile(r"neurosyn\.(plugins|testing)(\.|$)|neurosyn_\w+|(?!neurosyn)")
    for path, tree in _sources("plugins/examples"):
        for node in ast.walk(tree):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert all(doors.match(module) for module in modules), (path, modules)


def test_no_string_hides_an_import():
    for path, tree in _sources("neurosyn", "plugins/neurosyn_plugins"):
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        hidden = names & {"import_module", "__import__", "spec_from_file_location"}
        assert not hidden or path in DYNAMIC, (path, hidden)
