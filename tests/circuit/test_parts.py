"""Parts of circuits: spikes by hand, and counters and races against their counts in plain Python."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurosyn as ns
from neurosyn.circuit.parts import Coincidence, Counter, DelayLine, Oscillator, Relay, Splitter, WinnerTakeAll
from neurosyn.errors import ChipLimitError
from tests.circuit.playing import play

_SENT = st.lists(st.integers(0, 25), max_size=20, unique=True)


def build(part_class, *options):
    """A part with its inputs on input lines (a reset is the last), and its outputs on pins."""
    circuit = ns.Circuit()
    part = part_class(circuit.core(), *options)
    axons = getattr(part, "inputs", None) or ([part.input] if hasattr(part, "input") else [])
    for axon in [*axons, *([part.reset] if hasattr(part, "reset") else [])]:
        circuit.input(axon)
    for pin, neuron in enumerate(getattr(part, "outputs", None) or [part.output]):
        neuron.to_pin(pin)
    return circuit.build()


@pytest.mark.parametrize("timing", ["none", "simpy"])
@pytest.mark.parametrize(
    ("part", "inputs", "expected"),
    [
        # Spikes that are sent in tick t arrive in t + 1.
        ((Relay,), {0: [0, 3, 4]}, {0: [1, 4, 5]}),
        ((Splitter, 3), {0: [2]}, {0: [3], 1: [3], 2: [3]}),
        ((DelayLine, 0), {0: [2]}, {0: [3]}),
        ((DelayLine, 15), {0: [0, 1]}, {0: [16, 17]}),
        ((DelayLine, 16), {0: [0, 1]}, {0: [17, 18]}),
        ((Coincidence, 3), {0: [0, 2, 5], 1: [0, 1, 5], 2: [2, 5]}, {0: [6]}),
        ((Coincidence, 3, 2), {0: [0, 2, 5], 1: [0, 1, 5], 2: [2, 5]}, {0: [1, 3, 6]}),
        ((Coincidence, 2, 1), {0: [0], 1: [2]}, {0: [1, 3]}),
        ((Counter, 3), {0: [0, 1, 4, 5, 6, 9]}, {0: [5, 10]}),
        ((Counter, 3), {0: [0, 1, 2, 4, 5, 6], 1: [2]}, {0: [7]}),
        ((Counter, 1), {0: [0, 3]}, {0: [1, 4]}),
        ((Oscillator, 4), {}, {0: [3, 7, 11, 15, 19]}),
        ((Oscillator, 4, 0), {}, {0: [0, 4, 8, 12, 16]}),
        ((Oscillator, 1), {}, {0: list(range(20))}),
        # 1 wins in tick 3; the spike of 0 that arrives in tick 4 is cleared, and 5, 6, 7 win.
        ((WinnerTakeAll, 2, 3), {0: [0, 3, 4, 5, 6], 1: [0, 1, 2]}, {0: [7], 1: [3]}),
        ((WinnerTakeAll, 2, 2), {0: [0, 1], 1: [0, 1]}, {0: [2], 1: [2]}),
    ],
)
def test_spikes_by_hand(part, inputs, expected, timing):
    assert play(build(*part), inputs, 20, timing) == expected


@settings(max_examples=15)
@given(count=st.integers(1, 5), sent=_SENT, resets=_SENT)
def test_a_counter_counts(count, sent, resets):
    total, expected = 0, []
    for tick in range(26):
        total = 0 if tick in resets else total + (tick in sent)
        if total == count:
            expected.append(tick + 1)
            total = 0
    assert play(build(Counter, count), {0: sent, 1: resets}, 28) == ({0: expected} if expected else {})


@settings(max_examples=15)
@given(count=st.integers(1, 4), sent=st.lists(_SENT, min_size=2, max_size=4))
def test_a_race_has_the_winners_of_the_counts(count, sent):
    totals, expected, winners = [0] * len(sent), {}, []
    for tick in range(26):
        cleared = [bool(set(winners) - {runner}) for runner in range(len(sent))]
        totals = [
            0 if clear else total + (tick in ticks) for clear, total, ticks in zip(cleared, totals, sent, strict=True)
        ]
        winners = [runner for runner, total in enumerate(totals) if total == count]
        for winner in winners:
            expected.setdefault(winner, []).append(tick + 1)
            totals[winner] = 0
    assert play(build(WinnerTakeAll, len(sent), count), dict(enumerate(sent)), 28) == expected


@settings(max_examples=10)
@given(ticks=st.integers(0, 60), sent=_SENT)
def test_a_delay_line_keeps_every_spike(ticks, sent):
    expected = sorted(tick + 1 + ticks for tick in sent)
    assert play(build(DelayLine, ticks), {0: sent}, 90) == ({0: expected} if expected else {})


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ((DelayLine, -1), "delay line of -1 ticks; give 0 or more"),
        ((Coincidence, 2, 3), "coincidence of 3 of 2 inputs"),
        ((Counter, 256), "counter to 256; the range is 1…255"),
        ((WinnerTakeAll, 2, 0), "winner-take-all to 0 spikes"),
        ((Oscillator, 3, 3), "oscillator of period 3 with its first spike in tick 3; give 0…2"),
    ],
)
def test_options_out_of_range(part, message):
    with pytest.raises(ChipLimitError, match=message):
        build(*part)
