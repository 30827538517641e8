"""Kills and crash points: what a disturbed command leaves is compared with what it leaves undisturbed."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns import crash_points, kills
from campaigns.commands import Command, commands, digests, measure, repeat


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """`neurosyn plugins list`, which writes nothing, measured."""
    command = Command(["plugins", "list"])
    measure("version", command, tmp_path_factory.mktemp("undisturbed"))
    return command


def test_every_command_is_one_of_neurosyns(specimens):
    assert {name: command.arguments[0] for name, command in commands(specimens).items()} == {
        name: name for name in ("simulate", "train", "run", "sweep")
    }


def test_undisturbed_commands_are_measured_and_a_chain_of_kills_ends_like_them(command, tmp_path):
    assert command.seconds > 0
    count, _, problem = kills.chain(command, tmp_path / "chain", random.Random(1))
    assert (0 <= count <= 4, problem) == (True, "")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (".partial-abcd1234-x", "", "left over: .partial-abcd1234-x"),
        ("out.csv", "torn", "differing: out.csv"),
        ("timings.json", "{}", ""),
    ],
)
def test_what_is_left_over_or_differs_is_named(command, tmp_path, name, content, expected):
    folder = tmp_path / "chain"
    folder.mkdir()
    (folder / name).write_text(content)
    assert repeat(command, folder) == expected
    assert ("timings.json" in digests(folder)) is False


def test_a_process_ends_at_its_operation_and_the_results_are_kept(tmp_path, monkeypatch, capsys):
    command = Command(["run", str(tmp_path / "absent.npz"), "--ticks", "1"])
    monkeypatch.setattr(crash_points, "commands", lambda _: {"run": command})
    monkeypatch.setattr(crash_points, "require_specimens", lambda folder: folder)
    monkeypatch.setattr(crash_points, "measure", lambda *_: None)
    points = iter(["", "differing: out.csv", None])
    monkeypatch.setattr(crash_points, "try_point", lambda *_: next(points))
    monkeypatch.setattr(sys, "argv", ["crash_points", "--out", str(tmp_path)])
    assert crash_points.main() == 1
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [line["problem"] for line in lines] == ["", "differing: out.csv", None]
    assert "2 points, the last 2     1 wrong" in capsys.readouterr().out


def test_the_process_ends_at_the_wanted_operation(tmp_path):
    script = (
        "import sys; from pathlib import Path; from campaigns.crash_points import end_at; folder = Path(sys.argv[2]);"
        "end_at(int(sys.argv[1]), folder)\n"
        "for name in 'ab': (folder / name).write_text(name)\n"
    )
    ended = []
    for number in (1, 2, 3):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", script, str(number), str(folder)]
        code = subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode
        ended.append((code, sorted(path.name for path in folder.iterdir())))
    assert ended == [(86, []), (86, ["a"]), (0, ["a", "b"])]
