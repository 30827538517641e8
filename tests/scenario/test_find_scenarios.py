"""Scenarios at hand, as a command without one lists them."""

from pathlib import Path

from neurosyn.scenario.document import find_scenarios


def test_scenarios_here_and_below_without_other_files(tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "mine.toml").write_text('title = "Mine"\n[data]\nkind = "svhn"\n', encoding="utf-8")
    (tmp_path / "scenarios" / "b.toml").write_text('extends = "../mine.toml"\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n[data]\n", encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[data\n", encoding="utf-8")
    (tmp_path / "folder.toml").mkdir()
    assert find_scenarios(tmp_path) == [(tmp_path / "mine.toml", "Mine"), (tmp_path / "scenarios/b.toml", "")]


def test_all_shipped_scenarios_have_titles():
    scenarios = find_scenarios(Path(__file__).parents[2])
    assert len(scenarios) >= 8
    assert all(title for _, title in scenarios)
