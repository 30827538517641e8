"""Common part of the scripts that run the common workload on other simulators. Needs NumPy only.

The network: C cores of 256 axons and 256 neurons; an axon has synapses with 128 neurons of its core, all with the sign
of the axon as their weight. A neuron adds the leak in every tick, fires when its potential reaches the threshold, which
is then subtracted, and activates one axon of one core in the next tick.

In a simulator without axons, a neuron has 128 synapses, those of the axon that it drives. Two spikes at one axon in one
tick merge on the chip, but not there: this concerns one spike in a hundred.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

NEURONS, FAN_OUT = 256, 128


class PeerNetwork:
    """Network of the common workload, read from a file.

    Attributes
    ----------
    rows : uint8 array (C, 256, 32)
        Bit n mod 8 of byte n div 8: a synapse from the axon to neuron n.
    signs : int8 array (C, 256)
        1 or −1 for each axon.
    dest_core, dest_axon, potential : int32 arrays (C, 256)
    xy : int32 array (C, 2)
    leak, threshold : int
    """

    def __init__(self, path):
        with np.load(path, allow_pickle=False) as file:
            for name in ("rows", "signs", "dest_core", "dest_axon", "potential", "xy"):
                setattr(self, name, file[name])
            self.leak, self.threshold = int(file["leak"]), int(file["threshold"])
        self.cores = len(self.rows)
        self.neurons = self.cores * NEURONS

    def chunks(self, cores=64):
        """Yield the neurons of `cores` cores at a time as a slice, with their synapses (`synapses`)."""
        for start in range(0, self.cores, cores):
            chunk = slice(start, min(start + cores, self.cores))
            yield slice(chunk.start * NEURONS, chunk.stop * NEURONS), *self.synapses(chunk)

    def synapses(self, cores):
        """Return the targets (n, 128) of the neurons of a slice of cores, and the signs of their synapses (n,)."""
        core, axon = self.dest_core[cores].ravel(), self.dest_axon[cores].ravel()
        on = np.unpackbits(self.rows[core, axon], axis=1, bitorder="little")
        neurons = np.nonzero(on)[1].reshape(-1, FAN_OUT).astype(np.int32)
        return core[:, None] * np.int32(NEURONS) + neurons, self.signs[core, axon]


class PeerTimer:
    """Wall and processor time since its creation."""

    def __init__(self):
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def ms(self, ticks):
        """Return both times in ms per tick."""
        return 1e3 * (time.perf_counter() - self._wall) / ticks, 1e3 * (time.process_time() - self._cpu) / ticks


def peak_rss_gb():
    """Return the peak resident memory of this process in GB (10⁹ bytes)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:", 1)[1].split()[0]) * 1024 / 1e9


def run(play):
    """Read the arguments, call ``play(network, ticks, warm_up)``, and print its results as one line of JSON.

    `play` returns ``version``, ``ms`` (wall and processor time per tick), ``spikes`` of these ticks, and other values
    to print.
    """
    arguments = argparse.ArgumentParser()
    arguments.add_argument("network", type=Path)
    arguments.add_argument("--ticks", type=int, default=50)
    arguments.add_argument("--warm-up", type=int, default=10)
    given = arguments.parse_args()
    began = time.perf_counter()
    network = PeerNetwork(given.network)
    result = play(network, given.ticks, given.warm_up)
    wall, cpu = result.pop("ms")
    print(
        json.dumps(
            {
                "cores": network.cores,
                "ticks": given.ticks,
                "ms_per_tick": round(wall, 4),
                "cpu_ms_per_tick": round(cpu, 4),
                "spikes_per_tick": round(result.pop("spikes") / given.ticks, 2),
                "peak_rss_gb": round(peak_rss_gb(), 3),
                "whole_s": round(time.perf_counter() - began, 1),
                "load_1min": round(os.getloadavg()[0], 2),
                **result,
            }
        ),
        flush=True,
    )
