"""Closed standard streams, encodings that lack characters, a full disk behind the log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "formats" / "data"
RUN = ("run", str(DATA / "two_cores.json"), "--spikes", str(DATA / "two_cores.sfti"), "--ticks", "20")


def shell(line, folder, **environment):
    """Run neurosyn by a shell: `line` has ``NEUROSYN`` for the command."""
    command = f"'{sys.executable}' -m neurosyn"
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("NEUROSYN", command)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        errors="replace",
    )


def test_the_package_is_a_command(tmp_path):
    ended = shell("NEUROSYN --version", tmp_path)
    assert ended.returncode == 0
    assert ended.stdout.startswith("neurosyn")


@pytest.mark.parametrize(("closed", "quiet"), [(">&-", "-q"), ("2>&-", ""), (">&- 2>&- <&-", "")])
def test_closed_streams_change_nothing(tmp_path, closed, quiet):
    arguments = " ".join(f"'{argument}'" for argument in RUN)
    ended = shell(f"NEUROSYN {arguments} --out out.csv {quiet} {closed}", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    assert "internal error" not in ended.stderr + ended.stdout
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert all(line.count(",") == lines[0].count(",") for line in lines), "nothing else was written into the file"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_characters_that_a_terminal_lacks_are_no_error(tmp_path, encoding):
    arguments = " ".join(f"'{argument}'" for argument in RUN)
    ended = shell(f"NEUROSYN {arguments} --timing compiled", tmp_path, PYTHONIOENCODING=encoding)
    assert ended.returncode == 0, ended.stderr
    plain = shell(f"NEUROSYN {arguments} --json -q", tmp_path, PYTHONIOENCODING=encoding)
    unicode = shell(f"NEUROSYN {arguments} --json -q", tmp_path, PYTHONIOENCODING="utf-8")
    first, second = (json.loads(ended.stdout) for ended in (plain, unicode))
    for document in (first, second):
        document["engine"].pop("wall_s")
    assert first == second, "JSON has every character whatever the encoding"


def test_a_window_backend_of_matplotlib_is_not_needed(finished_run, tmp_path):
    ended = shell(f"NEUROSYN report '{finished_run}' --out page.html", tmp_path, MPLBACKEND="junk")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_the_log_ends_nothing(tmp_path):
    arguments = " ".join(f"'{argument}'" for argument in RUN)
    ended = shell(f"NEUROSYN {arguments} --log-file /dev/full -q", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", [(*RUN, "--trace", "t\udcff"), ("scenario", "check", "s\udcff.toml")])
def test_arguments_that_are_not_utf8_are_refused_before_anything_is_written(arguments, tmp_path):
    command = [sys.executable, "-m", "neurosyn", *arguments]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert ended.returncode == 2
    assert "is not UTF-8 text" in ended.stderr
    assert not list(tmp_path.iterdir())
