"""The twenty behaviours of neurons: each is shown, and its criterion is selective."""

from dataclasses import replace

import numpy as np
import pytest

from verification.behaviours.behaviour import bursts, intervals, ramp, steps
from verification.behaviours.catalogue import BEHAVIOURS
from verification.behaviours.circuit import OUT, Circuit, CircuitNeuron, CircuitRecording, record
from verification.behaviours.figure import draw

NAMES = [behaviour.name for behaviour in BEHAVIOURS]
CIRCUITS = [behaviour for behaviour in BEHAVIOURS if len(behaviour.circuit.neurons) > 1]


def every_tick(behaviour):
    ticks = len(behaviour.current)
    return CircuitRecording(behaviour.current, np.zeros(ticks, np.int64), np.arange(ticks))


def silent(behaviour):
    ticks = len(behaviour.current)
    return CircuitRecording(behaviour.current, np.zeros(ticks, np.int64), np.zeros(0, np.int64))


def test_there_are_twenty_different_ones():
    assert len(set(NAMES)) == len(BEHAVIOURS) == 20


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=NAMES)
def test_each_is_shown_and_its_criterion_is_none_that_anything_meets(behaviour):
    assert behaviour.shown(behaviour.play())
    assert not behaviour.shown(silent(behaviour))
    assert not behaviour.shown(every_tick(behaviour))


@pytest.mark.parametrize("behaviour", CIRCUITS, ids=[behaviour.name for behaviour in CIRCUITS])
def test_circuits_need_their_loops(behaviour):
    neurons = {name: replace(neuron, hears=()) for name, neuron in behaviour.circuit.neurons.items()}
    assert not behaviour.shown(replace(behaviour, circuit=Circuit(neurons)).play())


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=NAMES)
def test_a_plain_neuron_under_the_same_current_shows_none(behaviour):
    plain = Circuit({OUT: CircuitNeuron((1, -1, 0, 0), 2, leak=-1)})
    assert not behaviour.shown(record(plain, behaviour.current))


def test_a_circuit_by_hand():
    # Two units of current give 2·3 − 1 = 5 in a tick: V = 5, then 10 ≥ 8 fires in the second tick.
    # Its spike reaches the other neuron three ticks later, whose answer takes 20 off another tick later.
    circuit = Circuit(
        {
            OUT: CircuitNeuron((3, 0, 0, -20), 8, leak=-1, negative_threshold=30, hears=("other",), delay=3),
            "other": CircuitNeuron((0, 0, 1, 0), 1, hears=(OUT,), sends_as=3),
        }
    )
    recording = record(circuit, steps(7, (1, 3, 2)))
    assert recording.spikes.tolist() == [2]
    assert recording.potential.tolist() == [-1, 4, 0, -1, -2, -3, -24]


def test_currents():
    assert steps(6, (1, 3, 2), (4, 5, -1)).tolist() == [0, 2, 2, 0, -1, 0]
    assert ramp(6, (1, 5, 8)).tolist() == [0, 2, 4, 6, 8, 0]
    with pytest.raises(ValueError, match="a current of 33; at most 32 units"):
        record(Circuit({OUT: CircuitNeuron((1, 0, 0, 0), 1)}), steps(3, (1, 2, 33)))


def test_intervals_and_bursts():
    assert intervals([3, 5, 9]) == [2, 4]
    assert bursts([3, 5, 9, 20, 21], gap=4) == [[3, 5, 9], [20, 21]]


def test_the_figure_has_a_panel_for_each():
    played = [(behaviour, behaviour.play(), True) for behaviour in BEHAVIOURS[:5]]
    figure = draw([*played[:4], (*played[4][:2], False)])
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles[0] == "A  tonic spiking"
    assert titles[4] == "E  mixed mode: not shown"
    assert len(titles) == 5
