"""Checkpoints: the state of training in one safetensors file, replaced whole and never unpickled.

A checkpoint carries the fingerprint of everything that decides the result (options, network, data, seed) in its name
and inside, so that a changed configuration starts from the beginning and never mixes with the old one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from neurosyn.plugins import DataError
from neurosyn.plugins.files import atomic_path, read_bytes, read_metadata

__all__ = ["Checkpoint", "Progress", "fingerprint"]

FORMAT = "neurosyn-checkpoint-1"

MAX_BYTES = 4 << 30
"""Largest size of a checkpoint: hidden weights of 8 chips with the state of Adam take a tenth."""


def fingerprint(configuration: dict[str, Any], arrays: list[NDArray[Any]]) -> str:
    """Return 16 hexadecimal digits that change with the configuration (JSON values) or the arrays."""
    digest = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


@dataclass
class Progress:
    """Progress of a training.

    Attributes
    ----------
    epoch, step
        Epochs finished; steps finished in the one under way.
    loss, correct
        Sums over those steps: of the batches' mean loss, and of their accuracy.
    history
        One entry a finished epoch.
    """

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    correct: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def add(self, loss: float, accuracy: float) -> None:
        """Count a step with the mean loss and the accuracy of its batch."""
        self.step += 1
        self.loss += loss
        self.correct += accuracy

    def means(self) -> dict[str, Any]:
        """Return number, mean loss and accuracy of the epoch under way."""
        return {"epoch": self.epoch + 1, "loss": self.loss / self.step, "accuracy": self.correct / self.step}

    def report(self, epochs: int, steps: int, images: int, seconds: float) -> dict[str, Any]:
        """Return what `TrainingContext.report` takes within an epoch.

        Parameters
        ----------
        epochs, steps
            Epochs of the training, and steps of an epoch.
        images, seconds
            Of one step.
        """
        left = steps * (epochs - self.epoch) - self.step
        rates = {"images_per_second": images / seconds, "seconds_left": seconds * left}
        return {"epochs": epochs, "step": self.step, "steps": steps, **self.means(), **rates}

    def epoch_report(self, epochs: int, steps: int) -> dict[str, Any]:
        """Return what `TrainingContext.report` takes after an epoch."""
        counts = {"epochs": epochs, "step": steps, "steps": steps}
        return {**counts, **self.history[-1], "history": self.history}

    def next_epoch(self, entry: dict[str, Any]) -> Progress:
        """Return the progress at the start of the next epoch, with an entry about this one."""
        return Progress(self.epoch + 1, history=[*self.history, entry])


class Checkpoint:
    """The checkpoint file of one configuration."""

    def __init__(self, folder: Path, key: str) -> None:
        self.path = folder / f"checkpoint-{key}.safetensors"
        self._key = key

    def save(self, arrays: dict[str, NDArray[np.float32]], progress: Progress) -> None:
        """Replace the file."""
        header = {"format": FORMAT, "configuration": self._key, **vars(progress)}
        content = save(arrays, {"neurosyn": json.dumps(header)})
        with atomic_path(self.path) as temporary:
            temporary.write_bytes(content)

    def load(self, arrays: dict[str, NDArray[np.float32]], epochs: int, steps: int) -> Progress | None:
        """Fill `arrays` from the file and return its progress, or None if there is no file.

        Parameters
        ----------
        arrays
            Arrays to fill, by name.
        epochs, steps
            Epochs of the training, and steps of an epoch: a checkpoint beyond them is damaged.

        Raises
        ------
        DataError
            If the file is damaged or of another configuration; `arrays` are then as before.
        """
        if not self.path.exists():
            return None
        content = read_bytes(self.path, MAX_BYTES, what="checkpoint")
        try:
            header = _Header.model_validate_json(read_metadata(content))
            if (header.format, header.configuration) != (FORMAT, self._key):
                raise ValueError("it belongs to another configuration")  # noqa: TRY301
            if header.epoch > epochs or header.step > steps or len(header.history) != header.epoch:
                raise ValueError(f"it is at step {header.step} after {header.epoch} epochs")  # noqa: TRY301
            tensors = load(content)
            for name, array in arrays.items():
                stored = tensors[name]
                if stored.shape != array.shape or stored.dtype != array.dtype:
                    raise ValueError(f"{name} is {stored.dtype} {stored.shape}")  # noqa: TRY301
                if not np.isfinite(stored).all():
                    raise ValueError(f"{name} holds NaN or infinity")  # noqa: TRY301
        except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = (
                f"{error.errors()[0]['loc']}: {error.errors()[0]['msg']}"
                if isinstance(error, ValidationError)
                else error
            )
            raise DataError(
                f"{self.path}: is not a usable checkpoint ({reason}); delete it to train from the start"
            ) from error
        for name, array in arrays.items():
            array[...] = tensors[name]
        history = [entry.model_dump(exclude_unset=True) for entry in header.history]
        return Progress(header.epoch, header.step, header.loss, header.correct, history)


class _Epoch(BaseModel):
    """Entry of the history; trainers add numbers of their own."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    epoch: int = Field(ge=1)
    loss: float
    accuracy: float
    validation_accuracy: float = 0.0


class _Header(BaseModel):
    """Progress and configuration in the metadata of a checkpoint."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    format: str
    configuration: str
    epoch: int = Field(ge=0)
    step: int = Field(ge=0)
    loss: float
    correct: float
    history: list[_Epoch]
