"""Folders of data and cache from the environment."""

from pathlib import Path

import platformdirs

from neurosyn.data.folder import cache_folder, data_context, data_folder


def test_folders_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROSYN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NEUROSYN_CACHE", str(tmp_path / "cache"))
    assert data_folder() == tmp_path / "data"
    assert cache_folder() == tmp_path / "cache"
    assert not list(tmp_path.iterdir()), "asking for a folder must not make it"


def test_unset_or_empty_means_the_users_own_folders(monkeypatch):
    monkeypatch.delenv("NEUROSYN_DATA", raising=False)
    monkeypatch.setenv("NEUROSYN_CACHE", "")
    assert data_folder() == Path(platformdirs.user_data_dir("neurosyn"))
    assert cache_folder() == Path(platformdirs.user_cache_dir("neurosyn"))


def test_a_relative_folder_does_not_follow_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROSYN_DATA", "data")
    monkeypatch.chdir(tmp_path)
    folder = data_folder()
    assert folder.is_absolute()
    assert folder == tmp_path / "data"


def test_context_carries_seed_and_progress(empty_data):
    seen = []
    context = data_context(7, lambda *step: seen.append(step))
    context.progress(1, 2, "images")
    assert (context.folder, context.seed, seen) == (empty_data, 7, [(1, 2, "images")])
    data_context().progress(1, 2, "images")
