"""Time left of a stage."""

import io
import time

from neurosyn.support.progress import StageProgress


def test_the_time_left_is_that_of_the_part_of_a_stage_that_is_under_way(monkeypatch):
    clock = iter([0.0, 50.0, 100.0, 130.0, 160.0, 160.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    with StageProgress(1, stream=stream) as progress, progress.stage("simulate") as said:
        progress.update(500, 1000, "ticks")
        progress.update(1000, 1000, "ticks")
        progress.update(64, 128, "frames")
        progress.update(128, 128, "frames")
        said.append("done")
    assert stream.getvalue().splitlines() == [
        "      simulate: 500 of 1,000 ticks",
        "      simulate: 1,000 of 1,000 ticks, 10/s, about 0 s left",
        "      simulate: 64 of 128 frames",
        "      simulate: 128 of 128 frames, 2.1/s, about 0 s left",
        "[1/1] simulate  done  (160.0 s)",
    ]


def test_what_comes_before_the_first_report_says_nothing_of_the_speed(monkeypatch):
    clock = iter([0.0, 100.0, 110.0, 120.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    with StageProgress(1, stream=stream) as progress, progress.stage("simulate"):
        progress.update(1, 1001, "ticks")
        progress.update(501, 1001, "ticks")
    assert stream.getvalue().splitlines()[:2] == [
        "      simulate: 1 of 1,001 ticks",
        "      simulate: 501 of 1,001 ticks, 50/s, about 10 s left",
    ]


def test_the_first_line_of_a_stage_comes_early_and_the_next_ones_seldom(monkeypatch):
    clock = iter([0.0, 1.0, 2.5, 4.0, 12.5, 20.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    with StageProgress(1, stream=stream) as progress, progress.stage("simulate"):
        for done in (1, 4, 7, 24):
            progress.update(done, 30, "ticks")
    assert stream.getvalue().splitlines()[:2] == [
        "      simulate: 4 of 30 ticks, 2/s, about 13 s left",
        "      simulate: 24 of 30 ticks, 2/s, about 3 s left",
    ]
