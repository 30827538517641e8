"""The plan of runs on many workers, against hand-computed cases."""

import pytest

from benchmarks.scaling.plan import Costs, plan_run


def costs(**values):
    zero = {"compute_s": 0, "start_s": 0, "read_bytes": 0, "write_bytes": 0, "dispatch_s": 0, "join_s": 0, "files": 0}
    return Costs(**{**zero, "files_per_s": 100.0, "bandwidth": 1e6, **values})


def test_workers_limit_a_run_of_long_parts():
    plan = plan_run(costs(compute_s=10, start_s=5), parts=12, workers=4)
    assert plan.seconds == 5 + 3 * 10
    assert plan.worker_busy == pytest.approx(30 / 35)
    assert plan.saturated == "workers"


def test_a_scheduler_that_takes_longer_than_the_parts_limits_many_workers():
    plan = plan_run(costs(compute_s=1, dispatch_s=0.5), parts=1000, workers=1000)
    assert plan.seconds == 1000 * 0.5 + 1
    assert plan.saturated == "scheduler"


def test_the_file_system_serves_one_after_the_other():
    plan = plan_run(costs(compute_s=1, write_bytes=2e6, files=100), parts=4, workers=4)
    assert plan.seconds == 1 + 4 * 3
    assert plan.saturated == "file system"


def test_joining_follows_and_does_not_shrink_with_workers():
    plan = plan_run(costs(compute_s=1, join_s=2), parts=8, workers=8)
    assert plan.seconds == 1 + 16
    assert plan.saturated == "joining"
