"""A page of the documentation as a reader follows it: files are written, commands and Python are run, in order."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# (\w+\.\w+)\n")
_NOT_OURS = ("pip", "python", "python3", ".", "pytest")
"""Programs of the reader's own machine: installing, environments."""


class Block(NamedTuple):
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall(page.read_text(encoding="utf-8"))]


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def commands(text: str) -> Iterator[tuple[list[str], str | None]]:
    """Yield the words of each neurosyn command in a block, and the file that its output goes to."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in line.split(" && "):
            words = shlex.split(part, comments=True)
            if not words or Path(words[0]).name in _NOT_OURS or "=" in words[0]:
                continue
            if Path(words[0]).name == "neurosyn":
                target = words[words.index(">") + 1] if ">" in words else None
                yield words[1 : words.index(">") if target else None], target


def follow(page: Path, neurosyn: Callable[..., Any], folder: Path, script: str = "") -> dict[str, Any]:
    """Do what a page prints, in `folder`, and return the names that its Python leaves.

    Python blocks are one program. With `script`, the first of them is a script of that name.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.chdir(folder):
        (folder / "scenarios").symlink_to(ROOT / "scenarios")
        for number, (language, text) in enumerate(blocks(page)):
            named = _NAMED.match(text)
            if language == "toml" and (named or script):
                (folder / (named[1] if named else f"{script}.toml")).write_text(text, encoding="utf-8")
            elif language == "python":
                exec(compile(text, f"{page.name}, block {number}", "exec"), names)
            elif language == "sh":
                for words, target in commands(text):
                    outcome = neurosyn(*words)
                    assert outcome.code == 0, f"{' '.join(words)}\n{outcome.out}\n{outcome.err}"
                    if target is not None:
                        (folder / target).write_text(outcome.out, encoding="utf-8")
    return names
