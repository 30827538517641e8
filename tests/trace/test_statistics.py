"""Statistics of tables and columns, against pandas."""

import pytest

from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.statistics import column_statistics, table_statistics


def test_tables(record):
    trace = record()
    rows = {row["table"]: row for row in table_statistics(trace)}
    assert {name: row["rows"] for name, row in rows.items()} == trace.rows
    assert rows["spikes"]["bytes"] == (trace.folder / "spikes.parquet").stat().st_size


@pytest.mark.parametrize("name", ["packets", "ticks", "cores", "links", "energy", "spikes", "core_ticks"])
def test_columns_are_those_of_the_frame(record, name):
    trace = record(random_run(ticks=5, timed=3))
    frame = trace.frame(name)
    rows = column_statistics(trace, name)
    assert [row["column"] for row in rows] == frame.columns.tolist()
    for row in rows:
        values = frame[row["column"]]
        assert row["missing"] == values.isna().sum()
        if row["different"] is not None:
            assert row["different"] == values.nunique()
        elif row["column"] != "late":
            assert (row["least"], row["largest"]) == (values.min(), values.max())
            assert row["mean"] == pytest.approx(float(values.mean()))


def test_an_empty_table(record):
    rows = column_statistics(record(random_run(rate=0)), "spikes")
    assert [(row["least"], row["mean"], row["largest"]) for row in rows] == [(None, None, None)] * 4
