"""Plain simulation of a spiking network in floating point: the original that the chip is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosyn.importing.network import INPUT, SpikingNetwork

__all__ = ["Recording", "simulate_floats"]


@dataclass(frozen=True, eq=False)
class Recording:
    """Activity of the populations of a network.

    Attributes
    ----------
    spikes : list of uint8 array (T, samples, size)
        For each population; I and LI have none.
    potential : list of float64 array (size,)
        Mean of the absolute potential before the spike, over steps and samples.
    final : float64 array (samples, outputs)
        Potential of the output population after the last step.
    """

    spikes: list[NDArray[np.uint8]]
    potential: list[NDArray[np.float64]]
    final: NDArray[np.float64]


def simulate_floats(network: SpikingNetwork, inputs: NDArray[np.uint8], reset: str) -> Recording:
    """Simulate a network on samples.

    Parameters
    ----------
    network
    inputs : uint8 array (T, samples, elements)
        Spikes, 0 or 1.
    reset
        ``zero``, ``subtract`` or ``late`` (the threshold is subtracted one step after the spike).
    """
    steps, samples = inputs.shape[:2]
    populations = network.populations
    spikes = [np.zeros((steps, samples, p.size), np.uint8) for p in populations]
    v = [np.zeros((samples, p.size)) for p in populations]
    owed = [np.zeros((samples, p.size)) for p in populations]
    potential = [np.zeros(p.size) for p in populations]
    for step in range(steps):
        for number, population in enumerate(populations):
            current = np.broadcast_to(population.bias, (samples, population.size)).copy()
            for synapses in population.synapses:
                if step < synapses.delay:
                    continue
                source = inputs if synapses.source == INPUT else spikes[synapses.source]
                current += (synapses.weights @ source[step - synapses.delay].T.astype(np.float64)).T
            if population.kind == "Threshold":
                v[number] = current
            else:
                v[number] = (1 - population.decay) * v[number] + current
            late = reset == "late" and population.linear_reset and population.kind in ("IF", "LIF")
            if late:
                v[number] -= owed[number]
            potential[number] += np.abs(v[number]).mean(axis=0)
            reached = np.greater_equal if population.fires_at else np.greater
            fired = reached(v[number], population.threshold)
            spikes[number][step] = fired
            if late:
                owed[number] = np.where(fired, population.threshold, 0.0)
            elif population.linear_reset:
                v[number] -= np.where(fired, population.threshold, 0.0)
            else:
                v[number] = np.where(fired, population.reset, v[number])
    return Recording(spikes, [total / steps for total in potential], v[network.output])
