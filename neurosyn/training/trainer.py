"""Contract of trainers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosyn.data.dataset import Split
from neurosyn.data.encoder import Encoder
from neurosyn.errors import DataError, ScenarioError
from neurosyn.model.model import Model
from neurosyn.network.network import Network
from neurosyn.options import PluginOptions

__all__ = ["Trainer", "TrainingContext", "TrainingData", "require_trainable"]


@dataclass(frozen=True)
class TrainingData:
    """Images to learn from, images to watch progress on, and the encoder that prepares both.

    Attributes
    ----------
    train, validation
        `validation` is never the test split.
    encoder, encoder_spec
        The encoder, and its table in the scenario.
    classes
        Class names in the order of the labels; empty if they have none.
    """

    train: Split
    validation: Split | None
    encoder: Encoder
    encoder_spec: dict[str, Any]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingContext:
    """Resources of a trainer beside its options.

    Attributes
    ----------
    folder
        For checkpoints: a trainer that finds its own there goes on from the newest and ends with the same model as
        an uninterrupted run.
    seed
        Seed of the scenario's training stage.
    report
        Called with a dictionary for the progress display: ``epoch``, ``epochs``, ``step``, ``steps``, ``loss``,
        ``accuracy``, ``validation_accuracy``, ``images_per_second``, ``seconds_left``; absent keys are not known yet.
        ``history``, a list with such a dictionary for each epoch so far, is kept as the run's learning curve; the
        model's provenance carries it, too.
    start
        A model of the same network, trained before, whose weights to begin with in place of random ones; only for a
        trainer with `warm_starts`.
    """

    folder: Path
    seed: int
    report: Callable[[dict[str, Any]], None] = lambda _progress: None
    start: Model | None = None


class Trainer(PluginOptions, ABC):
    """A trainer plugin (group ``trainers``).

    Attributes
    ----------
    warm_starts
        True if `train` begins with the weights of ``context.start``, where there is one.
    fixed_layers
        True if `train` keeps the weights of layers that have `fixed_weights`; else their networks are refused.
    sample_weights
        True if `train` weighs the loss by ``data.train.weights``.
    """

    warm_starts: ClassVar[bool] = False
    fixed_layers: ClassVar[bool] = False
    sample_weights: ClassVar[bool] = False

    def result(self, network: Network) -> Network:
        """Return the network of the model that `train` makes of `network`: the same, unless copies stand side by side.

        A run checks that it fits the chip before it trains.
        """
        return network

    def check(self, network: Network, classes: Sequence[str], *, held_out: bool) -> None:
        """Refuse options that do not fit the network or the data, before any image is loaded.

        Parameters
        ----------
        network
            The network to train.
        classes
            Names of the classes.
        held_out
            True if images are held out of the training.

        Raises
        ------
        ScenarioError
            With the option.
        """

    def check_labels(self, network: Network, labels: NDArray[np.int32]) -> None:
        """Refuse training labels that are too few or that the network has no classes for.

        Raises
        ------
        DataError
            If there are fewer than two labels, or one that is not 0 … n_classes − 1.
        """
        if len(labels) < 2:
            raise DataError(f"train: there are {len(labels)} training images; give at least 2")
        if labels.min() < 0 or labels.max() >= network.n_classes:
            raise DataError(
                f"train: training labels reach from {labels.min()} to {labels.max()}, the network has classes "
                f"0…{network.n_classes - 1}; use the data set that the network was built for"
            )

    @abstractmethod
    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Train `network` and return the model.

        ``KeyboardInterrupt`` passes through after a checkpoint is safe.
        """


def require_trainable(trainer: Trainer, network: Network) -> None:
    """Refuse a network that `trainer` cannot train.

    Raises
    ------
    ScenarioError
        If a layer brings weights along that the trainer would change, or the last one leaves nothing to be trained.
    """
    fixed = [layer.name for layer in network.layers if layer.fixed is not None]
    if fixed and not trainer.fixed_layers:
        raise ScenarioError(
            f"train: layer {fixed[0]} brings its weights along, and {type(trainer).__name__} trains all layers; choose "
            "a trainer that leaves them alone (ridge, logistic)"
        )
    if network.layers[-1].fixed is not None:
        raise ScenarioError(
            f"network: layer {fixed[-1]} before the read-out brings its weights along, so that nothing is left to "
            "train; put a layer without fixed weights (dense, conv2d) behind it"
        )
