"""The guide for own images, as printed: a newcomer's folder and a scenario of at most 30 lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "own_images.md"


@pytest.fixture
def guide(tmp_path, monkeypatch):
    """The guide's blocks by language; the working folder has the pictures and the scenario."""
    blocks: dict[str, list[str]] = {}
    for language, text in re.findall(r"```(\w+)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        blocks.setdefault(language, []).append(text)
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks["python"][0], "draw_shapes.py", "exec"), {})
    Path("shapes.toml").write_text(blocks["toml"][0], encoding="utf-8")
    return blocks


def test_a_network_learns_a_folder_of_pictures(guide, neurosyn):
    assert len(guide["toml"][0].splitlines()) <= 30
    for line in guide["sh"][0].splitlines():
        program, *arguments = line.split()
        assert program == "neurosyn"
        outcome = neurosyn(*arguments)
        assert outcome.code == 0, outcome.err
    summary = json.loads(Path("runs/shapes/summary.json").read_text(encoding="utf-8"))
    assert summary["dataset"] == {"name": "own images 'shapes'", "official": False, "frames": 36} | summary["dataset"]
    assert summary["accuracy"] > 0.7
    assert summary["mismatched_frames"] == 0
    assert Path("runs/shapes/report.html").stat().st_size > 10_000


def test_a_broken_picture_stops_the_run_with_its_name(guide, neurosyn):
    picture = Path("shapes/cross/07.jpg")
    picture.write_bytes(picture.read_bytes()[:300])
    outcome = neurosyn("simulate", "shapes.toml")
    assert outcome.code == 5
    assert "07.jpg: cannot be read as an image" in outcome.err


def test_the_same_network_from_python(guide, capsys):
    exec(compile(guide["python"][1], "from_python.py", "exec"), {})
    scores = [float(score) for score in capsys.readouterr().out.strip(" []\n").split()]
    assert len(scores) == 3
    assert sum(scores) / 3 > 0.6
