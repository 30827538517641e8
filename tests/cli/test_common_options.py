"""Rules for every command: common options, logs, colours, the help."""

import json
import os
import subprocess
import sys

import pytest
import typer

from neurosyn.cli.app import app


def leaves(command, path=()):
    below = getattr(command, "commands", None)
    if below is None:
        return {path: command}
    return {name: leaf for key, other in below.items() for name, leaf in leaves(other, (*path, key)).items()}


COMMANDS = leaves(typer.main.get_command(app))
ALIKE = {
    "--json": (),
    "--quiet": ("-q",),
    "--verbose": ("-v",),
    "--log-file": (),
    "--set": ("-s",),
    "--out": ("-o",),
    "--profile": ("-p",),
    "--jobs": ("-j",),
}
"""Long options that must have the same short one wherever they are."""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_the_common_options_and_says_what_each_is_for(path):
    command = COMMANDS[path]
    options = {name: option for option in command.params for name in option.opts}
    assert {"--json", "--quiet", "--verbose", "--log-file"} <= set(options)
    for name, option in options.items():
        assert getattr(option, "help", "x"), f"{name} has no help"
        if name in ALIKE:
            assert {short for short in option.opts if not short.startswith("--")} == set(ALIKE[name])
    short = [name for option in command.params for name in option.opts if name.startswith("-")]
    assert len(short) == len(set(short))
    assert command.help
    assert command.help.strip().split("\n\n")[0].endswith(".")


def test_log_file_has_the_command_each_step_and_the_end(neurosyn, tiny, tiny_run, tmp_path):
    log = tmp_path / "log.txt"
    quiet = neurosyn("compile", tiny, "--out", tiny_run, "--json", "--quiet", "--log-file", log)
    assert (quiet.code, quiet.err) == (0, "")
    text = log.read_text(encoding="utf-8")
    for said in ("neurosyn 0", f"neurosyn compile {tiny}", "[1/3] data", "train: up to date in", "ended with code 0"):
        assert said in text
    assert neurosyn("report", tmp_path, "--log-file", log).code == 5
    more = log.read_text(encoding="utf-8").removeprefix(text)
    assert "holds no finished run" in more
    assert "Traceback" in more
    assert "ended with code 5" in more


def test_log_file_that_cannot_be_written_is_one_line(neurosyn, tiny, tmp_path):
    outcome = neurosyn("scenario", "check", tiny, "--log-file", tmp_path / "none" / "log.txt")
    assert (outcome.code, outcome.out) == (5, "")
    assert outcome.err == f"neurosyn: {tmp_path / 'none' / 'log.txt'}: No such file or directory; check the path\n"


def test_verbose_says_why_a_stage_is_repeated_and_changes_no_result(neurosyn, tiny, tiny_run):
    plain = neurosyn("compile", tiny, "--out", tiny_run, "--json")
    wordy = neurosyn("compile", tiny, "--out", tiny_run, "--json", "--verbose")
    assert wordy.out == plain.out
    assert f"neurosyn: train: up to date in {tiny_run}" in wordy.err
    assert "up to date in" not in plain.err
    assert "up to date in" not in neurosyn("compile", tiny, "--out", tiny_run, "--json").err


@pytest.mark.parametrize("words", [["--help"], ["simulate", "--help"], ["plugins", "list"], ["simulat"]])
def test_no_colours_where_there_is_no_terminal_nor_with_no_color(words):
    code = "from neurosyn.cli import main; main()"
    environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "GITHUB_ACTIONS")}
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment | {"TERM": "xterm-256color"},
    )
    assert done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_no_color_keeps_bars_free_of_colours(monkeypatch):
    import io

    from neurosyn.support.progress import StageProgress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    said = {}
    for name in ("", "1"):
        monkeypatch.setenv("NO_COLOR", name)
        stream = Terminal()
        with StageProgress(1, stream=stream) as progress, progress.stage("load"):
            progress.update(3, 10, "frames")
        said[name] = stream.getvalue()
    assert "\x1b[3" in said[""]
    assert not {f"\x1b[{number}" for number in (31, 32, 33, 34, 35, 36, 37, 38)} & {
        said["1"][i : i + 4] for i in range(len(said["1"]))
    }


def test_version(neurosyn):
    outcome = neurosyn("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("neurosyn 0.")


def test_a_scenario_is_begun_checked_and_simulated(neurosyn, empty_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = neurosyn(
        "scenario", "new", "mine.toml", "--network", "eedn_one_chip", "--set", "chip.voltage=0.8", "--json"
    )
    assert (outcome.code, json.loads(outcome.out)) == (0, {"scenario": "mine.toml", "notes": []})
    assert neurosyn("scenario", "check", "mine.toml", "--profile", "smoke").code == 0
    shown = json.loads(neurosyn("scenario", "show", "mine.toml", "--json").out)
    assert (shown["name"], shown["chip"]["voltage"]) == ("mine", 0.8)
    again = neurosyn("scenario", "new", "mine.toml")
    assert again.code == 2
    assert "exists already" in again.err


def test_a_new_scenario_says_what_is_missing_to_run_it(neurosyn, empty_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("neurosyn_plugins.datasets.drawing.digits.fonts.missing_fonts", lambda side: ["Arvo"])
    outcome = neurosyn("scenario", "new", "mine.toml", "--data", "svhn", "--network", "eedn_tiny")
    assert outcome.code == 0
    assert "pip install 'neurosyn[fonts]'" in outcome.err
    # The default needs no extra.
    outcome = neurosyn("scenario", "new", "other.toml")
    assert (outcome.code, "note" in outcome.err) == (0, False)


def test_a_scenario_for_own_pictures_goes_the_whole_way(neurosyn, tmp_path, monkeypatch):
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for label, name in enumerate(("dark", "light")):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(100 * label, 100 * label + 100, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:02}.png")
    monkeypatch.chdir(tmp_path)
    new = ("scenario", "new", "own.toml", "--pictures", "pictures", "--set", "data.size=16", "--set", "train.batch=8")
    assert neurosyn(*new).code == 0
    # Forty pictures are one step of the optimiser an epoch.
    assert json.loads(neurosyn("scenario", "show", "own.toml", "--json").out)["train"]["epochs"] == 300
    outcome = neurosyn("simulate", "own.toml", "--profile", "smoke", "--set", "simulate.timing=none", "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["mismatched_frames"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.txt",), "a scenario is a .toml file"),
        (("no/folder/s.toml",), "there is no folder no/folder; make it first"),
        (("s.toml", "--network", "eedn_tny"), "did you mean 'eedn_tiny'"),
        (("s.toml", "--data", "svnh"), "did you mean 'svhn'"),
        (("s.toml", "--pictures", "none"), "none: is no folder"),
        (("s.toml", "--set", "chip.voltag=1"), "did you mean 'voltage'"),
    ],
)
def test_what_is_no_scenario_is_not_written(words, said, neurosyn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = neurosyn("scenario", "new", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert list(tmp_path.iterdir()) == []
