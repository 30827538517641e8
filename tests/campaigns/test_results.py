"""Results in a file of JSON lines: a campaign goes on after those of earlier runs."""

import json

import pytest

from campaigns.results import Results


def test_results_are_read_again_with_commit_and_date(tmp_path):
    first = Results(tmp_path / "new" / "results.jsonl")
    first.add(kind="run", kills=3)
    first.add(kind="train", kills=2)
    again = Results(tmp_path / "new" / "results.jsonl")
    assert again.records == first.records
    assert [record["kills"] for record in again.of(kind="run")] == [3]
    assert {"commit", "date"} <= again.records[0].keys()


def test_a_last_line_cut_short_is_dropped_and_the_next_result_is_whole(tmp_path):
    path = tmp_path / "results.jsonl"
    Results(path).add(number=1)
    with path.open("a") as stream:
        stream.write('{"number": 2, "ki')
    results = Results(path)
    results.add(number=3)
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == [1, 3]


def test_a_damaged_line_before_the_last_is_an_error(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"number": 1\n{"number": 2}\n')
    with pytest.raises(ValueError, match="delimiter"):
        Results(path)
