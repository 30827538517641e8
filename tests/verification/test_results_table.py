"""The table of results, its document and the command."""

import json
from datetime import date

import numpy as np
import pytest

from verification import __main__ as command
from verification.outcome import CheckOutcome, Row
from verification.results_table import BEGIN, END, renew_document, table
from verification.style import drawing

WHEN = date(2026, 1, 31)


def outcome(passed):
    with drawing(1, 1) as figure:
        figure.subplots().plot([1, 2])
    return CheckOutcome("tea", [Row("tea", "a | b", "2 mW", "3 mW", "±10 %", passed)], {"tea": figure})


def test_numpys_false_is_a_failure_and_none_is_not():
    assert outcome(np.bool_(False)).failed
    assert not outcome(np.bool_(True)).failed
    assert not outcome(None).failed


@pytest.mark.parametrize(("passed", "word"), [(True, "pass"), (False, "FAIL"), (None, "skipped")])
def test_the_table_says_when_and_how_each_row_ended(passed, word):
    lines = table(outcome(passed).rows, WHEN).splitlines()
    assert lines[0].startswith("Taken on 2026-01-31 with neurosyn ")
    assert lines[-1] == rf"| tea | a \| b | 2 mW | 3 mW | ±10 % | {word} |"


def test_a_document_keeps_everything_but_its_table(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    renew_document({"tea": outcome(True)}, page, WHEN)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\nTaken on 2026-01-31")
    assert text.endswith(f"| pass |\n{END}\nafter\n")
    assert (tmp_path / "page" / "tea.png").read_bytes().startswith(b"\x89PNG")


def test_a_document_without_a_place_for_the_table_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="table: begin"):
        renew_document({"tea": outcome(True)}, page, WHEN)
    assert page.read_text(encoding="utf-8") == "nothing\n"


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (None, 0), (False, 1), (np.bool_(False), 1)])
def test_the_command_fails_if_a_check_fails(tmp_path, monkeypatch, capsys, passed, code):
    monkeypatch.setattr(command, "run_check", lambda name: outcome(passed))
    assert command.main(["--only", "power", "--out", str(tmp_path)]) == code
    assert "1 of 1 passed" in capsys.readouterr().out or passed is not True
    rows = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))["rows"]
    assert [row["passed"] for row in rows] == [None if passed is None else bool(passed)]
    assert (tmp_path / "tea.png").exists()


def test_the_command_runs_every_check_by_default(tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(command, "run_check", lambda name: ran.append(name) or CheckOutcome(name))
    assert command.main(["--out", str(tmp_path)]) == 0
    assert ran == ["power", "energy", "periods", "chance", "behaviours", "recorded", "mesh"]


def test_the_command_refuses_unknown_checks_and_renewing_the_page_in_part():
    for arguments in (["--only", "weather"], ["--only", "power", "--renew-docs"]):
        with pytest.raises(SystemExit, match="2"):
            command.main(arguments)
