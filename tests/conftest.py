"""Shared by all tests: small files, a data folder of their own, one BLAS thread."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture
def real_data() -> Path:
    """The folder with real data sets; the test is skipped where there is none."""
    folder = os.environ.get("NEUROSYN_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("NEUROSYN_DATA names no folder with real data")
    return Path(folder)


@pytest.fixture
def empty_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder in place of the user's."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("NEUROSYN_DATA", str(folder))
    monkeypatch.setenv("NEUROSYN_CACHE", str(tmp_path / "cache"))
    return folder
