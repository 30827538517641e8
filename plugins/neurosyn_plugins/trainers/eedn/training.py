"""The course of training: epochs of shuffled batches, checkpoints, and the model at the end."""

from __future__ import annotations

import os
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neurosyn.plugins import DataError, Model, Network, TrainingContext, TrainingData
from neurosyn.plugins.gpu import wrapped_errors
from neurosyn.plugins.inference import classify, load_model, measure, model_path, unfold
from neurosyn_plugins.trainers.checkpoint import Checkpoint, Progress, fingerprint
from neurosyn_plugins.trainers.compute.kernels import make_kernels
from neurosyn_plugins.trainers.eedn.augmentation import augment
from neurosyn_plugins.trainers.eedn.batch import BatchNetwork
from neurosyn_plugins.trainers.eedn.integer_kernels import make_integer_kernels
from neurosyn_plugins.trainers.eedn.interrupt import DeferredInterrupt
from neurosyn_plugins.trainers.eedn.optimiser import Adam, Momentum, Optimiser
from neurosyn_plugins.trainers.eedn.options import EednOptions
from neurosyn_plugins.trainers.eedn.parameters import ParameterVector
from neurosyn_plugins.trainers.eedn.products import make_products
from neurosyn_plugins.trainers.eedn.schedule import make_schedule
from neurosyn_plugins.trainers.loss_weights import loss_weights

__all__ = ["Training"]

REPORT_STEPS = 10
VALIDATION_STATISTICS = 1024
"""Images whose statistics serve the validation between epochs."""
START_IMAGES = 1024
"""Images whose statistics serve a start from a model that has leaks in place of normalisations."""

# Streams of random numbers; each is seeded by (seed, stream, …), so that nothing depends on what was drawn before.
START, ORDER, STEP, STATISTICS = range(4)


class Training:
    """One training of one network.

    Parameters
    ----------
    options
        The trainer.
    network, data, context
        As `neurosyn.training.trainer.Trainer.train` gets them.
    """

    def __init__(self, options: EednOptions, network: Network, data: TrainingData, context: TrainingContext) -> None:
        self.options = options
        self.network = network
        self.data = data
        self.context = context
        # Few images make one small batch; a part needs two for its statistics.
        parts = options.parts if len(data.train) >= 2 * options.parts else 1
        self.images = min(options.batch, len(data.train)) // parts * parts
        self.steps = len(data.train) // self.images
        self._weights = loss_weights(data, options.class_weight, network.n_classes)
        self.parameters = ParameterVector(network)
        self.parameters.initialise(self._rng(START), options.start_activity)
        if options.start:
            self._start_from(options.start)
        self.optimiser = self._make_optimiser()
        self.progress = Progress()
        self._schedule = make_schedule(options.schedule, options.decay_at, options.decay)
        kernels = make_kernels(options.kernels)
        products = make_products(options.products, kernels.arrays)
        integers = make_integer_kernels(options.kernels) if options.products == "int8" else None
        with self._device_errors():
            self._parts = [
                BatchNetwork(
                    network,
                    self.parameters,
                    self.images // parts * network.ticks_per_frame,
                    kernels,
                    products=products,
                    integers=integers,
                    logit_scale=options.logit_scale,
                    sparsity=options.sparsity,
                    spared_activity=options.spared_activity,
                    complements=options.complements,
                    dropout=options.dropout,
                )
                for _ in range(parts)
            ]
        if parts == 1:
            self.parameters.gradient = self._parts[0].gradient
        self._state = {"hidden": self.parameters.hidden, "effective": self.parameters.effective, **self.optimiser.state}
        if options.patience:
            self._state |= {name: array.copy() for name, array in self._best_of().items()}
        self._state_is_whole = True
        self._since = (time.perf_counter(), 0)

    def _device_errors(self) -> AbstractContextManager[None]:
        if self.options.kernels != "cupy":
            return nullcontext()
        return wrapped_errors(
            "trainer eedn: the GPU failed", "take a smaller train.batch if memory ran out, or train.kernels = 'numba'"
        )

    def _start_from(self, start: str) -> None:
        path = model_path(start)
        if not path.is_file():
            raise DataError(
                f"trainer eedn: start: there is no {path}; give the model.safetensors of a run folder or shipped:NAME"
            )
        model = load_model(path)
        # The same layers in another random wiring would be another network.
        if model.network.describe() != self.network.describe():
            raise DataError(
                f"trainer eedn: start: {path} is of another network, or one wired by another seed; train the same one"
            )
        self.parameters.take(unfold(model, self._statistics(START_IMAGES)[1]))

    def _statistics(self, images: int) -> tuple[int, NDArray[np.float32]]:
        """Return how many training images serve statistics, and these, encoded; each tick of a frame counts as one."""
        split = self.data.train
        count = min(max(2, images // self.network.ticks_per_frame), len(split))
        chosen = np.sort(self._rng(STATISTICS).permutation(len(split))[:count])
        return count, self.data.encoder.encode(split.images[chosen])

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self.context.seed, *stream]))

    def _make_optimiser(self) -> Optimiser:
        options = self.options
        rates = {"trinary": 1.0, "real": options.off_chip_rate, "bias": options.bias_rate}
        if options.optimiser == "adam":
            return Adam(self.parameters, rates, options.hysteresis, compiled=options.kernels == "numba")
        return Momentum(self.parameters, rates, options.hysteresis, options.momentum)

    def _make_checkpoint(self) -> Checkpoint:
        split = self.data.train
        configuration = {
            "trainer": self.options.to_table(),
            "network": self.network.describe(),
            "encoder": self.data.encoder_spec,
            "seed": self.context.seed,
        }
        # Random weights follow from the seed.
        starting = [self.parameters.hidden, self.parameters.effective] if self.options.start else []
        weights = [] if self._weights is None else [self._weights]
        arrays: list[NDArray[Any]] = [split.images, split.labels, *starting, *weights]
        return Checkpoint(self.context.folder, fingerprint(configuration, arrays))

    def run(self) -> Model:
        """Train from the checkpoint, or from the start, to the end."""
        checkpoint = self._make_checkpoint()
        self.progress = checkpoint.load(self._state, self.options.epochs, self.steps) or self.progress
        with threadpool_limits(1, user_api="blas"):
            with ThreadPoolExecutor(self._threads()) as pool, DeferredInterrupt() as interrupt:
                try:
                    while self.progress.epoch < self.options.epochs and not self._is_stale():
                        self._learn_epoch(interrupt, pool)
                        self._end_epoch()
                        checkpoint.save(self._state, self.progress)
                        interrupt.check()
                except KeyboardInterrupt:
                    # After a second Ctrl-C within a step, the checkpoint before is the newest whole state.
                    if self._state_is_whole:
                        checkpoint.save(self._state, self.progress)
                    raise
            if self._best_epoch():
                for name, array in self._best_of().items():
                    array[...] = self._state[name]
            return self._model(self.options.statistics_images)

    def _threads(self) -> int:
        return min(len(self._parts), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)

    def _learn_epoch(self, interrupt: DeferredInterrupt, pool: Executor) -> None:
        progress = self.progress
        order = self._rng(ORDER, progress.epoch).permutation(len(self.data.train))
        self._since = (time.perf_counter(), progress.step)
        while progress.step < self.steps:
            start = progress.step * self.images
            self._step(order[start : start + self.images], pool)
            if progress.step % REPORT_STEPS == 0 or progress.step == self.steps:
                self._report()
            interrupt.check()

    def _step(self, chosen: NDArray[np.intp], pool: Executor) -> None:
        progress, options = self.progress, self.options
        rng, *part_rngs = self._rng(STEP, progress.epoch, progress.step).spawn(1 + len(self._parts))
        number = progress.epoch * self.steps + progress.step
        done = number / (self.steps * options.epochs)
        split = self.data.train
        images = augment(
            split.images[chosen],
            rng,
            shift=options.shift,
            flip=options.flip,
            turn=options.turn,
            zoom=options.zoom,
            compiled=options.kernels != "numpy",
        )
        encoded = self.data.encoder.encode(images)
        weights = None if self._weights is None else self._weights[chosen]
        for part in self._parts:
            part.sparsity = options.sparsity if done >= options.sparsity_from else 0.0
        with self._device_errors():
            results = list(
                pool.map(
                    BatchNetwork.learn,
                    self._parts,
                    np.split(encoded, len(self._parts)),
                    np.split(split.labels[chosen], len(self._parts)),
                    part_rngs,
                    repeat(self._softness(done)),
                    repeat(None) if weights is None else np.split(weights, len(self._parts)),
                )
            )
        # Always added in this order: the result does not depend on which thread is done first.
        first, *others = (part.gradient for part in self._parts)
        total = self.parameters.gradient
        for number_of, gradient in enumerate(others):
            np.add(total if number_of else first, gradient, out=total)
        if others:
            total /= len(self._parts)
        self._state_is_whole = False
        self.optimiser.step(number, options.rate * self._schedule(done))
        progress.add(
            sum(result.loss for result in results) / len(results),
            sum(result.accuracy for result in results) / len(results),
        )
        self._state_is_whole = True

    def _softness(self, done: float) -> float:
        """Return half the width of the neurons after this share of the training: an even fall to binary ones."""
        options = self.options
        return options.softness * max(0.0, 1 - done / options.soft_until) if options.soft_until else 0.0

    def _end_epoch(self) -> None:
        entry = self.progress.means()
        if self.data.validation is not None and len(self.data.validation):
            validation = self.data.validation
            classes = classify(self._model(VALIDATION_STATISTICS), self.data.encoder, validation.images)
            entry["validation_accuracy"] = float((classes == validation.labels).mean())
        self._state_is_whole = False
        self.progress = self.progress.next_epoch(entry)
        if self._best_epoch() == self.progress.epoch:
            for name, array in self._best_of().items():
                self._state[name][...] = array
        self._state_is_whole = True
        self.context.report(self.progress.epoch_report(self.options.epochs, self.steps))

    def _best_of(self) -> dict[str, NDArray[np.float32]]:
        """Return what is kept of the best epoch, by its names in a checkpoint."""
        return {"best_hidden": self.parameters.hidden, "best_effective": self.parameters.effective}

    def _best_epoch(self) -> int:
        """Return the first epoch of binary neurons with the highest accuracy on the held-out images, 0 for none yet."""
        options = self.options
        first = options.soft_until * options.epochs if options.softness else 0
        counting = [entry for entry in self.progress.history if entry["epoch"] > first and options.patience]
        return int(max(counting, key=lambda entry: float(entry["validation_accuracy"]))["epoch"]) if counting else 0

    def _is_stale(self) -> bool:
        best = self._best_epoch()
        return bool(best) and self.progress.epoch - best >= self.options.patience

    def _report(self) -> None:
        since, first = self._since
        seconds = (time.perf_counter() - since) / (self.progress.step - first)
        self.context.report(self.progress.report(self.options.epochs, self.steps, self.images, seconds))

    def _model(self, statistics_images: int) -> Model:
        """Fix the normalisation on training images without augmentation and return the model."""
        count, encoded = self._statistics(statistics_images)
        parameters, layers = self.parameters, range(len(self.network.layers))
        measured = measure(
            self.network,
            [parameters.view(parameters.effective, number, "weights") for number in layers],
            [parameters.view(parameters.effective, number, "bias") for number in layers],
            encoded,
        )
        with_hidden = [
            own if layer.off_chip else replace(own, hidden=parameters.view(parameters.hidden, number, "weights").copy())
            for number, (layer, own) in enumerate(zip(self.network.layers, measured, strict=True))
        ]
        provenance = {
            "trainer": {"kind": "eedn", **self.options.to_table()},
            "seed": self.context.seed,
            "training_images": len(self.data.train),
            "statistics_images": count,
            "history": self.progress.history,
        }
        return Model(self.network, tuple(with_hidden), dict(self.data.encoder_spec), provenance)
