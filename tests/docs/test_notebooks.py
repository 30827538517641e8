"""The notebooks of docs/notebooks: their code runs, and what is stored is small and free of errors."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == ["design_space", "first_run", "my_network", "tick"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored(path):
    assert path.stat().st_size < 300_000
    counts = [cell["execution_count"] for cell in cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {output["output_type"] for cell in cells(path) for output in cell["outputs"]}
    assert kinds <= {"stream", "display_data", "execute_result"}
    text = path.read_text(encoding="utf-8")
    assert "image/png" in text
    assert '"stderr"' not in text


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_code_runs(path, tmp_path, empty_data, monkeypatch):
    shutil.copy(FOLDER / "shapes.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", os.fspath(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    names = {"__name__": path.stem}
    for cell in cells(path):
        exec(compile("".join(cell["source"]), f"{path.name}", "exec"), names)
    sys.modules.pop("shapes", None)
