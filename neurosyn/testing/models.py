"""Random models, for tests of the stages after training."""

from __future__ import annotations

import numpy as np

from neurosyn.model.model import LayerParameters, Model, Normalisation
from neurosyn.network.network import Network

__all__ = ["random_model"]

ZEROS = 0.46
"""Share of zero weights, as in IBM's deployed networks (45–47 %). [IBM]"""


def random_model(network: Network, seed: int = 0) -> Model:
    """Return a model with random weights whose filters spike about half of the time.

    Parameters
    ----------
    network
        Network of the model.
    seed
        Equal seeds give equal models.

    Returns
    -------
    Model
        Not deployed: every layer has a normalisation, on-chip weights are trinary. Layers with fixed weights keep
        them.
    """
    rng = np.random.default_rng(seed)
    parameters = []
    for layer in network.layers:
        wiring = layer.connectivity
        if layer.fixed is not None:
            parameters.append(LayerParameters(layer.fixed.weights, leak=1 - layer.fixed.threshold))
            continue
        filters = (wiring.n_banks, wiring.features)
        shape = (wiring.n_banks, wiring.fan_in, wiring.features)
        spread = np.sqrt(wiring.fan_in * (1 - ZEROS) / 2)
        normalisation = Normalisation(
            mean=rng.normal(0, spread / 4, filters),
            std=spread * rng.uniform(0.8, 1.2, filters),
            bias=rng.normal(0, 0.3, filters),
        )
        if layer.off_chip:
            weights = rng.normal(size=shape).astype(np.float32)
        else:
            weights = rng.choice(np.array([-1, 0, 1], np.int8), shape, p=[(1 - ZEROS) / 2, ZEROS, (1 - ZEROS) / 2])
        activity = rng.uniform(0.2, 0.8, filters).astype(np.float32)
        parameters.append(LayerParameters(weights, normalisation, activity=activity))
    return Model(network, tuple(parameters), {"kind": "none"}, {"made_by": f"random_model, seed {seed}"})
