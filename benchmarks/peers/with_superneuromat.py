"""SuperNeuroMAT on the CPU with a sparse matrix.

The reset is to 0 instead of by the threshold. One more neuron, which fires in every tick, acts as the leak.
"""

import numpy as np
import superneuromat
from common import FAN_OUT, PeerTimer, run


def play(network, ticks, warm_up):
    snn = superneuromat.SNN()
    size = network.neurons
    # The lists are set directly: the methods that append to them would take minutes.
    potential = network.potential.ravel().astype(float)
    snn.neuron_states = [*potential.tolist(), 0.0]
    snn.neuron_thresholds = [network.threshold - 0.5] * size + [-1.0]
    snn.neuron_leaks = [0.0] * (size + 1)
    snn.neuron_reset_states = [0.0] * (size + 1)
    snn.neuron_refractory_periods = [0] * (size + 1)
    snn.neuron_refractory_periods_state = [0] * (size + 1)
    pre, post, weights = [size] * size, list(range(size)), [float(network.leak)] * size
    for senders, receivers, sign in network.chunks():
        pre += np.repeat(np.arange(senders.start, senders.stop), FAN_OUT).tolist()
        post += receivers.ravel().tolist()
        weights += np.repeat(sign.astype(float), FAN_OUT).tolist()
    snn.pre_synaptic_neuron_ids, snn.post_synaptic_neuron_ids, snn.synaptic_weights = pre, post, weights
    snn.synaptic_delays = [1] * len(weights)
    snn.enable_stdp = [False] * len(weights)
    snn.manual_setup = True
    snn.setup(sparse=True)
    snn.setup_input_spikes(warm_up + ticks)
    snn.simulate(warm_up, use="cpu")
    clock = PeerTimer()
    snn.simulate(ticks, use="cpu")
    ms = clock.ms(ticks)
    spikes = int(np.sum(snn.spike_train[warm_up:])) - ticks
    return {"version": superneuromat.__version__, "ms": ms, "spikes": spikes, "threads": 1}


run(play)
