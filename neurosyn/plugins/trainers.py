"""Contract of trainers."""

from __future__ import annotations

from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData

__all__ = ["Trainer", "TrainingContext", "TrainingData"]
