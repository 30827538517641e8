"""Neurons that are copies: their places, and frames of cores that have them."""

import numpy as np
import pytest

from neurosyn.backend.base import get_backend
from neurosyn.backend.blocks import frame_words
from neurosyn.backend.copies import Places
from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.stateless import is_stateless
from neurosyn.testing.programs import random_program
from tests.backend.checks import assert_frames_like_ticks, row


@pytest.mark.parametrize("neurons", [3, 64, 130])
def test_neurons_share_a_place_if_columns_levels_and_signs_are_equal(neurons):
    rng = np.random.default_rng(neurons)
    crossbars = rng.integers(0, 3, (2, 4, neurons)).astype(np.uint64) & np.uint64(1)
    crossbar, cores = np.array([1, 0, 1, 1, 0], np.int32), np.array([0, 2, 3, 4])
    levels = rng.integers(-1, 2, (4, neurons)).astype(np.int32)
    is_negative = rng.random((4, neurons)) < 0.5
    levels[1], is_negative[1] = levels[0], is_negative[0]
    places = Places.find(crossbars, crossbar, cores, levels, is_negative)
    assert places.group[0] == places.group[2] != places.group[3]
    assert places.tiles[places.group[1]] == 0
    columns, least = places.crossbars.reshape(-1, 4, 64), places.levels.reshape(-1, 64)
    for k, core in enumerate(cores):
        group = places.group[core]
        keys = [(*crossbars[crossbar[core], :, n], levels[k, n], is_negative[k, n]) for n in range(neurons)]
        place = places.place[group]
        assert len(set(place)) == len(set(keys)) == len(set(zip(place, keys, strict=True)))
        assert places.shares[group] == (len(set(keys)) < neurons)
        assert places.tiles[group] == -(-len(set(keys)) // 64)
        tile, bit = places.first[group] + place // 64, place % 64
        np.testing.assert_array_equal(columns[tile, :, bit], crossbars[crossbar[core]].T)
        np.testing.assert_array_equal(least[tile, bit], levels[k])
        np.testing.assert_array_equal(places.complements.reshape(-1, 64)[tile, bit], -is_negative[k].astype(int))


@pytest.mark.parametrize("neurons", [256, 100])
@pytest.mark.parametrize("distinct", [1, 20, 90])
def test_frames_of_cores_with_copies(neurons, distinct):
    rng = np.random.default_rng(distinct)
    weights = ((-1, 1, 0, 0), (7, -7, 1, 1), (0, 0, 3, 3))
    types = [
        row(weights=four, leak=leak, threshold=1, negative_saturation=True) for four in weights for leak in (-3, 2)
    ]
    program = random_program(rng, np.array(types), cores=4, neurons=neurons, crossbars=2)
    program.axon_types[:] = rng.choice((0, 1), program.axon_types.shape)
    originals = rng.integers(0, distinct, neurons)
    program.crossbars[:] = program.crossbars[:, :, originals]
    program.neuron_type[:] = program.neuron_type[:, originals]
    program.neuron_type[3] = 4
    assert is_stateless(program)
    frames = rng.random((5, 4, 256)) < np.array([0.5, 0.0, 0.03, 1.0, 0.3])[:, None, None]
    cores = np.array([2, 0, 3, 1], np.int32)
    loaded = get_backend("numba").load(program)
    assert_frames_like_ticks(program, loaded, cores, frames)
    spikes, events = loaded.evaluate_frames(cores, pack_bits(frames[:, cores]))
    words = np.zeros((4, 256), np.uint64)
    for frame in range(5):
        words |= frames[frame].astype(np.uint64) << np.uint64(frame)
    fired, counts, axons = loaded.evaluate_block(cores, words, 5)
    np.testing.assert_array_equal(fired, frame_words(spikes, neurons))
    np.testing.assert_array_equal(counts, events.sum(axis=0))
    np.testing.assert_array_equal(axons, frames[:, cores].sum(axis=(0, 2)))
