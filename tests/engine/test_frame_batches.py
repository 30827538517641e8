"""Frames evaluated as a batch against frames played tick by tick."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.backend.base import Backend, LoadedProgram, get_backend
from neurosyn.chip.stateless import is_stateless
from neurosyn.engine import frame_parts
from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames
from tests.engine.programs import layered_program, place, random_frames

UNTIMED = SimulateOptions(timing="none", backend="numpy")


def assert_same_counts(one: EventCounts, other: EventCounts):
    for name, value in vars(one).items():
        np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


@pytest.fixture
def tick_by_tick(monkeypatch):
    """A way to simulate as if the program could not be proven stateless."""

    class Distrustful(Backend):
        name = "numpy"

        def load(self, program) -> LoadedProgram:
            loaded = get_backend("numpy").load(program)
            loaded.stateless = False
            return loaded

    def simulate(*args, **kwargs):
        with monkeypatch.context() as patch:
            patch.setattr(frame_parts, "get_backend", lambda _: Distrustful())
            return simulate_frames(*args, **kwargs)

    return simulate


@pytest.mark.parametrize("free_axons", [False, True])
@pytest.mark.parametrize("frames", [1, 63, 64, 130])
def test_a_batch_equals_playing_tick_by_tick(tick_by_tick, frames, free_axons):
    rng = np.random.default_rng(frames)
    program = layered_program(rng, free_axons=free_axons)
    assert is_stateless(program)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, frames)
    batch = simulate_frames(program, placement, chip, UNTIMED, images)
    single = tick_by_tick(program, placement, chip, UNTIMED, images)
    assert (batch.batched, batch.ticks) == (True, 0)
    assert (single.batched, single.ticks) == (False, frames + 4)
    assert batch.spikes.shape == (frames, program.pins)
    assert 0 < np.count_nonzero(batch.spikes) < batch.spikes.size
    np.testing.assert_array_equal(batch.spikes, single.spikes)
    assert_same_counts(batch.counts, single.counts)
    assert batch.counts.collisions.any() == free_axons
    if free_axons:
        assert batch.spikes.max() > 1  # several neurons at one pin


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_batch_equals_playing_tick_by_tick_for_any_shape(seed):
    rng = np.random.default_rng(seed)
    widths = tuple(rng.integers(1, 4, rng.integers(1, 4)))
    delays = tuple(rng.integers(1, 16, len(widths)))
    program = layered_program(
        rng,
        widths=widths,
        axons=int(rng.integers(6, 140)),
        neurons=int(rng.integers(2, 140)),
        delays=delays,
        free_axons=True,
    )
    placement, chip = place(program, rng)
    images = random_frames(rng, program, int(rng.integers(1, 5)))
    batch = simulate_frames(program, placement, chip, UNTIMED, images)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LoadedProgram, "stateless", property(lambda _: False, lambda *_: None), raising=False)
        single = simulate_frames(program, placement, chip, UNTIMED, images)
    assert batch.batched
    assert not single.batched
    np.testing.assert_array_equal(batch.spikes, single.spikes)
    assert_same_counts(batch.counts, single.counts)


def test_counts_of_a_batch_add_up():
    rng = np.random.default_rng(3)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images = random_frames(rng, program, 70)
    counts = simulate_frames(program, placement, chip, UNTIMED, images).counts
    assert counts.ticks == 70
    assert counts.input_packets == np.count_nonzero(images[:, program.input_line])
    by_layer = counts.by_layer(program)
    assert by_layer["spikes"].sum() == counts.spikes.sum()
    assert by_layer["output_packets"].tolist() == [0, 0, counts.spikes[-2:].sum()]
    events = counts.events()
    assert events.hops == counts.hops.sum() + counts.input_hops
    assert events.ports == counts.output_packets.sum() + counts.input_packets


def test_a_batch_says_how_far_it_is():
    rng = np.random.default_rng(3)
    program = layered_program(rng, widths=(1, 1))
    placement, chip = place(program)
    said = []
    simulate_frames(
        program, placement, chip, UNTIMED, random_frames(rng, program, 70), progress=lambda *step: said.append(step)
    )
    assert said == [(64, 70, "frames"), (70, 70, "frames")]


def test_the_results_of_a_batch_are_known_while_ticks_are_being_timed():
    rng = np.random.default_rng(5)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images, so_far = random_frames(rng, program, 3), []
    result = simulate_frames(program, placement, chip, SimulateOptions(), images, interim=so_far.append)
    assert [interim.timed_ticks for interim in so_far] == [1, 2, 3]
    for number, interim in enumerate(so_far, 1):
        np.testing.assert_array_equal(interim.spikes, result.spikes)
        assert_same_counts(interim.counts, result.counts)
        assert interim.longest_ps == result.timing.makespans_ps[:number].max()


def test_with_a_given_period_no_results_are_known_before_the_end():
    rng = np.random.default_rng(5)
    program = layered_program(rng)
    placement, chip = place(program, rng)
    images, so_far = random_frames(rng, program, 3), []
    simulate_frames(program, placement, chip, SimulateOptions(tick=1000), images, interim=so_far.append)
    assert so_far == []
