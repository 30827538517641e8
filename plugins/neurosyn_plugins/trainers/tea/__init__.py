"""Trainer ``tea``: synapses by chance, trained as probabilities and sampled to the chip (Esser et al. 2015).

*Backpropagation for energy-efficient neuromorphic computing* (NIPS 2015) trains a network of real numbers in which
every synapse has a probability and every neuron a probability to spike, and then draws the chip's synapses once. One
copy is cheap and a little wrong; several copies, drawn independently and averaged, come near the trained network.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from neurosyn.errors import DataError
from neurosyn.model.model import Model
from neurosyn.network.network import Network
from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData

__all__ = ["Tea"]


class Tea(Trainer):
    """Backpropagation through spike probabilities; trinary synapses and leaks are sampled, in several copies.

    The weight of a synapse is h in −1 … 1: it is there with probability ``|h|`` and has the sign of h. In the paper the
    sign belongs to the axon; here, where every input has an axon of each sign, it is learnt, too [A]. A transduction
    layer before the chip is trained along, with the binary neuron of trainer ``eedn``; with an encoder that gives
    spikes there need be none. Copies share the chip's input, and the read-out averages them.
    """

    warm_starts: ClassVar[bool] = True

    copies: int = Field(1, ge=1, le=256, description="networks sampled side by side, whose outputs are averaged")
    epochs: int = Field(8, ge=1, le=100_000, description="passes over the training images")
    batch: int = Field(64, ge=2, le=4096, description="images of one step")
    rate: float = Field(0.02, gt=0, le=10, description="learning rate of Adam at the start; falls linearly to 0")
    logit_scale: float = Field(20.0, gt=0, le=1e4, description="factor of the class means in the softmax")
    statistics_images: int = Field(
        2048,
        ge=2,
        le=1 << 24,
        description="training images that normalisation off the chip and activity are measured on",
    )

    def result(self, network: Network) -> Network:
        """Return the network with all copies, of each member where the network is a committee."""
        return network if self.copies == 1 else network.copied(network.copies * self.copies)

    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Train `network` and sample its copies; see `neurosyn.training.trainer.Trainer.train`."""
        from neurosyn_plugins.trainers.tea.training import Training

        labels = data.train.labels
        if len(labels) < 2:
            raise DataError(f"trainer tea: there are {len(labels)} training images; give at least 2")
        if labels.min() < 0 or labels.max() >= network.n_classes:
            raise DataError(
                f"trainer tea: training labels reach from {labels.min()} to {labels.max()}, the network has classes "
                f"0…{network.n_classes - 1}; use the data set that the network was built for"
            )
        return Training(self, network, data, context).run()
