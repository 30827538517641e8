"""The table of extras has all that pip knows."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_DEVELOPERS = {"test", "test-cuda", "benchmark", "docs", "notebooks", "dev"}


def test_every_extra_has_a_row():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "which_part.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page[page.index("## Extras") :].splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert listed == project["optional-dependencies"].keys() - OF_DEVELOPERS
