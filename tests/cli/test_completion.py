"""Completion with the tab key."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def complete(tmp_path, tiny, finished_run, monkeypatch):
    """Complete the last word of a line in a folder with a scenario, a run and other things."""
    from neurosyn.cli.app import app

    (tmp_path / "scenarios").mkdir()
    text = tiny.read_text(encoding="utf-8") + "\n[profiles.smoke.simulate]\nframes = 1\n"
    (tmp_path / "scenarios" / "tiny.toml").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "first").symlink_to(finished_run)
    (tmp_path / "runs" / "other").mkdir()
    monkeypatch.chdir(tmp_path)

    def call(*words, capsys):
        monkeypatch.setenv("COMP_WORDS", " ".join(["neurosyn", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        monkeypatch.setenv("_NEUROSYN_COMPLETE", "complete_bash")
        with pytest.raises(SystemExit):
            app(prog_name="neurosyn", args=[])
        return capsys.readouterr().out.split()

    return call


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["simulate", "sc"], ["scenarios/tiny.toml"]),
        (["simulate", "py"], []),
        (["simulate", "scenarios/tiny.toml", "--profile", "s"], ["smoke"]),
        (["simulate", "scenarios/tiny.toml", "--set", "chip.v"], ["chip.voltage="]),
        (["simulate", "scenarios/tiny.toml", "--set", "pla"], ["place."]),
        (["analyse", "latency", "ru"], ["runs/first"]),
        (["trace", "head", "runs/first", "sp"], ["spikes"]),
        (["trace", "head", "runs/first", "spikes", "--layer", "in"], ["input"]),
        (["plugins", "show", "top"], ["topologies"]),
        (["plugins", "show", "placers", "row"], ["row_major"]),
        (["plugins", "check", "placers/row"], ["placers/row_major"]),
        (["data", "info", "synth_d"], ["synth_digits"]),
        (["models", "info", "svhn"], ["svhn_synth_digits"]),
        (["sweep", "scenarios/tiny.toml", "--over", "place.kind=row"], ["place.kind=row_major"]),
    ],
)
def test_offers(words, offered, complete, capsys):
    assert complete(*words, capsys=capsys) == offered


def test_pipes_are_not_waited_for(complete, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.toml")
    assert complete("simulate", "pi", capsys=capsys) == []
    assert complete("simulate", "pipe.toml", "--profile", "s", capsys=capsys) == []


def test_completion_of_files_imports_nothing_heavy(tmp_path):
    code = (
        "import atexit, sys\n"
        "heavy = ['numpy', 'numba', 'pandas', 'scipy', 'matplotlib', 'pyarrow', 'simpy']\n"
        "atexit.register(lambda: print([name for name in heavy if name in sys.modules], file=sys.stderr))\n"
        "from neurosyn.cli import main\nmain()\n"
    )
    words = {"COMP_WORDS": "neurosyn simulate x", "COMP_CWORD": "2", "_NEUROSYN_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        env=os.environ | words,
    )
    assert done.stderr == "[]\n"
