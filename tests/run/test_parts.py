"""Shards of a run, and the run that is merged from them: the bytes of a run in one piece."""

import json

import numpy as np
import pytest

from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.encoded_frames import EncodedFrames
from neurosyn.run.shard import Shard
from neurosyn.run.sharded_stages import ShardedStages
from neurosyn.scenario.changes import parse_assignments
from tests.run.test_stages import comparable, contents
from tests.runs import simulate_scenario

TIMED = ("simulate.timing=compiled", "simulate.timed_frames=all", "trace.max_rows=20000")


def stages_of(scenario, out, *overrides):
    return ShardedStages.open("simulate", scenario, changes=parse_assignments(overrides), out=out)


def shard(scenario, out, text, *overrides, part_frames=3):
    stages = stages_of(scenario, out, *overrides)
    with stages.progress(quiet=True) as progress:
        return stages.simulate_shard(progress, Shard.parse(text), part_frames=part_frames)


def merge(scenario, out, folders, *overrides):
    stages = stages_of(scenario, out, *overrides)
    with stages.progress(quiet=True) as progress:
        return stages.merge(progress, folders)


def results(folder):
    """Return the bytes of a run's files, without those that only a training leaves, and without parts."""
    left_out = ("checkpoints/", "learning_curve", "parts/", "jobs/")
    return {name: content for name, content in contents(folder).items() if not name.startswith(left_out)}


def test_shards_are_as_even_as_possible_and_cover_everything():
    assert [list(Shard(k, 3).of(7)) for k in (1, 2, 3)] == [[0, 1], [2, 3], [4, 5, 6]]
    assert [len(Shard(k, 5).of(2)) for k in range(1, 6)] == [0, 0, 1, 0, 1]
    assert str(Shard.parse("3/20")) == "3/20"
    for text in ("0/3", "4/3", "3", "a/b", "1/2/3", "-1/2"):
        with pytest.raises(ScenarioError, match="is not a number and a total"):
            Shard.parse(text)


def test_merged_shards_are_the_run(tiny, tmp_path):
    whole = simulate_scenario(tiny, tmp_path / "whole", *TIMED)
    reports = [shard(tiny, tmp_path / name, text, *TIMED) for name, text in (("a", "2/3"), ("b", "1/3"), ("a", "3/3"))]
    assert [report["of_parts"] for report in reports] == [7, 7, 7]
    merged = merge(tiny, tmp_path / "merged", [tmp_path / "a", tmp_path / "b"], *TIMED)
    assert merged["run"] == str(tmp_path / "merged")
    assert comparable(merged) == comparable(whole)
    assert results(tmp_path / "merged") == results(tmp_path / "whole")


def test_missing_shards_are_named(tiny, tmp_path):
    shard(tiny, tmp_path / "run", "1/3", *TIMED)
    with pytest.raises(DataError, match=r"5 of 7 parts of the run are missing \(3, 4, 5, 6, 7\).*--shard 3/7"):
        merge(tiny, tmp_path / "run", [tmp_path / "run"], *TIMED)
    with pytest.raises(DataError, match="holds no shards"):
        merge(tiny, tmp_path / "run", [tmp_path / "none"], *TIMED)


def test_a_shard_is_repeated_only_where_it_is_incomplete_or_changed(tiny, tmp_path):
    shard(tiny, tmp_path / "run", "1/2", *TIMED)
    parts = tmp_path / "run" / "parts"
    before = {path: path.stat().st_mtime_ns for path in parts.rglob("part.json")}
    assert len(before) == 3
    damaged = parts / "000001" / "counts.npz"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1])
    shard(tiny, tmp_path / "run", "1/2", *TIMED)
    changed = {path.parent.name for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert changed == {"000001"}
    assert damaged.read_bytes() == content
    assert sorted(path.name for path in parts.iterdir()) == ["000000", "000001", "000002"]


def test_frames_that_cannot_be_separated_are_refused(tiny, tmp_path):
    with pytest.raises(ScenarioError, match="with a given tick period"):
        shard(tiny, tmp_path / "run", "1/2", *TIMED, "simulate.tick=1000")


def test_a_worker_refuses_a_run_that_is_another_to_it(tiny, tmp_path):
    shard(tiny, tmp_path / "run", "1/7", *TIMED)
    key = json.loads((tmp_path / "run" / "parts" / "000000" / "part.json").read_text())["run"]
    stages = stages_of(tmp_path / "run" / "scenario.toml", tmp_path / "run")
    with stages.progress(quiet=True) as progress:
        assert stages.parts(progress, key, 3, 1).missing() == [1, 2, 3, 4, 5, 6]
        with pytest.raises(DataError, match=r"the simulation is another one to this process.*same versions"):
            stages.parts(progress, "0" * 64, 3, 1)
    (tmp_path / "run" / "program.npz").write_bytes(b"")
    stages = stages_of(tmp_path / "run" / "scenario.toml", tmp_path / "run")
    with stages.progress(quiet=True) as progress, pytest.raises(DataError, match="compile is another one"):
        stages.parts(progress, key, 3, 1)
    assert (tmp_path / "run" / "program.npz").read_bytes() == b""


def test_frames_are_encoded_when_they_are_needed(tiny, tmp_path):
    stages = stages_of(tiny, tmp_path / "run", *TIMED)
    with stages.progress(quiet=True) as progress:
        stages.place(progress)
        model = stages._model(progress)
    whole = stages.inputs.input_spikes(model)
    encoded = EncodedFrames(stages.inputs, model)
    assert encoded.shape == whole.shape
    for rows in (slice(0, 20), slice(3, 17), slice(15, 17), slice(19, 40), slice(5, 5), 0, 16, 19):
        np.testing.assert_array_equal(encoded[rows], whole[rows])
