"""The course of training: epochs of shuffled batches, a checkpoint after each, and sampling at the end."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neurosyn.plugins import DataError, LayerParameters, Model, Network, Split, TrainingContext, TrainingData
from neurosyn.plugins.inference import classify, measure
from neurosyn.plugins.wiring import wire_layers
from neurosyn_plugins.trainers.checkpoint import Checkpoint, Progress, fingerprint
from neurosyn_plugins.trainers.compute.adam import adam_move
from neurosyn_plugins.trainers.compute.kernels import numba_kernels
from neurosyn_plugins.trainers.compute.loss import softmax_loss
from neurosyn_plugins.trainers.loss_weights import loss_weights
from neurosyn_plugins.trainers.tea.layer import ChanceLayer, TransducingLayer
from neurosyn_plugins.trainers.tea.options import TeaOptions
from neurosyn_plugins.trainers.tea.sampling import sample_leaks, sample_weights

__all__ = ["Training"]

F32 = NDArray[np.float32]

FRAMES = 256
"""Images evaluated together; bounds the memory."""

# Streams of random numbers, seeded by (seed, stream, …): nothing depends on what was drawn before.
START, ORDER, STATISTICS, SAMPLE = range(4)


class Training:
    """One training of one network.

    Parameters
    ----------
    options
        The trainer.
    network, data, context
        As `neurosyn.plugins.trainers.Trainer.train` gets them.
    """

    def __init__(self, options: TeaOptions, network: Network, data: TrainingData, context: TrainingContext) -> None:
        self.options = options
        self.network = network
        self.data = data
        self.context = context
        self.images = min(options.batch, len(data.train))
        self.steps = len(data.train) // self.images
        self._train = replace(data.train, weights=loss_weights(data, None, network.n_classes))
        rng, kernels = self._rng(START), numba_kernels()
        self.layers: list[ChanceLayer | TransducingLayer] = []
        for layer, wiring in zip(network.layers, wire_layers(network.layers), strict=True):
            shape = (len(wiring.banks), wiring.fan_in, wiring.features)
            weights = rng.uniform(-1, 1, shape).astype(np.float32)
            bias = np.zeros((shape[0], shape[2]), np.float32)
            self.layers.append((TransducingLayer if layer.off_chip else ChanceLayer)(wiring, weights, bias, kernels))
        self._members = _members(network, self.layers[-1].wiring.rows)
        if context.start is not None:
            self._begin_with(context.start)
        self._state: dict[str, F32] = {}
        for number, trained_layer in enumerate(self.layers):
            for name, array in (("weights", trained_layer.weights), ("bias", trained_layer.bias)):
                self._state[f"{number}.{name}"] = array
                self._state[f"{number}.{name}.first"] = np.zeros_like(array)
                self._state[f"{number}.{name}.second"] = np.zeros_like(array)

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.context.seed, *key])

    def _begin_with(self, start: Model) -> None:
        """Take weights and biases from a model of this trainer; a leak's mean is estimated from the copies."""
        if start.network.describe() | {"copies": 1} != self.network.describe() | {"copies": 1}:
            raise DataError("trainer tea: the model to begin with has another network")
        for layer, given in zip(self.layers, start.parameters, strict=True):
            banks = len(layer.weights)
            if isinstance(layer, TransducingLayer):
                assert given.normalisation is not None
                layer.weights[...], layer.bias[...] = given.weights, given.normalisation.bias
                continue
            if given.hidden is None or given.leak is None:
                raise DataError("trainer tea: the model to begin with has no probabilities; train it with tea")
            layer.weights[...] = given.hidden[:banks]
            layer.bias[...] = given.leak.reshape(-1, *layer.bias.shape).mean(axis=0) - 0.5

    def _checkpoint(self) -> Checkpoint:
        start, split = self.context.start, self._train
        configuration = {
            "trainer": {**self.options.model_dump(mode="json"), "copies": 1},
            "network": self.network.describe(),
            "encoder": self.data.encoder_spec,
            "seed": self.context.seed,
        }
        begun = (
            [] if start is None else [layer.weights for layer in self.layers] + [layer.bias for layer in self.layers]
        )
        weights = [] if split.weights is None else [split.weights]
        arrays: list[NDArray[Any]] = [split.images, split.labels, *begun, *weights]
        return Checkpoint(self.context.folder, fingerprint(configuration, arrays))

    def run(self) -> Model:
        """Train from the checkpoint, or from the start, to the end."""
        checkpoint = self._checkpoint()
        progress = checkpoint.load(self._state, self.options.epochs, self.steps) or Progress()
        with threadpool_limits(1, user_api="blas"):
            while progress.epoch < self.options.epochs:
                progress = self._learn_epoch(progress)
                checkpoint.save(self._state, progress)
            return self._model(progress.history)

    def _learn_epoch(self, progress: Progress) -> Progress:
        split, options, began = self._train, self.options, time.perf_counter()
        order = self._rng(ORDER, progress.epoch).permutation(len(split))
        while progress.step < self.steps:
            batch = split.take(order[progress.step * self.images : (progress.step + 1) * self.images])
            progress.add(*self._step(batch, progress.epoch * self.steps + progress.step))
            seconds = (time.perf_counter() - began) / progress.step
            self.context.report(progress.report(options.epochs, self.steps, self.images, seconds))
        entry = progress.means()
        if self.data.validation is not None and len(self.data.validation):
            entry["validation_accuracy"] = self._expected_accuracy(self.data.validation)
        progress = progress.next_epoch(entry)
        self.context.report(progress.epoch_report(options.epochs, self.steps))
        return progress

    def _forward(self, encoded: F32) -> list[F32]:
        """Return the activities of the encoded images and of all layers, each (rows + 1, images)."""
        activities = [np.vstack([encoded.reshape(len(encoded), -1).T, np.zeros((1, len(encoded)), np.float32)])]
        for layer in self.layers:
            activities.append(layer.forward(activities[-1]))
        return activities

    def _scores(self, outputs: F32) -> NDArray[np.float64]:
        """Return the mean spike probability of each class over its neurons and a frame's ticks, (classes, images)."""
        means = self._members @ outputs[:-1].astype(np.float64)
        return np.asarray(means.reshape(len(means), -1, self.network.ticks_per_frame).mean(axis=2))

    def _step(self, batch: Split, number: int) -> tuple[float, float]:
        """Learn from a batch and return its mean loss and its accuracy."""
        activities = self._forward(self.data.encoder.encode(batch.images))
        scores = self._scores(activities[-1])
        loss, slope = softmax_loss(scores, batch.labels, self.options.logit_scale, batch.weights)
        ticks = self.network.ticks_per_frame
        gradient = np.zeros_like(activities[-1])
        gradient[:-1] = self._members.T @ np.repeat(slope / ticks, ticks, axis=1)
        for place in reversed(range(len(self.layers))):
            before = self.layers[place].backward(activities[place], gradient, wanted=place > 0)
            gradient = gradient if before is None else before
        self._move(number)
        return loss, float((scores.argmax(axis=0) == batch.labels).mean())

    def _move(self, number: int) -> None:
        """Make step `number` of Adam."""
        rate = self.options.rate * (1 - number / (self.steps * self.options.epochs))
        for place, layer in enumerate(self.layers):
            for name, array, gradient in (
                ("weights", layer.weights, layer.weight_gradient),
                ("bias", layer.bias, layer.bias_gradient),
            ):
                first, second = self._state[f"{place}.{name}.first"], self._state[f"{place}.{name}.second"]
                array -= adam_move(gradient, first, second, number, rate)
            if isinstance(layer, ChanceLayer):
                np.clip(layer.weights, -1, 1, out=layer.weights)

    def _expected_accuracy(self, split: Split) -> float:
        """Return the accuracy of the network of probabilities, which infinitely many copies would have."""
        correct = 0
        for start in range(0, len(split), FRAMES):
            part = split.take(slice(start, start + FRAMES))
            scores = self._scores(self._forward(self.data.encoder.encode(part.images))[-1])
            correct += int((scores.argmax(axis=0) == part.labels).sum())
        return correct / len(split)

    def _model(self, history: list[dict[str, Any]]) -> Model:
        """Fix the layers before the chip, sample those on it, and return the model of all copies."""
        split, copies = self.data.train, self.options.copies
        chosen = np.sort(self._rng(STATISTICS).permutation(len(split))[: self.options.statistics_images])
        sample = split.take(chosen)
        encoded = self.data.encoder.encode(sample.images)
        before = [layer for layer in self.layers if isinstance(layer, TransducingLayer)]
        weights, biases = [layer.weights for layer in before], [layer.bias for layer in before]
        off_chip = replace(self.network, layers=self.network.off_chip)
        parameters = measure(off_chip, weights, biases, encoded) if before else []
        activity = self._activity(encoded[:FRAMES])
        rngs = [self._rng(SAMPLE, copy) for copy in range(copies)]
        for number, layer in list(enumerate(self.layers))[len(before) :]:
            parameters.append(
                LayerParameters(
                    np.concatenate([sample_weights(layer.weights, rng) for rng in rngs]),
                    leak=np.concatenate([sample_leaks(layer.bias, rng) for rng in rngs]),
                    hidden=np.tile(layer.weights, (copies, 1, 1)),
                    activity=np.tile(activity[number], (copies, 1)),
                )
            )
        provenance = {
            "trainer": {"kind": "tea", **self.options.model_dump(mode="json")},
            "seed": self.context.seed,
            "training_images": len(split),
            "history": history,
        }
        model = Model(self.options.result(self.network), tuple(parameters), dict(self.data.encoder_spec), provenance)
        classes = classify(model, self.data.encoder, sample.images)
        provenance["accuracy_expected"] = self._expected_accuracy(sample)
        provenance["accuracy_sampled"] = float((classes == sample.labels).mean())
        return model

    def _activity(self, encoded: F32) -> list[F32]:
        """Return the mean spike probability of each filter of each layer, (banks, features)."""
        activities = self._forward(encoded)[1:]
        return [
            np.stack([output[bank.rows].reshape(bank.features, -1).mean(axis=1) for bank in layer.wiring.banks])
            for layer, output in zip(self.layers, activities, strict=True)
        ]


def _members(network: Network, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the matrix (classes, outputs) that averages the outputs of each class."""
    members = np.zeros((network.n_classes, len(rows)))
    counted = network.readout >= 0
    members[network.readout[counted], rows[counted]] = 1
    return np.asarray(members / members.sum(axis=1, keepdims=True))
