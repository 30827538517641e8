import io
import time

from neurosyn.progress import StageProgress


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
        "      simulate: 500 of 1,000 ticks, 10/s, about 50 s left",
        "      simulate: 1,000 of 1,000 ticks, 10/s, about 0 s left",
        "      simulate: 64 of 128 frames, 2.1/s, about 30 s left",
        "      simulate: 128 of 128 frames, 2.1/s, about 0 s left",
        "[1/1] simulate  done  (160.0 s)",
    ]
