"""Model files: a trained or deployed network in one ``.safetensors`` file.

Metadata (key ``neurosyn``) is one JSON object: ``format`` (``"neurosyn-model-1"``), ``network`` (the description that
`neurosyn.network.network.build_network` takes), ``encoder`` and ``provenance``. Tensors of layer i, counted from 0:

=====================  ========  ==========================================================================
``layers.i.trinary``   uint8     on-chip weights in C order of (banks, fan_in, features), four to a byte,
                                 the first in the lowest two bits: 0 is 0, 1 is +1, 2 is −1; zeros fill up
``layers.i.weights``   float32   (banks, fan_in, features), of an off-chip layer
``layers.i.mean``      float64   (banks, features); ``std`` and ``bias`` likewise
``layers.i.leak``      int16     (banks, features), of a deployed layer
``layers.i.hidden``    float32   (banks, fan_in, features), of a trained layer
``layers.i.activity``  float32   (banks, features)
=====================  ========  ==========================================================================

Equal models give equal bytes. Reading trusts nothing: what does not fit the network's description is refused.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from neurosyn.data.encoder import MOST_TICKS
from neurosyn.errors import DataError, NeurosynError, PluginError
from neurosyn.model.model import LayerParameters, Model, Normalisation
from neurosyn.network.layer import MapShape
from neurosyn.network.network import BoundLayer, Network, build_network
from neurosyn.support.files import atomic_path
from neurosyn.support.untrusted import read_bytes, read_metadata

__all__ = ["FORMAT", "load_model", "pack_trinary", "save_model", "unpack_trinary"]

FORMAT = "neurosyn-model-1"

LARGEST_FILE = 1 << 30
"""Bytes; the 8-chip network of Esser et al. with hidden weights takes a tenth."""

LARGEST_MAP = 1 << 22
"""Elements of an encoded image: bounds what a hostile description can make the reader allocate."""

_PLACES = np.array([0, 2, 4, 6], np.uint8)
_DECODED = np.array([0, 1, -1], np.int8)


def pack_trinary(weights: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Return weights in {−1, 0, 1} packed four to a byte; see the module."""
    codes = np.zeros(-(-weights.size // 4) * 4, np.uint8)
    codes[: weights.size] = np.where(weights.ravel() < 0, 2, weights.ravel())
    return np.asarray(np.bitwise_or.reduce(codes.reshape(-1, 4) << _PLACES, axis=1), np.uint8)


def unpack_trinary(packed: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Return the weights of `shape`.

    Raises
    ------
    ValueError
        If the number of bytes is wrong or they hold anything but trinary weights and a zero rest.
    """
    size = math.prod(shape)
    if packed.shape != (-(-size // 4),):
        raise ValueError(f"{packed.shape} bytes for weights {shape}")
    codes = ((packed[:, None] >> _PLACES) & 3).ravel()
    if (codes == 3).any() or codes[size:].any():
        raise ValueError("weights beyond −1, 0, 1")
    return np.asarray(_DECODED[codes[:size]].reshape(shape))


def save_model(model: Model, path: Path | str) -> None:
    """Write `model`, whole or not at all.

    Raises
    ------
    DataError
        If a leak does not fit 16 bits.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for number, (layer, parameters) in enumerate(zip(model.network.layers, model.parameters, strict=True)):
        for name, array in _layer_tensors(layer, parameters).items():
            tensors[f"layers.{number}.{name}"] = np.ascontiguousarray(array)
    header = {
        "format": FORMAT,
        "network": model.network.describe(),
        "encoder": model.encoder,
        "provenance": model.provenance,
    }
    # One key only: safetensors writes several in no particular order.
    content = save(tensors, {"neurosyn": json.dumps(header, sort_keys=True, allow_nan=False)})
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(content)


def _layer_tensors(layer: BoundLayer, parameters: LayerParameters) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = {}
    if layer.off_chip:
        tensors["weights"] = parameters.weights.astype(np.float32)
    else:
        tensors["trinary"] = pack_trinary(parameters.weights)
    if parameters.normalisation is not None:
        for name in ("mean", "std", "bias"):
            tensors[name] = np.asarray(getattr(parameters.normalisation, name), np.float64)
    if parameters.leak is not None:
        if np.abs(parameters.leak).max() > np.iinfo(np.int16).max:
            raise DataError(
                f"model: layer {layer.name}: leak {parameters.leak.flat[np.abs(parameters.leak).argmax()]} does not "
                "fit 16 bits; no chip takes it"
            )
        tensors["leak"] = parameters.leak.astype(np.int16)
    for name in ("hidden", "activity"):
        array = getattr(parameters, name)
        if array is not None:
            tensors[name] = np.asarray(array, np.float32)
    return tensors


def load_model(path: Path | str) -> Model:
    """Read a model file.

    Raises
    ------
    DataError
        If the file is missing, cut short, damaged, or its parts do not fit each other.
    PluginError
        If it needs a layer plugin that is not there.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: there is no such model file; check the path")
    content = read_bytes(path, LARGEST_FILE, what="model file")
    try:
        header = _read_header(content)
        tensors = load(content)
        network = _read_network(header["network"])
        read = _TensorReader(tensors)
        parameters = tuple(read.layer(number, layer) for number, layer in enumerate(network.layers))
        read.check_all_read()
        return Model(network, parameters, header["encoder"], header["provenance"])
    except PluginError as error:
        raise PluginError(f"{path}: {error}") from error
    except (SafetensorError, NeurosynError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: is not a usable model file ({error}); train again or fetch it again") from error


def _read_header(content: bytes) -> dict[str, Any]:
    header = json.loads(read_metadata(content))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else None
        raise ValueError(f"its format is {found!r}, this version reads {FORMAT!r}")
    if not all(isinstance(header.get(table), dict) for table in ("network", "encoder", "provenance")):
        raise ValueError("network, encoder or provenance is no table")
    return header


def _read_network(description: dict[str, Any]) -> Network:
    sizes, layers = description["inputs"], description["layers"]
    copies, ticks = description.get("copies", 1), description.get("ticks_per_frame", 1)
    numbers = (*sizes, description["n_classes"], description["seed"], copies, ticks)
    if len(sizes) != 3 or any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError("the network's sizes are no numbers")
    if not 0 < math.prod(sizes) <= LARGEST_MAP or not 0 < description["n_classes"] <= LARGEST_MAP:
        raise ValueError(f"the network's inputs {sizes} or {description['n_classes']} classes are out of range")
    if not isinstance(layers, list) or not all(isinstance(spec, dict) for spec in layers):
        raise ValueError("the network's layers are no list of tables")
    if not copies:
        raise ValueError("the network has no copy")
    if not 1 <= ticks <= MOST_TICKS:
        raise ValueError(f"the network's frames take {ticks} ticks; they may take 1…{MOST_TICKS}")
    shape, classes, seed = MapShape(*sizes), description["n_classes"], description["seed"]
    return build_network(layers, shape, classes, seed, copies, ticks_per_frame=ticks)


class _TensorReader:
    """Reader of tensors by name, which checks them and keeps a list of those not read."""

    def __init__(self, tensors: dict[str, NDArray[Any]]) -> None:
        self._tensors = tensors
        self._left = set(tensors)

    def layer(self, number: int, layer: BoundLayer) -> LayerParameters:
        wiring = layer.connectivity
        weights_shape = (wiring.n_banks, wiring.fan_in, wiring.features)
        filters = (wiring.n_banks, wiring.features)
        prefix = f"layers.{number}."
        if layer.off_chip:
            weights: NDArray[Any] = self._take(prefix + "weights", np.float32, weights_shape)
        else:
            packed = self._take(prefix + "trinary", np.uint8, (-(-math.prod(weights_shape) // 4),))
            weights = unpack_trinary(packed, weights_shape)
        normalisation = leak = None
        if prefix + "mean" in self._tensors:
            normalisation = Normalisation(
                *(self._take(prefix + name, np.float64, filters) for name in ("mean", "std", "bias"))
            )
            if (normalisation.std < 0).any():
                raise ValueError(f"{prefix}std is negative")
        if prefix + "leak" in self._tensors:
            leak = self._take(prefix + "leak", np.int16, filters).astype(np.int32)
        if layer.off_chip and normalisation is None:
            raise ValueError(f"{prefix}mean is missing: an off-chip layer needs its normalisation")
        hidden = self._optional(prefix + "hidden", weights_shape)
        activity = self._optional(prefix + "activity", filters)
        if activity is not None and ((activity < 0) | (activity > 1)).any():
            raise ValueError(f"{prefix}activity is outside 0…1")
        return LayerParameters(weights, normalisation, leak, hidden, activity)

    def check_all_read(self) -> None:
        if self._left:
            raise ValueError(f"it has unknown tensors: {', '.join(sorted(self._left)[:5])}")

    def _optional(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
        return self._take(name, np.float32, shape) if name in self._tensors else None

    def _take(self, name: str, dtype: type[np.generic], shape: tuple[int, ...]) -> NDArray[Any]:
        if name not in self._tensors:
            raise ValueError(f"{name} is missing")
        array = self._tensors[name]
        self._left.discard(name)
        if array.dtype != dtype or array.shape != shape:
            raise ValueError(f"{name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds NaN or infinity")
        return array
