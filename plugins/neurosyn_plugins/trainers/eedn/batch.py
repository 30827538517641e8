"""A network in training on one batch, or a part of one: all layers forward, the loss, all layers backward."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import Network
from neurosyn.plugins.inference import class_means
from neurosyn.plugins.wiring import wire_layers
from neurosyn_plugins.trainers.compute.bfloat16 import as_float, put
from neurosyn_plugins.trainers.compute.constants import DITHERS, SOFT_ONE
from neurosyn_plugins.trainers.compute.kernels import Kernels
from neurosyn_plugins.trainers.compute.loss import softmax_loss, spread_gradient
from neurosyn_plugins.trainers.compute.sparsity import excess_activity
from neurosyn_plugins.trainers.eedn.integer_kernels import IntegerKernels
from neurosyn_plugins.trainers.eedn.integer_layer import IntegerLayer
from neurosyn_plugins.trainers.eedn.layer import Scratch, TrainedLayer
from neurosyn_plugins.trainers.eedn.parameters import ParameterVector
from neurosyn_plugins.trainers.eedn.products import Float32Products, Products

__all__ = ["BatchNetwork", "BatchResult"]


class BatchResult(NamedTuple):
    """Mean loss, and share of the batch classified as labelled."""

    loss: float
    accuracy: float


class BatchNetwork:
    """The layers of a network with room for the activities of one batch.

    Parameters
    ----------
    network
        The network to train.
    parameters
        Its parameters.
    images
        Size of the batch or part; each tick of a frame counts as an image.
    kernels
        Inner loops; the layers compute where these do.
    products
        Matrix products of the layers on the chip; float32 if not given.
    integers
        Inner loops in 8-bit integers, if the layers on the chip are to be computed so, in place of `products`.
    logit_scale
        Factor of the class means in the softmax.
    sparsity
        γ of the pressure γ·½·Σ max(0, ȳ − a)² on each filter's mean activity ȳ.
    spared_activity
        a of that pressure.
    complements
        Whether ȳ is that of the complement where the filter spikes in more than half of the cases.
    dropout
        Share of the spikes dropped after each layer, by its name.

    Attributes
    ----------
    gradient : float32 array
        Of the mean loss, like ``parameters.hidden``; `learn` leaves it there.
    sparsity : float
        γ of the next batch; it may change between batches.
    """

    def __init__(
        self,
        network: Network,
        parameters: ParameterVector,
        images: int,
        kernels: Kernels,
        *,
        products: Products | None = None,
        integers: IntegerKernels | None = None,
        logit_scale: float,
        sparsity: float = 0.0,
        spared_activity: float = 0.0,
        complements: bool = False,
        dropout: dict[str, float] | None = None,
    ) -> None:
        arrays = self._arrays = kernels.arrays
        self._parameters = parameters
        # Copies only where the kernels have a memory of their own.
        self._effective = arrays.to_device(parameters.effective)
        self.gradient = np.zeros_like(parameters.hidden)
        self._gradient = arrays.to_device(self.gradient)
        wirings = wire_layers(network.layers)
        # Real weights before the chip keep their precision.
        off_chip = Scratch(Float32Products(arrays))
        on_chip = Scratch(products or Float32Products(arrays))
        self.layers: list[TrainedLayer | IntegerLayer] = []
        for number, (layer, wiring) in enumerate(zip(network.layers, wirings, strict=True)):
            weights = parameters.view(self._effective, number, "weights")
            bias = parameters.view(self._effective, number, "bias")
            if integers and not layer.off_chip:
                self.layers.append(IntegerLayer(wiring, images, weights, bias, integers))
            else:
                scratch = off_chip if layer.off_chip else on_chip
                self.layers.append(TrainedLayer(wiring, images, weights, bias, kernels, scratch))
        # What an integer layer passes to one in float32.
        self._passed: Any = None
        for below, above in pairwise(self.layers):
            if isinstance(above, IntegerLayer) and isinstance(below, TrainedLayer):
                self._passed = below.gradient.astype(above.passes)
            else:
                below.gradient = below.gradient.astype(above.passes)
        # What each integer layer gets, and what an activity of 1 counts there.
        self._sources: list[tuple[NDArray[np.uint8], int] | None] = [None] * len(wirings)
        self._gradients = [
            (
                parameters.view(self._gradient, number, "weights"),
                parameters.view(self._gradient, number, "bias"),
            )
            for number in range(len(wirings))
        ]
        self._encoded = np.zeros((network.inputs.size + 1, images), np.float32)
        self._images = arrays.to_device(self._encoded)
        self._classes = np.empty(len(network.readout), np.int32)
        self._classes[wirings[-1].rows] = network.readout
        self._n_classes = network.n_classes
        self._logit_scale = logit_scale
        self.sparsity = sparsity
        self._pressure_options = (spared_activity, complements)
        self._drop = [(dropout or {}).get(layer.name, 0.0) for layer in network.layers]
        self._kept: list[Any] = [None] * len(wirings)

    def learn(
        self,
        encoded: NDArray[np.float32],
        labels: NDArray[np.int32],
        rng: np.random.Generator | None = None,
        softness: float = 0.0,
        weights: NDArray[np.float64] | None = None,
    ) -> BatchResult:
        """Pass a batch forward and back.

        Parameters
        ----------
        encoded : float32 array (images, height, width, channels)
            Tick by tick, where a frame takes several: the scores are means over its ticks.
        labels : int32 array (frames,)
        rng
            For dropout.
        softness
            Half the width of soft neurons; 0 for binary ones.
        weights : float64 array (frames,) or None
            Weights in the loss.
        """
        ticks = len(encoded) // len(labels)
        arrays = self._arrays
        arrays.update(self._effective, self._parameters.effective)
        self._encoded[:-1] = encoded.reshape(len(encoded), -1).T
        arrays.update(self._images, self._encoded)
        source: Any = self._images
        one = 0
        for number, layer in enumerate(self.layers):
            if isinstance(layer, IntegerLayer):
                source, one = self._sources[number] = (source, one) if one else _in_bytes(source, bool(number))
                one = layer.forward(source, one, softness)
            else:
                layer.forward(source, softness)
            if self._drop[number]:
                assert rng is not None
                kept = arrays.to_device(rng.random(layer.sums.shape, np.float32) >= self._drop[number])
                layer.activity[:-1] *= kept
                self._kept[number] = kept
            source = layer.activity

        last = self.layers[-1]
        answers = as_float(arrays.to_host(last.activity)[:-1])
        means = class_means(answers, self._classes, self._n_classes) / max(one, 1)
        scores = means.reshape(self._n_classes, -1, ticks).mean(axis=2)
        loss, gradient = softmax_loss(scores, labels, self._logit_scale, weights)
        spread = spread_gradient(np.repeat(gradient / ticks, ticks, axis=1), self._classes)
        last.gradient[:-1] = arrays.to_device(spread)
        stretch = int(rng.integers(DITHERS)) if rng is not None and one else 0

        for number in reversed(range(len(self.layers))):
            layer = self.layers[number]
            before = self.layers[number - 1] if number else None
            if self.sparsity:
                if isinstance(layer, IntegerLayer):
                    layer.press(self.sparsity, *self._pressure_options)
                else:
                    self._press(layer)
            kept_here = self._kept[number]
            if kept_here is not None:
                layer.gradient[:-1] *= kept_here
            passed = before.gradient if before else None
            if isinstance(layer, IntegerLayer):
                own = self._sources[number]
                assert own is not None
                passed = self._passed if isinstance(before, TrainedLayer) else passed
                unit = layer.backward(own[0], passed, *self._gradients[number], stretch)
                if isinstance(before, IntegerLayer):
                    before.unit = unit
                elif before:
                    before.gradient[...] = self._passed * np.float32(unit)
            else:
                layer.backward(before.activity if before else self._images, passed, *self._gradients[number])
        arrays.to_host(self._gradient, self.gradient)
        return BatchResult(loss, float((scores.argmax(axis=0) == labels).mean()))

    def _press(self, layer: TrainedLayer) -> None:
        """Add the gradient of the sparsity pressure: γ/n of its slope for each of the n spikes that make up ȳ."""
        for bank in layer.wiring.banks:
            activity = as_float(layer.activity[bank.rows]).reshape(bank.features, -1)
            pressure = self.sparsity * excess_activity(activity.mean(axis=1, dtype=np.float32), *self._pressure_options)
            pressure /= np.float32(activity.shape[1])
            gradient = layer.gradient[bank.rows].reshape(bank.features, -1)
            put(gradient, as_float(gradient) + pressure[:, None])


def _in_bytes(values: NDArray[Any], soft: bool) -> tuple[NDArray[np.uint8], int]:
    """Return activities in bytes, and what 1 counts: spikes as they are; `soft` answers in steps of 1/127."""
    if values.dtype == np.uint8:
        return values, 1
    one = SOFT_ONE if soft else 1
    return np.rint(as_float(values) * np.float32(one)).astype(np.uint8), one
