"""Pages made from the code are current, and the Markdown of docstrings and tables is what it should be."""

import re

import pytest

from docs.extensions import flow
from docs.extensions.from_code import MAKERS, MARK, outdated, renewed
from docs.extensions.markdown import docstring, table
from docs.extensions.trace_tables import trace_tables
from neurosyn.trace.schema import TABLES
from tests.docs.page import DOCS, pages

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="docs/ is not here: the tests run outside a clone")


def test_every_maker_has_one_place_and_every_mark_a_maker():
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages())
    assert sorted(re.findall(r"^<!-- from code: (\w+) -->$", text, re.MULTILINE)) == sorted(MAKERS)
    assert len(MARK.findall(text)) == len(MAKERS)


def test_pages_are_current():
    assert [path.name for path, _ in outdated()] == [], "write them: python -m docs.extensions"


def test_text_around_a_mark_is_kept():
    page = "before\n<!-- from code: errors -->\nthe former text\n<!-- end of errors -->\nafter\n"
    assert re.fullmatch(r"before\n<!-- .*-->\n\n.*ScenarioError.*\n\n<!-- .*-->\nafter\n", renewed(page), re.DOTALL)
    assert "the former text" not in renewed(page)
    assert renewed(renewed(page)) == renewed(page)


def test_every_table_and_column_of_a_trace_has_a_row():
    text = trace_tables()
    for columns_of in TABLES.values():
        section = text.partition(f"### `{columns_of.name}`\n")[2].partition("###")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == [column.name for column in columns_of.columns]


def test_a_numpydoc_docstring_becomes_markdown():
    text = """Double a value of ``dtype``.

    Parameters
    ----------
    value : int
        The value,
        in volts.

    Raises
    ------
    DataError
        If it is negative.

    Examples
    --------
    >>> double(2)  # doctest: +SKIP
    4
    """
    assert docstring(text) == (
        "Double a value of `dtype`.\n\n**Parameters**\n\n- `value` (int): The value, in volts.\n\n"
        "**Raises**\n\n- DataError: If it is negative.\n\n**Examples**\n\n```pycon\n>>> double(2)\n4\n```"
    )


def test_tables_and_literal_blocks_of_docstrings_become_markdown():
    ruled = "====  =====\nname  value\n====  =====\n``a`` 1\n      more\n====  =====\n"
    assert docstring(f"Names.\n\n{ruled}") == "Names.\n\n| name | value |\n|---|---|\n| `a` | 1 more |"
    assert docstring("Use::\n\n    a\n      b\n\nDone.") == "Use:\n\n```text\na\n  b\n```\n\nDone."
    assert table(("a",), [("x|y\nz",)]) == "| a |\n|---|\n| x\\|y z |\n"


def test_the_picture_has_every_package_and_no_arrow_upwards():
    level = {name: number for number, names in enumerate(flow.layers()) for name in names}
    for name, targets in flow.imports().items():
        assert name == flow.SHIPPED or all(level[target] > level[name] for target in targets), name
    drawn = flow.draw()
    assert all(re.search(rf">(\d )?{name}<", drawn) for name in [*level, flow.SHIPPED])
