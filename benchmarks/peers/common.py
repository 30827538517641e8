"""What the scripts share that run the common workload on other simulators. Needs NumPy only.

The network: C cores of 256 axons and 256 neurons; an axon's row says to which of its core's neurons it has a synapse,
128 of them; all synapses of an axon have its sign as their weight. A neuron adds the leak in every tick, fires when its
potential reaches the threshold, which is then subtracted, and sets off one axon of one core in the next tick.

For a simulator without axons, a neuron has 128 synapses, those of the axon that it drives. Two spikes that reach one
axon in one tick merge on the chip, but not there: one spike in a hundred.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

NEURONS, FAN_OUT = 256, 128


class Network:
    """The network in a file.

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
        """Yield slices of neurons, so many cores at a time, with their synapses (`synapses`)."""
        for start in range(0, self.cores, cores):
            some = slice(start, min(start + cores, self.cores))
            yield slice(some.start * NEURONS, some.stop * NEURONS), *self.synapses(some)

    def synapses(self, cores):
        """Return the neurons (n, 128) that the neurons of some cores have synapses to, and the synapses' signs (n,)."""
        core, axon = self.dest_core[cores].ravel(), self.dest_axon[cores].ravel()
        on = np.unpackbits(self.rows[core, axon], axis=1, bitorder="little")
        places = np.nonzero(on)[1].reshape(-1, FAN_OUT).astype(np.int32)
        return core[:, None] * np.int32(NEURONS) + places, self.signs[core, axon]


class Clock:
    """Wall and processor time since it was made."""

    def __init__(self):
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def ms(self, ticks):
        """Return both in ms for each of so many ticks."""
        return 1e3 * (time.perf_counter() - self._wall) / ticks, 1e3 * (time.process_time() - self._cpu) / ticks


def peak_rss_gb():
    """Return the most memory that this process has had, in GB (10⁹ bytes)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:", 1)[1].split()[0]) * 1024 / 1e9


def run(play):
    """Read the arguments, call ``play(network, ticks, warm_up)``, and print what it returns as one line of JSON.

    `play` returns ``version``, ``ms`` (wall and processor time per tick), ``spikes`` of these ticks, and what is worth
    knowing beside.
    """
    arguments = argparse.ArgumentParser()
    arguments.add_argument("network", type=Path)
    arguments.add_argument("--ticks", type=int, default=50)
    arguments.add_argument("--warm-up", type=int, default=10)
    given = arguments.parse_args()
    began = time.perf_counter()
    network = Network(given.network)
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
