"""SANA-FE with the timing model `detailed` on its description of TrueNorth: 64 × 64 tiles of one core.

Its neurons start at 0; one more neuron, which fires once, sets their initial potentials.
"""

from importlib.metadata import version

import numpy as np
import sanafe
from common import FAN_OUT, PeerTimer, run

SIDE = 64
FAR = 1e9


def play(network, ticks, warm_up):
    chip = sanafe.load_truenorth()
    net = sanafe.Network()
    attributes = {"threshold": network.threshold, "reset_mode": "soft", "reverse_threshold": -FAR, "bias": network.leak}
    neurons = net.create_neuron_group("neurons", network.neurons, model_attributes=attributes)
    starter = net.create_neuron_group(
        "starter", 1, model_attributes={"threshold": 1, "bias": 1, "reset_mode": "hard", "reset": -FAR}
    )
    tiles = [tile.cores[0] for tile in chip.tiles]
    for core, (x, y) in enumerate(network.xy.tolist()):
        # Tiles are numbered along y first.
        for neuron in range(core * 256, core * 256 + 256):
            neurons[neuron].map_to_core(tiles[x * SIDE + y])
    # On the last core, which is free for smaller squares.
    starter[0].map_to_core(tiles[-1])
    first = [(0, n) for n in range(network.neurons)]
    starter.connect_neurons_sparse(neurons, {"weight": network.potential.ravel().astype(float).tolist()}, first)
    for senders, receivers, sign in network.chunks(16):
        pre = np.repeat(np.arange(senders.start, senders.stop), FAN_OUT).tolist()
        pairs = list(zip(pre, receivers.ravel().tolist(), strict=True))
        weights = np.repeat(sign.astype(float), FAN_OUT).tolist()
        neurons.connect_neurons_sparse(neurons, {"weight": weights}, pairs)
    simulator = sanafe.SpikingChip(chip)
    simulator.load(net)
    simulator.sim(warm_up, timing_model="detailed")
    clock = PeerTimer()
    result = simulator.sim(ticks, timing_model="detailed")
    ms = clock.ms(ticks)
    return {"version": version("sanafe"), "ms": ms, "spikes": result["neurons_fired"]}


run(play)
