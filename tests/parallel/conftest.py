"""Fixtures of the tests of jobs: runs to compare with, and commands in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def start(tiny: Path, tmp_path: Path):
    """Start a command in a process and a folder of its own: ``start("simulate", "tiny.toml", at="a")``."""
    running = []

    def start(*words: object, at: str = "here") -> subprocess.Popen[str]:
        folder = tmp_path / at
        folder.mkdir(exist_ok=True)
        (folder / "tiny.toml").write_text(tiny.read_text())
        process = subprocess.Popen(
            [sys.executable, "-m", "neurosyn", *map(str, words)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def call(start):
    """Run such a command to its end and return its output: ``call("runs", "list")``."""

    def call(*words: object, at: str = "here", code: int = 0) -> str:
        process = start(*words, at=at)
        output, _ = process.communicate(timeout=280)
        assert process.returncode == code, output
        return output

    return call
