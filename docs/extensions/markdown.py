"""Docstrings and tables as Markdown that both Sphinx and the repository's web view show."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["docstring", "summary", "table"]

_SECTION = re.compile(r"^([A-Z]\w*(?: \w+)*)\n-{3,}\n", re.MULTILINE)
_LITERAL = re.compile(r"::\n\n((?:(?:[ ]{4}.*)?\n)+)")
_RULE = re.compile(r"^=+(?: +=+)+$")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars and line ends inside cells are made harmless."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def summary(text: str | None) -> str:
    """Return a docstring without its numpydoc sections, as Markdown."""
    return _prose(_SECTION.split(inspect.cleandoc(text or ""))[0])


def docstring(text: str | None) -> str:
    """Return a numpydoc docstring as Markdown: sections become bold titles, their entries lists."""
    about, *sections = _SECTION.split(inspect.cleandoc(text or ""))
    parts = [_prose(about)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        parts.append(f"**{title}**")
        if title == "Examples":
            parts.append(f"```pycon\n{re.sub(r' +# doctest:.*', '', body.strip())}\n```")
        elif title in ("Notes", "See Also"):
            parts.append(_prose(body))
        else:
            parts.append("\n".join(_entries(body, named=title not in ("Returns", "Yields", "Raises"))))
    return "\n\n".join(part for part in parts if part)


def _entries(body: str, *, named: bool) -> Iterator[str]:
    """Yield a list item for each entry of a section: an unindented line and the indented text below it."""
    for entry in re.split(r"\n(?=\S)", body.strip()):
        head, _, text = entry.partition("\n")
        name, _, kind = head.partition(" : ")
        label = f"`{name}`" + (f" ({_prose(kind)})" if kind else "") if named else _prose(head)
        described = " ".join(_prose(inspect.cleandoc(text)).split())
        yield f"- {label}: {described}" if described else f"- {label}"


def _prose(text: str) -> str:
    text = _LITERAL.sub(_fence, text + "\n")
    text = re.sub(r"``(.+?)``", r"`\1`", _tables(text))
    return text.strip()


def _fence(match: re.Match[str]) -> str:
    before = "" if match.start() == 0 or match.string[match.start() - 1] == "\n" else ":\n\n"
    return f"{before}```text\n{textwrap.dedent(match[1]).strip()}\n```\n\n"


def _tables(text: str) -> str:
    """Return the text with reST's simple tables, ruled by equals signs, as Markdown tables."""
    lines, written = text.split("\n"), []
    while lines:
        line = lines.pop(0)
        if not _RULE.match(line):
            written.append(line)
            continue
        starts = [match.start() for match in re.finditer(r"=+", line)]
        spans = list(zip(starts, [*starts[1:], None], strict=True))
        end = next(i for i, ruled in enumerate(lines) if _RULE.match(ruled) and not (lines[i + 1 :] or [""])[0].strip())
        rows: list[list[str]] = []
        for row in lines[:end]:
            cells = [row[begin:stop].strip() for begin, stop in spans]
            if cells[0]:
                rows.append(cells)
            elif cells:
                rows[-1] = [f"{above} {below}".strip() for above, below in zip(rows[-1], cells, strict=True)]
        headed = len(rows) > 1 and _RULE.match(lines[1])
        rows = [row for row in rows if set("".join(row)) != {"="}]
        lines = lines[end + 1 :]
        written.append(table(rows[0] if headed else [""] * len(spans), rows[1:] if headed else rows).rstrip())
    return "\n".join(written)
