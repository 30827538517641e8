"""The guide to circuits by hand, as printed."""

from tests.docs.page import DOCS, follow


def test_the_guide_runs_as_printed(capsys, tmp_path):
    names = follow(DOCS / "guides" / "circuits.md", None, tmp_path)
    printed = capsys.readouterr().out
    assert printed.startswith("Program: 2 cores of 256 axons and 256 neurons, ")
    assert names["simulator"].tick == 60
    assert len(names["wrong"].mistakes) == 3
    assert printed.splitlines()[-1] == "[23, 43]"
