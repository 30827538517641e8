"""Analyses as text: names in words, each once."""

import pandas as pd
import pytest

from neurosyn.analysis.printing import print_analysis
from neurosyn.analysis.result import Analysis
from neurosyn.errors import DataError


def test_no_two_rows_or_columns_have_one_name(capsys):
    table = pd.DataFrame({"rate": [0.5], "rate_hz": [100.0], "energy_pj": [3.0]})
    analysis = Analysis("a", "", "t", {"next_ps": 1000, "next": "link", "power_mw": 2.0}, {"t": table}, draw=print)
    print_analysis(analysis)
    text = capsys.readouterr().out
    lines = [line.split("  ")[1] for line in text.splitlines()[1:4]]
    assert lines == ["next (time)", "next", "power"]
    assert "rate   rate (frequency)" in text
    assert "energy" in text


def test_many_runs_are_compared_by_what_differs(capsys):
    table = pd.DataFrame({"run": list("abcde"), "cores": [41] * 5, "power_mw": [1.5, 2.5, 3.5, 4.5, 5.5]})
    print_analysis(Analysis("compare", "", "5 runs", {"runs": 5}, {"runs": table}, draw=print))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith(" a ")] == [["a", "1.500", "mW"]]
    assert lines[-1] == "Equal in all: cores 41"


def test_an_unknown_table_is_refused_before_anything_is_printed(capsys):
    analysis = Analysis("a", "", "t", {"power_mw": 2.0}, {"parts": pd.DataFrame({"x": [1]})}, draw=print)
    with pytest.raises(DataError, match="no table 'prats'"):
        print_analysis(analysis, table="prats")
    assert capsys.readouterr().out == ""
