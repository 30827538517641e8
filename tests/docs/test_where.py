"""The table of where to change what: every file and name in it exists."""

import ast
import re

import pytest

from tests.docs.page import DOCS

PAGE = DOCS / "where.md"
_ROW = re.compile(r"^\| ([^|]+) \| \[`([\w/.]+)`\]\(\.\./([\w/.]+)\) \| (?:`([\w.]+)`|the module) \|$", re.MULTILINE)

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="docs/ is not here: the tests run outside a clone")


def rows():
    return _ROW.findall(PAGE.read_text(encoding="utf-8")) if DOCS.is_dir() else []


def names(body):
    """Return the names that statements define, those of classes with their members as well."""
    defined = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        if isinstance(node, ast.ClassDef):
            defined |= {f"{node.name}.{name}" for name in names(node.body)}
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        defined |= {target.id for target in targets if isinstance(target, ast.Name)}
    return defined


def test_every_row_is_understood():
    text = PAGE.read_text(encoding="utf-8")
    assert len(rows()) == text.count("?") - text.splitlines()[0].count("?")
    assert len(rows()) >= 25


@pytest.mark.parametrize(("question", "shown", "path", "name"), rows(), ids=lambda value: None)
def test_the_place_exists(question, shown, path, name):
    assert path in (shown, f"neurosyn/{shown}")
    file = DOCS.parent / path
    assert file.is_file(), f"{question} {path} has moved"
    assert not name or name in names(ast.parse(file.read_text(encoding="utf-8")).body), f"{question} {path}: {name}"
