"""Source of a run's model: the trainer, or a file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from neurosyn.errors import DataError
from neurosyn.model.shipped import model_path
from neurosyn.options import Options

__all__ = ["ModelSource"]


class ModelSource(Options):
    """Keys of table ``[train]`` beside the trainer's own."""

    model: str = Field(
        default="",
        description="model to use in place of training: a file relative to the scenario, or shipped:NAME; "
        "empty to train; `neurosyn train` always trains",
    )
    validation: float = Field(
        default=0.05, ge=0, lt=0.9, description="share of the training images held out to watch progress, by group"
    )
    images: int | None = Field(default=None, ge=1, description="use this many training images, drawn by seed")

    def file(self) -> Path | None:
        """Return the model file, or None if the trainer is to make one.

        Raises
        ------
        DataError
            If the file does not exist.
        """
        if not self.model:
            return None
        path = model_path(self.model)
        if not path.is_file():
            raise DataError(f"{path}: there is no such model (train.model); train one with `neurosyn train`")
        return path
