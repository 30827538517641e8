"""The state after an epoch, in one safetensors file that is replaced whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from neurosyn.plugins import DataError
from neurosyn.plugins.files import atomic_path

__all__ = ["Checkpoint"]

FORMAT = "neurosyn-tea-checkpoint-1"


class Checkpoint:
    """The checkpoint of one configuration, whose fingerprint is in the file's name.

    Parameters
    ----------
    folder
        Where it is.
    configuration, arrays
        Everything that decides the result: plain JSON values, and data.
    """

    def __init__(self, folder: Path, configuration: dict[str, Any], arrays: list[NDArray[Any]]) -> None:
        digest = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode())
        for array in arrays:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        self._key = digest.hexdigest()[:16]
        self.path = folder / f"checkpoint-tea-{self._key}.safetensors"

    def save(self, arrays: dict[str, NDArray[np.float32]], history: list[dict[str, Any]]) -> None:
        """Replace the file; `history` has an entry for each finished epoch."""
        header = json.dumps({"format": FORMAT, "configuration": self._key, "history": history})
        content = save(arrays, {"neurosyn": header})
        with atomic_path(self.path) as temporary:
            temporary.write_bytes(content)

    def load(self, arrays: dict[str, NDArray[np.float32]]) -> list[dict[str, Any]]:
        """Fill `arrays` and return the history, which is empty if there is no file.

        Raises
        ------
        DataError
            If the file is damaged or of another configuration.
        """
        if not self.path.exists():
            return []
        try:
            with safe_open(self.path, framework="numpy") as file:
                header = json.loads((file.metadata() or {})["neurosyn"])
                if (header["format"], header["configuration"]) != (FORMAT, self._key):
                    raise ValueError("it belongs to another configuration")  # noqa: TRY301
                for name, array in arrays.items():
                    stored = file.get_tensor(name)
                    if stored.shape != array.shape or stored.dtype != array.dtype:
                        raise ValueError(f"{name} is {stored.dtype} {stored.shape}")  # noqa: TRY301
                    array[...] = stored
            return list(header["history"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(
                f"{self.path}: is not a usable checkpoint ({error}); delete it to train from the start"
            ) from error
