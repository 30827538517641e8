"""Analyses as text: names in words, each once."""

import pandas as pd

from neurosyn.analysis.printing import print_analysis
from neurosyn.analysis.result import Analysis


def test_no_two_rows_or_columns_have_one_name(capsys):
    table = pd.DataFrame({"rate": [0.5], "rate_hz": [100.0], "energy_pj": [3.0]})
    analysis = Analysis("a", "", "t", {"next_ps": 1000, "next": "link", "power_mw": 2.0}, {"t": table}, draw=print)
    print_analysis(analysis)
    text = capsys.readouterr().out
    lines = [line.split("  ")[1] for line in text.splitlines()[1:4]]
    assert lines == ["next (time)", "next", "power"]
    assert "rate   rate (frequency)" in text
    assert "energy" in text
