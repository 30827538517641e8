"""The contract of trainers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from neurosyn.data.dataset import Split
from neurosyn.data.encoder import Encoder
from neurosyn.network.network import Network
from neurosyn.options import Options
from neurosyn.training.model import Model

__all__ = ["Trainer", "TrainingContext", "TrainingData"]


@dataclass(frozen=True)
class TrainingData:
    """Images to learn from, images to watch progress on, and the encoder that prepares both.

    `validation` is never the test split.
    """

    train: Split
    validation: Split | None
    encoder: Encoder
    encoder_spec: dict[str, Any]


@dataclass(frozen=True)
class TrainingContext:
    """What a trainer may use beside its own options.

    Attributes
    ----------
    folder
        For checkpoints: a trainer that finds its own there goes on from the newest and ends with the same model as
        an uninterrupted run.
    seed
        Seed of the scenario's training stage.
    report
        Called with a dictionary of what a person wants to see: ``epoch``, ``epochs``, ``step``, ``steps``, ``loss``,
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


class Trainer(Options, ABC):
    """A trainer plugin (group ``trainers``).

    Attributes
    ----------
    warm_starts
        Whether `train` begins with the weights of ``context.start`` where there is one.
    """

    warm_starts: ClassVar[bool] = False

    def result(self, network: Network) -> Network:
        """Return the network of the model that `train` makes of `network`: the same, unless copies stand side by side.

        A run checks that it fits the chip before it trains.
        """
        return network

    @abstractmethod
    def train(self, network: Network, data: TrainingData, context: TrainingContext) -> Model:
        """Train `network` and return the model.

        ``KeyboardInterrupt`` passes through after a checkpoint is safe.
        """
