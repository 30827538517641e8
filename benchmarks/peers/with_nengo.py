"""Nengo: an ensemble of a custom neuron type, connected to itself by a sparse matrix, in single precision."""

from typing import ClassVar

import nengo
import numpy as np
import scipy.sparse
from common import FAN_OUT, PeerTimer, run

spikes = [0]


class NengoTonic(nengo.neurons.NeuronType):
    """Tonic neuron: fires at the threshold, which is then subtracted; the bias of the ensemble is its leak."""

    state: ClassVar = {"voltage": nengo.dists.Choice([0.0])}
    spiking = True

    def __init__(self, threshold, potential):
        super().__init__(initial_state={"voltage": potential})
        self._threshold = threshold

    def max_rates_intercepts(self, gain, _bias):
        return np.zeros_like(gain), np.zeros_like(gain)  # not used

    def step(self, dt, J, output, voltage):  # noqa: ARG002 (given by name)
        voltage += J
        output[:] = voltage >= self._threshold
        voltage -= self._threshold * output
        spikes[0] += int(np.count_nonzero(output))


def play(network, ticks, warm_up):
    nengo.rc["precision"]["bits"] = "32"
    size = network.neurons
    targets = np.empty((size, FAN_OUT), np.int32)
    signs = np.empty((size, FAN_OUT), np.float32)
    for senders, receivers, sign in network.chunks():
        targets[senders], signs[senders] = receivers, sign[:, None]
    starts = np.arange(0, targets.size + 1, FAN_OUT)
    # One column for each sending neuron; Nengo multiplies by rows.
    matrix = scipy.sparse.csc_matrix((signs.ravel(), targets.ravel(), starts), (size, size)).tocsr()
    del targets, signs
    with nengo.Network() as model:
        neurons = nengo.Ensemble(
            size,
            1,
            neuron_type=NengoTonic(network.threshold, network.potential.ravel().astype(np.float32)),
            gain=np.ones(size),
            bias=np.full(size, float(network.leak)),
            encoders=np.ones((size, 1)),
        ).neurons
        # A synapse with a delay of one step and no filter.
        nengo.Connection(
            neurons, neurons, transform=nengo.Sparse((size, size), init=matrix), synapse=nengo.synapses.Lowpass(0)
        )
    with nengo.Simulator(model, dt=0.001, progress_bar=False, optimize=False) as simulator:
        simulator.run_steps(warm_up, progress_bar=False)
        before = spikes[0]
        clock = PeerTimer()
        simulator.run_steps(ticks, progress_bar=False)
        ms = clock.ms(ticks)
    return {"version": nengo.__version__, "ms": ms, "spikes": spikes[0] - before, "threads": 1}


run(play)
