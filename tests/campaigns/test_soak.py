"""The campaign of long runs: memory is read, and growth is a finding."""

import os

import pytest

from campaigns.soak import judge, resident_mb


@pytest.mark.parametrize(
    ("code", "readings", "problem"),
    [
        (0, [200.0] * 100, ""),
        (0, [50.0, 180.0, *[200.0] * 80], ""),
        (0, [100.0 + reading for reading in range(100)], "from 150.0 MB in the middle to 199.0 MB at the end"),
        (0, [100.0, 401.0, 100.0], "401.0 MB, at most 400"),
        (5, [100.0], "exit code 5"),
    ],
)
def test_memory_and_exit_codes_are_judged(code, readings, problem):
    assert judge(code, readings) == problem


def test_memory_of_this_process_and_of_one_that_has_ended():
    assert 10 < resident_mb(os.getpid()) < 10_000
    assert resident_mb(2**22) == 0
