"""The ring of sixteen ticks: delays, late spikes and merged spikes, against sets."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.crossbar import unpack_bits
from neurosyn.chip.program import NEURON_TYPE, NO_DESTINATION, OUTPUT
from neurosyn.chip.scheduler import SLOTS, Schedulers
from neurosyn.testing.programs import random_program


def empty(cores, axons, **more):
    kind = np.zeros(1, NEURON_TYPE)
    return Schedulers(random_program(np.random.default_rng(0), kind, cores=cores, axons=axons, **more))


def put(schedulers, *spikes):
    """Deliver (tick, core, axon) at once."""
    columns = np.array(spikes, np.int32).reshape(-1, 3)
    schedulers.deliver(columns[:, 0], columns[:, 1], columns[:, 2])


def test_a_spike_comes_out_at_its_tick_only_and_once():
    schedulers = empty(2, 100)
    schedulers.deliver(5, np.array([1], np.int32), np.array([70], np.int32))
    assert not schedulers.pop(4)[0].any()
    row, merged = schedulers.pop(5)
    assert row[1, 1] == 1 << 6
    assert np.count_nonzero(row) == 1
    assert not merged.any()
    assert not schedulers.pop(5)[0].any()


def test_a_late_spike_comes_out_sixteen_ticks_later():
    schedulers = empty(1, 1)
    schedulers.pop(3)
    put(schedulers, (3, 0, 0))
    seen = [bool(schedulers.pop(tick)[0].any()) for tick in range(4, 20)]
    assert seen == [False] * 15 + [True]


def test_merging_spikes_are_counted_where_and_when_they_are_integrated():
    schedulers = empty(2, 8)
    put(schedulers, (1, 0, 3), (1, 0, 3), (1, 0, 3), (1, 1, 3))
    put(schedulers, (1, 0, 3), (2, 0, 3), (17, 1, 3), (17, 1, 4))
    assert schedulers.pop(1)[1].tolist() == [3, 1]
    assert schedulers.pop(2)[1].tolist() == [0, 0]
    assert schedulers.pop(17)[1].tolist() == [0, 0]


@given(st.lists(st.tuples(st.integers(-1, 40), st.integers(0, 2), st.integers(0, 66)), max_size=60))
def test_ring_equals_sets(spikes):
    schedulers = empty(3, 67)
    put(schedulers, *spikes)
    expected = {(tick % SLOTS, core, axon) for tick, core, axon in spikes}
    assert {tuple(place) for place in np.argwhere(unpack_bits(schedulers.ring, 67)).tolist()} == expected
    given_, kept = (Counter((tick % SLOTS, core) for tick, core, _ in some) for some in (spikes, expected))
    merged = np.stack([schedulers.pop(tick)[1] for tick in range(SLOTS)])
    assert {place: merged[place] for place in np.ndindex(*merged.shape)} == {
        place: given_[place] - kept[place] for place in np.ndindex(*merged.shape)
    }


def test_neurons_send_where_and_when_the_program_says():
    schedulers = empty(5, 67, neurons=9, pins=3)
    program = schedulers._program
    for tick in (-1, 20):
        neurons = np.flatnonzero(np.random.default_rng(tick + 1).random(5 * 9) < 0.7)
        sends = [
            (tick + int(program.delay.flat[n]), program.dest_core.flat[n], program.dest_axon.flat[n])
            for n in neurons
            if program.dest_core.flat[n] not in (NO_DESTINATION, OUTPUT)
        ]
        assert 0 < len(sends) < len(neurons)
        wanted = empty(5, 67, neurons=9, pins=3)
        put(wanted, *sends)
        schedulers.send(tick, neurons)
        assert (schedulers.received == wanted.received).all()
        assert (schedulers.ring == wanted.ring).all()
        for slot in range(SLOTS):
            schedulers.pop(slot)
