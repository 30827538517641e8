"""The guide for scikit-learn and the example of the class, as printed."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from neurosyn.api import classifier

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "scikit_learn.md"


def test_the_guide_runs_as_printed(capsys):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{GUIDE.name}, block {number}", "exec"), names)
    said = capsys.readouterr().out.splitlines()
    assert float(said[0].split()[0]) > 0.93
    real, trinary = (float(line.split()[1]) for line in said[2:4])
    assert real > trinary > real - 0.05
    assert said[4].startswith("ChipResult(accuracy 0.")
    assert said[5] == "equal: True"
    assert float(said[6].split()[0]) > 0.7
    assert names["search"].best_score_ > 0.85


def test_the_example_of_the_class():
    found = doctest.testmod(classifier)
    assert found.attempted > 4
    assert not found.failed
