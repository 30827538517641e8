"""The guide for plugin authors does what it prints: its files are written, its commands and tests are run."""

import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import neurosyn

__all__ = ["neurosyn"]

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "plugin.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    return _BLOCK.findall(GUIDE.read_text(encoding="utf-8"))


def test_every_block_is_a_file_or_commands():
    assert {language for language, _ in blocks()} == {"python", "toml", "sh"}
    for language, text in blocks():
        if language != "sh":
            assert re.match(rf"# \w+\.{'py' if language == 'python' else 'toml'}\n", text)


def test_the_layer_is_as_short_as_promised():
    text = next(text for language, text in blocks() if text.startswith("# cross.py"))
    assert len(text.splitlines()) < 40


def test_guide_does_what_it_prints(neurosyn, empty_data, tmp_path, monkeypatch):
    folder = tmp_path / "guide"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for language, text in blocks():
        if language == "sh":
            for line in text.splitlines():
                program, *arguments = shlex.split(line)
                assert program == "neurosyn"
                outcome = neurosyn(*arguments)
                assert outcome.code == 0, f"{line}\n{outcome.out}\n{outcome.err}"
        else:
            (folder / text.split()[1]).write_text(text, encoding="utf-8")

    from neurosyn.analysis.finished_run import FinishedRun

    first, second = (FinishedRun(folder / "runs" / name).summary for name in ("first", "second"))
    assert first["accuracy"] > 0.75, "rows and columns are distinguished"
    assert second["accuracy"] > 0.6, "better than chance, no more"
    assert first["mismatched_frames"] == second["mismatched_frames"] == 0
    busy, counter = second["probes"]
    assert busy["results"]["events"] > 0
    assert len(busy["results"]["busiest"].split(", ")) == 5
    assert counter["error"] is busy["error"] is None
    assert (folder / "runs" / "second" / "probes" / "busy" / "cores.parquet").is_file()
    assert (folder / "neurosyn-quiet" / "neurosyn_quiet.py").is_file()

    names = ("test_own", "busy", "cross")
    monkeypatch.syspath_prepend(str(folder))
    try:
        tests = importlib.import_module("test_own")
        for test in (name for name in vars(tests) if name.startswith("test_")):
            getattr(tests, test)()
    finally:
        for name in names:
            sys.modules.pop(name, None)


@pytest.mark.parametrize("group", ["layer", "topology", "trainer", "probe", "placer", "data set"])
def test_the_guide_has_a_chapter_of_each_kind(group):
    assert f"{group}" in GUIDE.read_text(encoding="utf-8").lower()
