"""Reference inference with a trained network; the chip must reproduce it on every frame.

Off-chip layers are summed in float64, one input after the other, so that the bits of an image depend neither on the
images beside it nor on the machine. On-chip layers are exact: their sums are small integers, which float32 products
hold exactly, and the comparison r ≥ 0 is settled beforehand, in float64, for every sum that can occur.

A frame of several ticks is so many inputs, one after the other: n frames of T ticks are n·T rows. Only the read-out
joins them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neurosyn.data.encoder import Encoder
from neurosyn.errors import DataError, PluginError
from neurosyn.model.class_means import class_means
from neurosyn.model.model import NORMALISATION_EPSILON, LayerParameters, Model, Normalisation
from neurosyn.model.wiring import Bank, Wiring, wire_layers
from neurosyn.network.network import Network
from neurosyn.registry import blame

__all__ = [
    "class_scores",
    "classify",
    "exact_sums",
    "infer",
    "input_spikes",
    "integer_sums",
    "normalised_spikes",
    "predict",
    "spike_thresholds",
    "transduce",
]

FRAMES = 64
"""Frames integrated together; bounds the memory."""

IMAGES = 1024
"""Images encoded together; bounds the memory: a rate code of 16 ticks is 64 times as large as its images."""

Observer = Callable[[int, slice, NDArray[np.uint8]], None]


def spike_thresholds(parameters: LayerParameters, fan_in: int) -> NDArray[np.int32]:
    """Return the smallest integer sum at which each neuron of an on-chip layer spikes.

    From leaks, s + λ ≥ 1; from a normalisation, r = (s − μ)/(σ + ε) + b ≥ 0 evaluated in float64. The leak of a
    deployed model is 1 minus this threshold.

    Parameters
    ----------
    parameters
        Of an on-chip layer.
    fan_in
        Its inputs a site: sums lie between −fan_in and fan_in.

    Returns
    -------
    int32 array (banks, features)
        Between −fan_in (always spikes) and fan_in + 1 (never does), if it comes from a normalisation.
    """
    if parameters.leak is not None:
        return (1 - parameters.leak).astype(np.int32)
    normalisation = parameters.normalisation
    assert normalisation is not None
    sums = np.arange(-fan_in, fan_in + 1, dtype=np.float64)
    # r grows with s, so the silent sums are the lowest ones.
    return np.stack(
        [
            np.count_nonzero(~_reach(sums, mean[:, None], std[:, None], bias[:, None]), axis=1) - fan_in
            for mean, std, bias in zip(normalisation.mean, normalisation.std, normalisation.bias, strict=True)
        ]
    ).astype(np.int32)


def _reach(
    sums: NDArray[np.float64], mean: NDArray[np.float64], std: NDArray[np.float64], bias: NDArray[np.float64]
) -> NDArray[np.bool_]:
    return np.asarray((sums - mean) / (std + NORMALISATION_EPSILON) + bias >= 0)


def normalised_spikes(normalisation: Normalisation, bank: int, sums: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which neurons spike, r ≥ 0 in float64, for the sums (features, sites, images) of a bank."""
    mean, std, bias = (
        values[bank][:, None, None] for values in (normalisation.mean, normalisation.std, normalisation.bias)
    )
    return _reach(sums, mean, std, bias)


def exact_sums(bank: Bank, weights: NDArray[np.float32], source: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of a bank of a layer with real weights, input after input in float64.

    Every element goes through the same additions in the same order, whatever is computed beside it.

    Parameters
    ----------
    bank
        The bank.
    weights : float32 array (fan_in, features)
    source : float64 array (inputs + 1, images)
        Activities of the layer before, or encoded images.

    Returns
    -------
    float64 array (features, sites, images)
    """
    sums = np.zeros((bank.features, bank.sites, source.shape[1]))
    product = np.empty_like(sums)
    for rows, weight in zip(bank.index, weights.astype(np.float64), strict=True):
        np.multiply(weight[:, None, None], source[rows], out=product)
        sums += product
    return sums


def integer_sums(
    bank: Bank, weights: NDArray[np.float32], source: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the exact sums of a bank of a layer with trinary weights, some sites at a time.

    Parameters
    ----------
    bank
        The bank.
    weights : float32 array (fan_in, features)
        In {−1, 0, 1}.
    source : float32 array (inputs + 1, images)
        In {0, 1}; the last row is zero.

    Yields
    ------
    sites
        The sites.
    sums : float32 array (features, sites, images)
    """
    images = source.shape[1]
    for start, stop in bank.chunks(images):
        columns = np.take(source, bank.index[:, start:stop], axis=0).reshape(len(bank.index), -1)
        yield slice(start, stop), (weights.T @ columns).reshape(bank.features, -1, images)


def input_spikes(model: Model, encoder: Encoder, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the chip's input spikes for images.

    Parameters
    ----------
    model
        Trained or deployed.
    encoder
        The encoder that the model was trained with.
    images : uint8 array (n, height, width, channels)

    Returns
    -------
    uint8 array (n·T, inputs)
        The T ticks of a frame follow each other; otherwise as `transduce`.

    Raises
    ------
    PluginError
        If the encoder breaks its contract.
    DataError
        If its images do not fit the network; see `transduce`.
    """
    return np.concatenate([transduce(model, encoded) for encoded in _encode(model, encoder, images)])


def classify(model: Model, encoder: Encoder, images: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the classes of images, int32 (n,), by `predict`; parameters and errors as of `input_spikes`."""
    classes = [
        predict(model.network, infer(model, transduce(model, encoded))) for encoded in _encode(model, encoder, images)
    ]
    return np.concatenate(classes)


def _encode(model: Model, encoder: Encoder, images: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    """Yield encoded images, `IMAGES` at a time."""
    name = str(model.encoder.get("kind", type(encoder).__name__))
    for part in np.split(images, range(IMAGES, len(images), IMAGES)):
        with blame("encoders", name, "encode"):
            encoded = encoder.encode(part)
            shape = (len(part) * model.network.ticks_per_frame, *encoder.shape(images.shape[1:]))
        if encoded.dtype != np.float32 or encoded.shape != shape:
            raise PluginError(
                f"plugin encoders/{name}: encode() returned {encoded.dtype} {encoded.shape}, not float32 {shape}; "
                "correct the plugin"
            )
        yield encoded


def transduce(model: Model, encoded: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the chip's input spikes.

    Parameters
    ----------
    model
        Trained or deployed.
    encoded : float32 array (n, height, width, channels)
        Encoded images, tick by tick. Without an off-chip layer they must be 0 and 1.

    Returns
    -------
    uint8 array (n, inputs)
        In the order of the map ``network.chip_inputs``. The bits of an image do not depend on the others.

    Raises
    ------
    DataError
        If the images have another shape than the network's, are not finite, or are not spikes where they have to be.
    """
    network = model.network
    if encoded.shape[1:] != tuple(network.inputs):
        raise DataError(
            f"encoded images: have shape {encoded.shape[1:]}, the network takes {tuple(network.inputs)}; "
            "use the data set and encoder it was trained with"
        )
    if not np.isfinite(encoded).all():
        raise DataError("encoded images: contain NaN or infinity; correct the encoder")
    bits = np.empty((len(encoded), network.chip_inputs.size), np.uint8)
    if not network.off_chip:
        if not np.isin(encoded, (0, 1)).all():
            raise DataError(
                "encoded images: are not 0 and 1, and the network has no off-chip layer to turn them into spikes; "
                "choose a binary encoder or put a transduction layer first"
            )
        bits[:] = encoded.reshape(len(encoded), network.inputs.size)
        return bits
    wirings = wire_layers(network.off_chip)
    step = max(1, FRAMES // 4)
    for start in range(0, len(encoded), step):
        images = encoded[start : start + step].reshape(-1, network.inputs.size)
        source = np.zeros((network.inputs.size + 1, len(images)))
        source[:-1] = images.T
        for wiring, parameters in zip(wirings, model.parameters, strict=False):
            assert parameters.normalisation is not None
            spikes = np.zeros((wiring.size + 1, len(images)))
            for bank in wiring.banks:
                sums = exact_sums(bank, parameters.weights[bank.number], source)
                fired = normalised_spikes(parameters.normalisation, bank.number, sums)
                spikes[bank.rows] = fired.reshape(-1, len(images))
            source = spikes
        bits[start : start + step] = source[wirings[-1].rows].T
    return bits


def infer(model: Model, bits: NDArray[np.uint8], observe: Observer | None = None) -> NDArray[np.uint8]:
    """Return the spikes of the last layer.

    Parameters
    ----------
    model
        Trained or deployed.
    bits : uint8 or bool array (n, inputs)
        The chip's input spikes, 0 or 1.
    observe
        Called as ``observe(layer, frames, spikes)`` for each on-chip layer (numbered from 0) and batch of frames;
        `spikes` is uint8 (frames, outputs) in the order of the layer's output map.

    Returns
    -------
    uint8 array (n, outputs)
        In the order of the last layer's output map.

    Raises
    ------
    DataError
        If `bits` does not fit the network.
    """
    network = model.network
    if bits.ndim != 2 or bits.shape[1] != network.chip_inputs.size:
        raise DataError(
            f"input spikes: have shape {bits.shape}, the network takes {network.chip_inputs.size} a frame "
            f"({network.chip_inputs}); use the same network for both"
        )
    if bits.size and bits.max() > 1:
        raise DataError(f"input spikes: contain {bits.max()}; give 0 and 1")
    layers = network.on_chip
    wirings = wire_layers(layers)
    parameters = model.parameters[len(network.off_chip) :]
    weights = [layer.weights.astype(np.float32) for layer in parameters]
    thresholds = [
        spike_thresholds(layer, wiring.fan_in).astype(np.float32)
        for layer, wiring in zip(parameters, wirings, strict=True)
    ]
    outputs = np.empty((len(bits), layers[-1].output.size), np.uint8)
    # One BLAS thread: the products are too small for more, which only wait for each other.
    with threadpool_limits(1, user_api="blas"):
        for start in range(0, len(bits), FRAMES):
            frames = slice(start, min(start + FRAMES, len(bits)))
            source = np.zeros((network.chip_inputs.size + 1, frames.stop - frames.start), np.float32)
            source[:-1] = bits[frames].T
            for number, wiring in enumerate(wirings):
                source = _integrate(wiring, weights[number], thresholds[number], source)
                if observe is not None:
                    observe(number, frames, source[wiring.rows].T.astype(np.uint8))
            outputs[frames] = source[wirings[-1].rows].T
    return outputs


def _integrate(
    wiring: Wiring, weights: NDArray[np.float32], thresholds: NDArray[np.float32], source: NDArray[np.float32]
) -> NDArray[np.float32]:
    images = source.shape[1]
    spikes = np.zeros((wiring.size + 1, images), np.float32)
    for bank in wiring.banks:
        bank_spikes = spikes[bank.rows].reshape(bank.features, bank.sites, images)
        threshold = thresholds[bank.number][:, None, None]
        for sites, sums in integer_sums(bank, weights[bank.number], source):
            bank_spikes[:, sites] = sums >= threshold
    return spikes


def class_scores(network: Network, outputs: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the score of each class: the mean of the spikes of its outputs over the ticks of a frame.

    Parameters
    ----------
    network
        For its read-out, and T, its ticks per frame.
    outputs : uint8 array (n·T, outputs)

    Returns
    -------
    float64 array (n, n_classes)

    Raises
    ------
    DataError
        If the ticks are not those of whole frames.
    """
    ticks = network.ticks_per_frame
    if len(outputs) % ticks:
        raise DataError(f"output spikes: {len(outputs)} ticks are no whole number of frames of {ticks} ticks")
    means = class_means(outputs.T, network.readout, network.n_classes).T
    return np.ascontiguousarray(means.reshape(-1, ticks, network.n_classes).mean(axis=1))


def predict(network: Network, outputs: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the class with the highest score, the lowest of equals.

    Parameters
    ----------
    network
        For its read-out, and T, its ticks per frame.
    outputs : uint8 array (n·T, outputs)
        Spikes of the last layer, from `infer` or from the chip.

    Returns
    -------
    int32 array (n,)
    """
    return np.asarray(class_scores(network, outputs).argmax(axis=1), np.int32)
