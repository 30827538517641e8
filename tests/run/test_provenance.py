"""The command that is kept with a result."""

import pytest

from neurosyn.run.provenance import run_command


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["/usr/bin/neurosyn", "simulate", "a.toml", "--set", "seed=2"], "neurosyn simulate a.toml --set seed=2"),
        (["neurosyn", "simulate", "a.toml", "-w", "2", "--shard-frames=8", "-q"], "neurosyn simulate a.toml"),
        (["neurosyn", "simulate", "-j4", "--out", "-v", "a.toml"], "neurosyn simulate a.toml"),
        (["/x/__main__.py", "simulate", "a.toml", "--checkpoint-every", "1", "--force"], "neurosyn simulate a.toml"),
        (["neurosyn", "simulate", "a.toml", "--profile", "smoke"], "neurosyn simulate a.toml --profile smoke"),
    ],
)
def test_options_that_decide_no_outcome_are_left_out(monkeypatch, words, expected):
    monkeypatch.setattr("sys.argv", words)
    assert run_command() == expected
