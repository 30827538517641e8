"""Playing of small programs: ticks of the spikes on each output pin."""

from __future__ import annotations

import neurosyn as ns


def play(program, inputs, ticks, timing="none"):
    """Send spikes on input lines in ticks, and return the ticks of each output pin's spikes."""
    with ns.Simulator(program, timing=timing, backend="numpy") as sim:
        for line, sent in inputs.items():
            sim.inject(lines=line, tick=sent)
        spikes = sim.step(ticks).spikes
    leaving = spikes[spikes.dest_core == -2]
    return {int(pin): rows.tick.tolist() for pin, rows in leaving.groupby("dest_axon")}
