"""Commands and code on the pages exist and run; those that need minutes are marked slow."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

import neurosyn as package
from neurosyn.cli.app import app
from tests.cli.conftest import neurosyn
from tests.docs.page import DOCS, ROOT, blocks, commands, follow, pages

__all__ = ["neurosyn"]

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="docs/ is not here: the tests run outside a clone")

_SCREEN = 65
"""Lines of a README that can be taken in at a glance."""


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


def find(words: list[str]) -> tuple[Any, list[str]]:
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("page", pages(), ids=names)
def test_commands_and_options_that_are_printed_exist(page):
    for language, text in blocks(page):
        for words, _ in commands(text) if language == "sh" else ():
            command, rest = find(words)
            known = {option for parameter in command.params for option in parameter.opts} | {"-h", "--help"}
            assert not getattr(command, "commands", {}) or rest in (["--help"], ["--version"]), words
            assert {word for word in rest if re.match(r"--?[a-z]", word)} <= known, words


@pytest.mark.parametrize("page", pages(), ids=names)
def test_python_and_toml_that_are_printed_can_be_read(page):
    for number, (language, text) in enumerate(blocks(page)):
        if language == "python":
            compile(text, f"{page.name}, block {number}", "exec")
        elif language == "toml":
            tomllib.loads(text)


@pytest.mark.parametrize("page", pages(), ids=names)
def test_links_lead_to_files(page):
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        assert link.startswith(("http", "<")) or (page.parent / link).exists(), link


def test_the_readme_fits_a_screen():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= _SCREEN


def test_the_citation_is_of_this_version():
    assert f"\nversion: {package.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"{{{package.__version__}}}" in (DOCS / "citing.md").read_text(encoding="utf-8")


def test_guide_to_own_images(neurosyn, empty_data, tmp_path):
    left = follow(DOCS / "guides" / "own_images.md", neurosyn, tmp_path, script="shapes")
    assert (tmp_path / "runs" / "shapes" / "report.html").is_file()
    assert left["classifier"].get_params()["topology"] == "eedn_tiny"


def test_guide_to_gpus(neurosyn, tmp_path):
    follow(DOCS / "guides" / "gpu.md", neurosyn, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", ["README.md", "docs/benchmarks.md"])
def test_benchmarks_run_as_printed(page, neurosyn, empty_data):
    printed = [words for _, text in blocks(ROOT / page) for words, _ in commands(text) if words[0] == "bench"]
    assert ["bench", "chip", "--cores", "4096"] in [words[:4] for words in printed]
    for words in printed:
        outcome = neurosyn(*words)
        assert outcome.code == 0, f"{' '.join(words)}\n{outcome.out}\n{outcome.err}"
        if "--json" in words:
            needed = {"ms_per_tick", "spikes", "synaptic_events", "hops", "peak_rss_gb", "backend"}
            assert needed <= set(json.loads(outcome.out))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "page", ["tutorial", "guides/analysis", "guides/trace", "guides/calibration", "reference/trace"]
)
def test_pages_that_simulate_a_full_chip(page, neurosyn, empty_data, tmp_path):
    if page != "tutorial":
        pytest.importorskip("perfetto")
    if page == "reference/trace":
        pytest.importorskip("polars", reason="polars is not installed")
    follow(DOCS / f"{page}.md", neurosyn, tmp_path)
    assert list(tmp_path.glob("runs/*/report.html"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_guide_to_image_sets(neurosyn, empty_data, tmp_path):
    pytest.importorskip("fontpkg", reason="needs the extra fonts")
    follow(DOCS / "guides" / "image_sets.md", neurosyn, tmp_path)


@pytest.mark.slow
def test_guide_to_networks(neurosyn, empty_data, tmp_path, monkeypatch):
    """It takes the pictures that the guide to own images draws, and prints their numbers."""
    drawing = next(text for language, text in blocks(DOCS / "guides" / "own_images.md") if language == "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(drawing, "draw_shapes.py", "exec"), {"__name__": "__main__"})
    follow(DOCS / "guides" / "networks.md", neurosyn, tmp_path)
    summary = json.loads((tmp_path / "runs" / "rate" / "summary.json").read_text(encoding="utf-8"))
    printed = (
        f"{summary['accuracy']:.0%} of {summary['dataset']['frames']} frames right",
        f"{summary['cores']} cores, {summary['frames_per_second']:.0f} frames/s",
    )
    page = " ".join((DOCS / "guides" / "networks.md").read_text(encoding="utf-8").replace(" %", "%").split())
    assert [text for text in printed if text not in page] == []


def test_guide_to_own_networks(neurosyn, tmp_path):
    pytest.importorskip("nir")
    follow(DOCS / "guides" / "own_network.md", neurosyn, tmp_path)
    assert (tmp_path / "net.nir").is_file()


def test_guide_to_own_weights(neurosyn, tmp_path):
    left = follow(DOCS / "guides" / "own_weights.md", neurosyn, tmp_path)
    assert left["result"].mismatched == 0
    assert left["result"].accuracy > 0.7
    # An input has two axons, of weight 1 and −1, so a core of splitters comes before the layer.
    assert left["classifier"].pipeline_depth_ == left["result"].pipeline_depth == 2
