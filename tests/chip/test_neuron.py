"""The neuron's equations, case by case, on the NumPy path and on the plain reference."""

import numpy as np
import pytest

from neurosyn.chip.core import Cores, tick
from neurosyn.chip.crossbar import pack_bits, type_masks
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN, NeuronParameters
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.testing.reference import ReferenceRegister, tick_neuron

SILENT = {"threshold": 2**18 - 1, "negative_threshold": 2**18 - 1}


def neuron_type(**values):
    row = np.zeros(1, NEURON_TYPE)
    for name, value in values.items():
        row[name] = value
    return row


def play_neuron(kind, potential, axons=(), seed=1, ticks=1):
    """Play ticks of one neuron with all synapses on; `axons` are the types of the active axons, or one list a tick."""
    per_tick = axons if axons and isinstance(axons[0], (list, tuple)) else [axons] * ticks
    register, plain, expected = ReferenceRegister(seed), potential, []
    parameters = {name: kind[name][0].tolist() for name in NEURON_TYPE.names}
    v, rng = np.array([[potential]], np.int32), np.array([seed], np.uint32)
    results = []
    for kinds in per_tick:
        axon_types = np.array([list(kinds) or [0]], np.uint8)
        active = pack_bits(np.full(axon_types.shape, bool(kinds)))
        neurons = NeuronParameters.of_types(kind, np.zeros((1, 1), np.int32))
        on = pack_bits(np.ones((1, 1, axon_types.size), bool)).swapaxes(1, 2)
        cores = Cores(on, axon_types, type_masks(axon_types), neurons, neurons.stochastic.any(axis=-1))
        fired, events = tick(cores, active, v, rng)
        assert events.tolist() == [[len(kinds)]]
        results.append((bool(fired[0, 0]), int(v[0, 0])))
        spike, plain = tick_neuron(parameters, plain, kinds, register)
        expected.append((spike, plain))
    assert results == expected
    return results[0] if len(results) == 1 else results


# Synapses.


def test_each_axon_type_has_its_weight():
    kind = neuron_type(weights=[[1, 20, -255, 255]], **SILENT)
    assert play_neuron(kind, 0, [0, 0, 1]) == (False, 22)
    assert play_neuron(kind, 0, [2]) == (False, -255)
    assert play_neuron(kind, 0, [3, 2, 3]) == (False, 255)


def test_synapses_saturate_one_by_one():
    kind = neuron_type(weights=[[255, -255, 0, 0]], threshold=1, reset_mode=2)
    # −255 is lost at the bottom if it comes first.
    low = POTENTIAL_MIN
    assert play_neuron(kind, low, [1, 0]) == (False, low + 255)
    assert play_neuron(kind, low, [0, 1]) == (False, low)


def test_saturation_at_the_top():
    kind = neuron_type(weights=[[255, -255, 0, 0]], threshold=2**18 - 1, reset_mode=1)
    assert play_neuron(kind, POTENTIAL_MAX, [0, 1]) == (True, POTENTIAL_MAX - 255 - (2**18 - 1))
    assert play_neuron(kind, POTENTIAL_MAX, [1, 0]) == (True, POTENTIAL_MAX - (2**18 - 1))


@pytest.mark.parametrize(("weight", "chance"), [(0, 0), (1, 2 / 256), (-128, 129 / 256), (255, 1)])
def test_stochastic_synapses_act_with_their_probability(weight, chance):
    kind = neuron_type(weights=[[weight, 0, 0, 0]], stochastic_weights=[[True, False, False, False]], **SILENT)
    trials = 2048
    potential = play_neuron(kind, 0, [0] * trials)[1]
    assert np.sign(potential) in (0, np.sign(weight))
    assert abs(abs(potential) - trials * chance) <= 5 * np.sqrt(trials * chance * (1 - chance))


# Leak.


@pytest.mark.parametrize(
    ("potential", "leak", "reversal", "after"),
    [
        (5, -3, False, 2),
        (2, -3, False, -1),
        (-5, -3, False, -8),
        (5, -3, True, 2),
        (-5, -3, True, -2),
        (2, -3, True, 0),  # no ringing through zero
        (-2, -3, True, 0),
        (3, -3, True, 0),
        (0, -3, True, 0),
        (0, 3, True, 0),  # sgn(0) = 0
        (5, 3, True, 8),
        (-5, 3, True, -8),
    ],
)
def test_leak(potential, leak, reversal, after):
    kind = neuron_type(leak=leak, leak_reversal=reversal, **SILENT)
    assert play_neuron(kind, potential) == (False, after)


def test_leak_saturates():
    kind = neuron_type(leak=-255, reset_mode=2, negative_threshold=0)
    assert play_neuron(kind, POTENTIAL_MIN + 3) == (False, POTENTIAL_MIN)


def test_stochastic_leak_moves_by_one():
    kind = neuron_type(leak=-100, stochastic_leak=True, **SILENT)
    trials = 2048
    steps = np.diff([0] + [potential for _, potential in play_neuron(kind, 0, ticks=trials)])
    assert set(steps.tolist()) == {-1, 0}
    chance = 101 / 256
    assert abs(-steps.sum() - trials * chance) <= 5 * np.sqrt(trials * chance * (1 - chance))


# Threshold and reset.


@pytest.mark.parametrize(
    ("mode", "potential", "expected"),
    [
        (0, 9, (False, 9)),
        (0, 10, (True, -7)),
        (0, 25, (True, -7)),
        (1, 10, (True, 0)),
        (1, 25, (True, 15)),
        (2, 10, (True, 10)),
        (2, 25, (True, 10)),  # clipped to α + 2^0 − 1
    ],
)
def test_reset_modes(mode, potential, expected):
    assert (
        play_neuron(neuron_type(threshold=10, reset=-7, reset_mode=mode, negative_threshold=99), potential) == expected
    )


@pytest.mark.parametrize(
    ("saturates", "mode", "potential", "after"),
    [
        (True, 0, -10, -10),  # not below −β
        (True, 0, -11, -10),
        (True, 1, -30, -10),
        (True, 2, -30, -10),
        (False, 0, -10, -10),
        (False, 0, -11, 7),  # −R
        (False, 1, -11, -1),
        (False, 1, -30, -20),
        (False, 2, -30, -30),
    ],
)
def test_negative_threshold(saturates, mode, potential, after):
    kind = neuron_type(threshold=100, negative_threshold=10, negative_saturation=saturates, reset_mode=mode, reset=-7)
    assert play_neuron(kind, potential) == (False, after)


def test_negative_reset_of_the_lowest_potential_saturates():
    kind = neuron_type(threshold=100, negative_threshold=0, reset=POTENTIAL_MIN)
    assert play_neuron(kind, -1) == (False, POTENTIAL_MAX)


def test_threshold_mask_shifts_both_thresholds_unless_saturating():
    # No 1 falls out in the eight steps of the first draw, which shift the only set bit from 15 to 7.
    seed, eta = 1 << 15, 128
    kind = neuron_type(threshold=10, threshold_mask_bits=8, negative_threshold=5, reset_mode=1)
    assert play_neuron(kind, 10 + eta - 1, seed=seed) == (False, 10 + eta - 1)
    assert play_neuron(kind, 10 + eta, seed=seed) == (True, 0)
    assert play_neuron(kind, -5 - eta, seed=seed) == (False, -5 - eta)
    assert play_neuron(kind, -6 - eta, seed=seed) == (False, -1)
    kind["negative_saturation"] = True
    assert play_neuron(kind, -6, seed=seed) == (False, -5)


def test_no_reset_is_clipped_to_the_largest_threshold():
    kind = neuron_type(threshold=10, threshold_mask_bits=8, reset_mode=2)
    assert play_neuron(kind, 10 + 255) == (True, 10 + 255)
    assert play_neuron(kind, 10 + 300) == (True, 10 + 255)


@pytest.mark.parametrize("x", [0, 1, 63, 127, 200, 254])
def test_firing_probability_of_an_eight_bit_mask(x):
    kind = neuron_type(threshold=1000, threshold_mask_bits=8, reset=1000 + x, negative_threshold=0)
    trials = 2048
    fired = sum(spike for spike, _ in play_neuron(kind, 1000 + x, ticks=trials))
    chance = (x + 1) / 256
    assert abs(fired - trials * chance) <= 5 * np.sqrt(trials * chance * (1 - chance))


# Periods that the chip and IBM's simulator agree on.


@pytest.mark.parametrize(
    ("values", "initial", "axons", "period", "phase"),
    [
        ({"threshold": 10, "leak": 1}, 0, [], 10, 0),
        ({"threshold": 10, "leak": 1}, 1, [], 10, 9),
        ({"threshold": 11, "leak": 2}, 0, [], 6, 0),
        ({"threshold": 10, "leak": -1, "weights": [[3, 0, 0, 0]]}, 0, [0], 5, 1),
    ],
)
def test_known_periods(values, initial, axons, period, phase):
    # Ticks count from 1; an external spike of tick 1 is integrated in tick 2.
    kind = neuron_type(negative_saturation=True, **values)
    ticks = play_neuron(kind, initial, [[]] + [axons] * 40)
    fired = [number for number, (spike, _) in enumerate(ticks, start=1) if spike]
    assert np.diff(fired).tolist() == [period] * (len(fired) - 1)
    assert fired[0] % period == phase
    assert len(fired) >= 4
