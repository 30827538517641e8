"""Memory that a simulation is expected to take, and its refusal."""

import pytest

from neurosyn.errors import BackendError
from neurosyn.parallel.local import LocalExecutor
from neurosyn.run.memory import expected_memory, require_memory
from neurosyn.support import memory


def test_the_expectation_is_above_what_was_measured_and_within_the_limit_of_a_board_of_16_chips():
    # 4,042 cores took 0.84 GB and 64,646 cores 3.10 GB, with few frames.
    assert 0.84e9 < expected_memory(4_042) < 1e9
    assert 3.10e9 < expected_memory(64_646) < expected_memory(65_536) < 4e9


def test_what_does_not_fit_is_refused_with_both_numbers():
    require_memory(65_536, 4_000_000_000, "each of 2 processes")
    require_memory(65_536, None, "each of 2 processes")
    with pytest.raises(BackendError, match=r"65,536 cores need about 3\.5 GB in each of 2 .*there are 2\.0 GB"):
        require_memory(65_536, 2_000_000_000, "each of 2 processes")


def test_workers_share_what_is_free_and_a_container_has_its_quota(tmp_path, monkeypatch):
    free = memory.free_memory()
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    (tmp_path / "memory.max").write_text("3000000000\n")
    (tmp_path / "memory.current").write_text("1000000000\n")
    limited = memory.free_memory()
    assert limited <= 2_000_000_000
    assert free is None or limited <= free
    with LocalExecutor(4, tmp_path / "logs") as executor:
        assert executor.memory <= 500_000_000


def test_a_process_knows_the_most_that_it_has_had():
    before = memory.peak_memory()
    if before == 0:
        pytest.skip("the system does not tell the memory of a process")
    block = bytearray(2 * before)
    block[::4096] = bytes(len(range(0, len(block), 4096)))
    assert memory.peak_memory() > 2 * before
