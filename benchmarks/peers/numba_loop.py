"""Yardstick: a plain loop over active axons and their synapses, compiled with Numba."""

import numba
import numpy as np
from common import FAN_OUT, NEURONS, PeerTimer, run


@numba.njit
def tick(targets, signs, dest_core, dest_axon, active, coming, potential, xy, leak, threshold):
    cores = active.shape[0]
    spikes, events, hops = 0, 0, 0
    for core in range(cores):
        for axon in range(NEURONS):
            if active[core, axon]:
                active[core, axon] = False
                sign = signs[core, axon]
                for k in range(FAN_OUT):
                    potential[core, targets[core, axon, k]] += sign
                events += FAN_OUT
        for neuron in range(NEURONS):
            v = potential[core, neuron] + leak
            if v >= threshold:
                v -= threshold
                to = dest_core[core, neuron]
                coming[to, dest_axon[core, neuron]] = True
                hops += abs(xy[to, 0] - xy[core, 0]) + abs(xy[to, 1] - xy[core, 1])
                spikes += 1
            potential[core, neuron] = v
    return spikes, events, hops


def play(network, ticks, warm_up):
    targets = np.empty((network.cores, NEURONS, FAN_OUT), np.uint8)
    for core in range(network.cores):
        on = np.unpackbits(network.rows[core], axis=1, bitorder="little")
        targets[core] = np.nonzero(on)[1].reshape(NEURONS, FAN_OUT)
    active = np.zeros((network.cores, NEURONS), np.bool_)
    coming = active.copy()
    network.rows = None
    counts = []

    def play_ticks(number):
        nonlocal active, coming
        for _ in range(number):
            rest = network.potential, network.xy, network.leak, network.threshold
            counts.append(tick(targets, network.signs, network.dest_core, network.dest_axon, active, coming, *rest))
            active, coming = coming, active

    play_ticks(warm_up)
    clock = PeerTimer()
    play_ticks(ticks)
    ms = clock.ms(ticks)
    spikes, _, _ = np.sum(counts[warm_up:], axis=0)
    totals = dict(zip(("spikes", "synaptic_events", "hops"), np.sum(counts, axis=0).tolist(), strict=True))
    return {"version": numba.__version__, "ms": ms, "spikes": spikes, "threads": 1, "from_tick_0": totals}


run(play)
