import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.crossbar import unpack_bits
from neurosyn.chip.scheduler import SLOTS, deliver, pop_row


def test_a_spike_comes_out_at_its_tick_only_and_once():
    ring = np.zeros((SLOTS, 2, 2), np.uint64)
    assert deliver(ring, 5, np.array([1], np.int32), np.array([70], np.int32), 100) == 0
    assert not pop_row(ring, 4).any()
    row = pop_row(ring, 5)
    assert row[1, 1] == 1 << 6
    assert np.count_nonzero(row) == 1
    assert not pop_row(ring, 5).any()


def test_a_late_spike_comes_out_sixteen_ticks_later():
    ring = np.zeros((SLOTS, 1, 1), np.uint64)
    pop_row(ring, 3)
    deliver(ring, 3, np.array([0], np.int32), np.array([0], np.int32), 1)
    seen = [bool(pop_row(ring, tick).any()) for tick in range(4, 20)]
    assert seen == [False] * 15 + [True]


def test_merging_spikes_are_counted():
    ring = np.zeros((SLOTS, 1, 1), np.uint64)
    one = np.zeros(1, np.int32)
    assert deliver(ring, 1, np.zeros(3, np.int32), np.zeros(3, np.int32), 8) == 2
    assert deliver(ring, 1, one, one, 8) == 1
    assert deliver(ring, 2, one, one, 8) == 0
    assert deliver(ring, 17, one, one, 8) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2), st.integers(0, 66)), max_size=60))
def test_ring_equals_sets(spikes):
    ring = np.zeros((SLOTS, 3, 2), np.uint64)
    columns = np.array(spikes, np.int32).reshape(-1, 3)
    collisions = deliver(ring, columns[:, 0], columns[:, 1], columns[:, 2], 67)
    expected = {(tick % SLOTS, core, axon) for tick, core, axon in spikes}
    assert collisions == len(spikes) - len(expected)
    assert {tuple(place) for place in np.argwhere(unpack_bits(ring, 67)).tolist()} == expected
