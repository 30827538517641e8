"""NEST: neurons with delta synapses and almost no leak, driven by a constant current; the reset is to 0, not by α."""

import os

import nest
import numpy as np
from common import FAN_OUT, PeerTimer, run


def play(network, ticks, warm_up):
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    threads = len(os.sched_getaffinity(0))
    nest.set(resolution=1.0, local_num_threads=threads)
    # mV, ms, pF, pA: 1 mV per ms. The threshold is between two integers because sums are not exact.
    neurons = nest.Create(
        "iaf_psc_delta",
        network.neurons,
        params={
            "E_L": 0.0,
            "V_reset": 0.0,
            "V_th": network.threshold - 0.5,
            "C_m": 1.0,
            "tau_m": 1e9,
            "t_ref": 0.0,
            "I_e": float(network.leak),
        },
    )
    neurons.V_m = network.potential.ravel().astype(float)
    for senders, receivers, sign in network.chunks():
        pre = np.repeat(np.arange(senders.start + 1, senders.stop + 1), FAN_OUT)
        weight = np.repeat(sign.astype(float), FAN_OUT)
        nest.Connect(
            pre,
            receivers.ravel() + 1,
            "one_to_one",
            {"synapse_model": "static_synapse", "weight": weight, "delay": np.ones(len(pre))},
        )
    nest.Prepare()
    nest.Run(float(warm_up))
    clock = PeerTimer()
    nest.Run(float(ticks))
    ms = clock.ms(ticks)
    spikes = nest.local_spike_counter  # of the last run
    nest.Cleanup()
    return {"version": nest.__version__, "ms": ms, "spikes": spikes, "threads": threads}


run(play)
