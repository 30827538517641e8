"""Characterisation programs: synapses, destinations and rates."""

import numpy as np
import pytest

from neurosyn.bench.workloads import SIZE, characterisation_program, random_placement
from neurosyn.chip.crossbar import unpack_bits
from neurosyn.placement.expected_traffic import mean_hops


@pytest.fixture(scope="module")
def program():
    return characterisation_program(8, 20, 128, seed=3)


def test_every_axon_has_so_many_synapses_and_rows_differ(program):
    rows = unpack_bits(program.crossbars.swapaxes(1, 2), SIZE).swapaxes(1, 2)
    assert (rows.sum(axis=2) == 128).all()
    # There are 4,096 × 256 patterns and turns to draw 64 × 256 rows from: about 128 pairs are equal.
    assert len(np.unique(np.packbits(rows, axis=2).reshape(-1, SIZE // 8), axis=0)) > 16_384 - 200
    # Neurons hear half of the axons, give or take.
    assert 128 - 50 < rows.sum(axis=1).min() < 128 - 10
    assert 128 + 10 < rows.sum(axis=1).max() < 128 + 50


def test_axon_types_and_weights_alternate(program):
    assert (program.axon_types == np.arange(SIZE) % 2).all()
    assert program.neuron_types["weights"].tolist() == [[1, -1, 0, 0]]


def test_each_axon_is_driven_by_one_neuron_unless_spikes_may_merge(program):
    driven = program.dest_core.astype(np.int64) * SIZE + program.dest_axon
    assert np.array_equal(np.sort(driven.ravel()), np.arange(64 * SIZE))
    merging = characterisation_program(8, 20, 128, seed=3, merging=True)
    driven = merging.dest_core.astype(np.int64) * SIZE + merging.dest_axon
    # Poisson: a share of 1/e of the axons is driven by no neuron.
    assert 0.35 < 1 - len(np.unique(driven)) / driven.size < 0.385


@pytest.mark.parametrize(
    ("rate", "synapses", "leak", "threshold"),
    [(20, 128, 1, 50), (0, 0, 0, 50), (1, 0, 1, 1000), (200, 256, 15, 75), (95.93, 128, 5, 52)],
)
def test_leak_over_threshold_is_the_rate(rate, synapses, leak, threshold):
    kind = characterisation_program(1, rate, synapses).neuron_types[0]
    assert (kind["leak"], kind["threshold"]) == (leak, threshold)
    assert abs(1000 * leak / threshold - rate) <= 0.0025 * rate


def test_same_seed_same_program():
    one, same, other = (characterisation_program(2, 50, 64, seed=seed) for seed in (1, 1, 2))
    for name in ("crossbars", "dest_core", "dest_axon", "initial_potential"):
        assert np.array_equal(getattr(one, name), getattr(same, name))
        assert not np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("arguments", [(0, 20, 128), (1, 20, 257), (1, 20, -1), (1, 0.5, 128), (1, 1001, 1)])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=r"at least 1, and 0…256|it is 0 or 1…1000"):
        characterisation_program(*arguments)


def test_routes_of_the_square_are_uniform(program):
    placement = random_placement(program, 8, seed=1)
    assert (placement.mesh.rows, placement.mesh.columns) == (1, 1)
    assert placement.xy.max() == 7
    # 2·(k² − 1)/(3k) hops for k = 8.
    assert mean_hops(program, placement) == pytest.approx(5.25, rel=0.02)
