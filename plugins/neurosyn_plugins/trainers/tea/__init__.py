"""Trainer ``tea``: synapses by chance, trained as probabilities and sampled to the chip (Esser et al. 2015).

*Backpropagation for energy-efficient neuromorphic computing* (NIPS 2015) trains a network of real numbers in which
every synapse has a probability and every neuron a probability to spike, and then draws the chip's synapses once. One
copy is cheap and a little wrong; several copies, drawn independently and averaged, come near the trained network.
"""

from __future__ import annotations

from typing import ClassVar

from neurosyn.plugins import Model, Network, Trainer, TrainingContext, TrainingData
from neurosyn_plugins.trainers.tea.options import TeaOptions

__all__ = ["Tea"]


class Tea(TeaOptions, Trainer):
    """Backpropagation through spike probabilities; trinary synapses and leaks are sampled, in several copies.

    The weight of a synapse is h in −1 … 1: it is there with probability ``|h|`` and has the sign of h. In the paper the
    sign belongs to the axon; here, where every input has an axon of each sign, it is learnt, too [A]. A transduction
    layer before the chip is trained along, with the binary neuron of trainer ``eedn``; with an encoder that gives
    spikes there need be none. Copies share the chip's input, and the read-out averages them.
    """

    warm_starts: ClassVar[bool] = True
    sample_weights: ClassVar[bool] = True

    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Train `network` and sample its copies; see `neurosyn.plugins.trainers.Trainer.train`."""
        from neurosyn_plugins.trainers.tea.training import Training

        self.check_labels(network, data.train.labels)
        return Training(self, network, data, context).run()
