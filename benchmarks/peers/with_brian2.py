"""Brian2 with Cython: one group of neurons and one of synapses; the weight is a variable of the sending neuron."""

import time

import brian2
import numpy as np
from brian2 import Network as Brian
from brian2 import NeuronGroup, Synapses, defaultclock, ms, network_operation, prefs
from common import run


def play(network, ticks, warm_up):
    prefs.codegen.target = "cython"
    defaultclock.dt = 1 * ms
    neurons = NeuronGroup(
        network.neurons,
        "v : 1\nweight : 1 (constant)",
        threshold=f"v >= {network.threshold}",
        reset=f"v -= {network.threshold}",
    )
    neurons.run_regularly(f"v += {network.leak}")
    neurons.v = network.potential.ravel()
    targets = np.empty((network.neurons, 128), np.int32)
    signs = np.empty(network.neurons)
    for senders, receivers, sign in network.chunks():
        targets[senders], signs[senders] = receivers, sign
    neurons.weight = signs
    # Without delay: synapses act after the thresholds of a tick, as at the start of the chip's next tick.
    synapses = Synapses(neurons, neurons, on_pre="v_post += weight_pre")
    synapses.connect(i=np.repeat(np.arange(network.neurons, dtype=np.int32), 128), j=targets.ravel())
    del targets
    spikes = [0]
    clocks = []

    @network_operation(when="start")
    def record_clocks():
        clocks.append((time.perf_counter(), time.process_time()))

    @network_operation(when="after_thresholds")
    def count():
        spikes.append(int(neurons.variables["_spikespace"].get_value()[-1]))

    whole = Brian(neurons, synapses, record_clocks, count)
    # In one run: the start of a run takes time in proportion to the number of synapses.
    whole.run((warm_up + ticks + 1) * ms)
    wall, cpu = (1e3 * (clocks[-1][k] - clocks[warm_up][k]) / ticks for k in (0, 1))
    counted = sum(spikes[1 + warm_up : 1 + warm_up + ticks])
    return {"version": brian2.__version__, "ms": (wall, cpu), "spikes": counted, "threads": 1}


run(play)
