from pathlib import Path

import pytest

from docs.extensions.trace_tables import BEGIN, END, columns_markdown, renew_page
from neurosyn.trace.schema import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "trace.md"


def test_the_documented_columns_are_those_of_the_schemas(tmp_path):
    if not PAGE.is_file():
        pytest.skip("docs/ is not here: the tests run outside a clone")
    copy = tmp_path / "trace.md"
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    renew_page(copy)
    assert copy.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8"), (
        "renew it: python -m docs.extensions.trace_tables docs/reference/trace.md"
    )


def test_every_table_and_column_has_a_row():
    text = columns_markdown()
    for table in TABLES.values():
        section = text.partition(f"### `{table.name}`\n")[2].partition("###")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == [column.name for column in table.columns]


def test_what_stands_around_the_tables_is_kept(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before {BEGIN} old {END} after")
    renew_page(page)
    assert page.read_text().startswith("before ")
    assert page.read_text().endswith(" after")
    assert " old " not in page.read_text()
