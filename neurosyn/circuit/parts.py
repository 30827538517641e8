"""Sub-circuits with named connectors: relay, splitter, delay line, coincidence, counter, winner-take-all, oscillator.

A part is a class that takes a core, makes its axons and neurons there and keeps its connectors as attributes. Inputs
are axons, to which `Circuit.input` and `Neuron.to` lead; outputs are neurons, whose `to` and `to_pin` are free. A part
of your own is written in the same way, from neurons or other parts.

Times: a spike that arrives in tick t is integrated in tick t. `Simulator.inject` in tick t arrives in t + 1, and so
does a neuron's spike with delay 1.
"""

from __future__ import annotations

from neurosyn.circuit.elements import Core

__all__ = ["Coincidence", "Counter", "DelayLine", "Oscillator", "Relay", "Splitter", "WinnerTakeAll"]


class Splitter:
    """A spike on the input is a spike of every output in the same tick; since a neuron has one destination.

    Parameters
    ----------
    core
    outputs : int

    Attributes
    ----------
    input : Axon
    outputs : tuple of Neuron
    """

    def __init__(self, core: Core, outputs: int) -> None:
        self.input = core.axon(type=0)
        self.outputs = tuple(core.neuron(weights=(1,)) for _ in range(outputs))
        core.connect(self.input, *self.outputs)


class Relay:
    """A spike on the input is a spike of the output in the same tick.

    Attributes
    ----------
    input : Axon
    output : Neuron
    """

    def __init__(self, core: Core) -> None:
        splitter = Splitter(core, 1)
        self.input, (self.output,) = splitter.input, splitter.outputs


class DelayLine:
    """Each spike of the input, any number of ticks later: a chain of relays with the chip's longest delays.

    Parameters
    ----------
    core
    ticks : int
        From the spike's arrival to the spike of the output, 0 or more.

    Attributes
    ----------
    input : Axon
    output : Neuron
    """

    def __init__(self, core: Core, ticks: int) -> None:
        if ticks < 0:
            core.refuse(f"delay line of {ticks} ticks; give 0 or more")
        relay = Relay(core)
        self.input = relay.input
        while ticks > 0:
            delay = min(ticks, core.limits.longest_delay)
            following = Relay(core)
            relay.output.to(following.input, delay=delay)
            relay, ticks = following, ticks - delay
        self.output = relay.output


class Coincidence:
    """A spike of the output in every tick in which enough inputs spike together; nothing is kept between ticks.

    Parameters
    ----------
    core
    inputs : int
    least : int
        Inputs that it takes; by default all of them. With 1 it is a logical or.

    Attributes
    ----------
    inputs : tuple of Axon
    output : Neuron
    """

    def __init__(self, core: Core, inputs: int, least: int | None = None) -> None:
        needed = inputs if least is None else least
        if not 1 <= needed <= min(inputs, core.limits.leak + 1):
            core.refuse(f"coincidence of {needed} of {inputs} inputs; the range is 1…{core.limits.leak + 1} of them")
        self.inputs = tuple(core.axon(type=0) for _ in range(inputs))
        # The leak comes before the threshold: it takes away what fewer inputs give.
        self.output = core.neuron(weights=(1,), leak=1 - needed)
        for axon in self.inputs:
            core.connect(axon, self.output)


class Counter:
    """A spike of the output on every n-th spike of the input.

    Parameters
    ----------
    core
    count : int
        n, 1 … 255 on TrueNorth: a reset has to outweigh it. Larger numbers are counters in a row.

    Attributes
    ----------
    input : Axon
    reset : Axon
        A spike starts the count again at 0; one of the input in the same tick is not counted.
    output : Neuron
    """

    def __init__(self, core: Core, count: int) -> None:
        strongest = core.limits.weight
        if not 1 <= count <= strongest:
            core.refuse(f"counter to {count}; the range is 1…{strongest}; put counters in a row for more")
        self.input, self.reset = core.axon(type=0), core.axon(type=1)
        self.output = core.neuron(weights=(1, -strongest), threshold=count)
        core.connect(self.input, self.output)
        core.connect(self.reset, self.output)


class WinnerTakeAll:
    """A race: the first input with a number of spikes makes its output spike, and all counts begin again at 0.

    A win in tick t clears the other counts in tick t + 1, with the spikes that arrive there in that tick. Inputs that
    get there in the same tick win together.

    Parameters
    ----------
    core
    inputs : int
    count : int
        Spikes to win, 1 … 255 on TrueNorth.

    Attributes
    ----------
    inputs : tuple of Axon
    outputs : tuple of Neuron
        One for each input.
    """

    def __init__(self, core: Core, inputs: int, count: int) -> None:
        strongest = core.limits.weight
        if not 1 <= count <= strongest:
            core.refuse(f"winner-take-all to {count} spikes; the range is 1…{strongest}")
        self.inputs = tuple(core.axon(type=0) for _ in range(inputs))
        self.outputs = tuple(core.neuron(weights=(1, -strongest), threshold=count) for _ in range(inputs))
        # A neuron has one destination: a twin of each output, with the same potential, inhibits the others.
        twins = tuple(core.neuron(weights=(1, -strongest), threshold=count) for _ in range(inputs))
        for number, axon in enumerate(self.inputs):
            core.connect(axon, self.outputs[number], twins[number])
            inhibition = core.axon(type=1)
            twins[number].to(inhibition)
            for other in range(inputs):
                if other != number:
                    core.connect(inhibition, self.outputs[other], twins[other])


class Oscillator:
    """A spike of the output every so many ticks, without input.

    Parameters
    ----------
    core
    period : int
        In ticks.
    first : int
        Tick of the first spike, 0 … period − 1; by default the last of these.

    Attributes
    ----------
    output : Neuron
    """

    def __init__(self, core: Core, period: int, first: int | None = None) -> None:
        phase = period - 1 if first is None else first
        if not 0 <= phase < period:
            core.refuse(f"oscillator of period {period} with its first spike in tick {phase}; give 0…{period - 1}")
        self.output = core.neuron(threshold=period, leak=1, initial=period - 1 - phase)
