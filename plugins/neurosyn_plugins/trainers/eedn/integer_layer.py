"""One layer in training in 8-bit integers: forward and backward pass over a batch, for any connectivity."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import ScenarioError
from neurosyn.plugins.wiring import Bank, Wiring
from neurosyn_plugins.trainers.compute.constants import SOFT_ONE
from neurosyn_plugins.trainers.compute.sparsity import excess_activity
from neurosyn_plugins.trainers.eedn.integer_kernels import LARGEST, IntegerKernels, make_dither

__all__ = ["IntegerLayer"]

F32 = NDArray[np.float32]

ROUNDED_TO = 8
"""Fan-in and features are rounded up to a multiple of it."""


@dataclass(frozen=True, eq=False)
class _Group:
    """Consecutive banks of as many sites each.

    Attributes
    ----------
    banks, rows
        Which banks; which rows of the layer.
    index : int32 array (banks, sites, fan_in)
        Rows of their inputs.
    held, turned, start : int8 arrays (banks, fan_in, features), (banks, features, fan_in) and int32 (banks, fan_in)
        Their weights, as the kernels hold them.
    """

    banks: slice
    rows: slice
    index: NDArray[np.int32]
    held: NDArray[np.int8]
    turned: NDArray[np.int8]
    start: NDArray[np.int32]


class IntegerLayer:
    """A layer on the chip with its activities and gradients for one batch.

    Rows are ordered as `neurosyn.model.wiring` says.

    Parameters
    ----------
    wiring
        The layer's.
    images
        Size of the batch.
    weights, bias : float32 arrays (banks, fan_in, features) and (banks, features)
        What the optimiser moves: trinary weights, and biases.
    kernels
        Inner loops.

    Attributes
    ----------
    sums : int16 array (neurons, images)
        Of activities that count `one` each where they are 1.
    activity : uint8 array (neurons + 1, images)
        What the layer above gets: spikes, or the answers of soft neurons. The last row stays zero.
    gradient : array (neurons + 1, images)
        ∂L/∂activity in units of `unit`, filled by the layer above in the type that it `passes`, or by the loss. The
        last row collects what belongs to inputs outside the map and is never read.
    mean, std : float32 arrays (banks, features)
        Of the batch.
    """

    passes: type[np.int16 | np.int32]

    def __init__(self, wiring: Wiring, images: int, weights: F32, bias: F32, kernels: IntegerKernels) -> None:
        self.wiring, self.images, self.weights, self.bias = wiring, images, weights, bias
        self._check()
        self.sums = np.zeros((wiring.size, images), np.int16)
        self.activity = np.zeros((wiring.size + 1, images), np.uint8)
        self.gradient: NDArray[Any] = np.zeros((wiring.size + 1, images), np.float32)
        self.unit = 1.0
        self.mean, self.std = np.zeros(bias.shape, np.float32), np.zeros(bias.shape, np.float32)
        self._pressure = np.zeros(bias.shape, np.float32)
        self._terms = np.zeros((*bias.shape, 2), np.float32)
        self._kernels = kernels
        self._dither = make_dither()
        self._source_one, self._one, self._width = 1, 1, 1.0
        self._groups = [self._group(list(alike)) for _, alike in groupby(wiring.banks, lambda bank: bank.sites)]
        times = np.zeros(wiring.inputs + 1, np.int64)
        for bank in wiring.banks:
            times += np.bincount(bank.index.ravel(), minlength=len(times))
        # The zero row's gradient is never read.
        self._seen_once = int(times[:-1].max(initial=0)) <= 1
        self.passes = np.int16 if self._seen_once else np.int32
        # Of the gradients for the layer before: rows that are added to, or those that are not written, few if any.
        self._cleared: Any = np.flatnonzero(times[:-1] == 0) if self._seen_once else ...

    def _check(self) -> None:
        most = np.iinfo(np.int16).max // SOFT_ONE
        for what, size in (("inputs", self.wiring.fan_in), ("features", self.wiring.features)):
            if size > most:
                raise ScenarioError(
                    f"trainer eedn: products = 'int8': a layer has {size} {what} a group, more than the {most} that "
                    "16-bit sums have room for; set train.products to float32"
                )

    def _group(self, banks: list[Bank]) -> _Group:
        fan_in, features = (-(-size // ROUNDED_TO) * ROUNDED_TO for size in (self.wiring.fan_in, self.wiring.features))
        index = np.full((len(banks), banks[0].sites, fan_in), self.wiring.inputs, np.int32)
        for own, bank in zip(index, banks, strict=True):
            own[:, : self.wiring.fan_in] = bank.index.T
        return _Group(
            slice(banks[0].number, banks[-1].number + 1),
            slice(banks[0].rows.start, banks[-1].rows.stop),
            index,
            np.zeros((len(banks), fan_in, features), np.int8),
            np.zeros((len(banks), features, fan_in), np.int8),
            np.zeros((len(banks), fan_in), np.int32),
        )

    def _of(self, group: _Group, values: NDArray[Any]) -> NDArray[Any]:
        """Return the rows of a group: (banks, features, sites · images)."""
        return values[group.rows].reshape(len(group.index), self.wiring.features, -1)

    def _neurons(self, group: _Group) -> tuple[NDArray[np.int16], int, F32, F32, F32]:
        """Return sums, what an input of 1 counts in them, bias, mean and deviation."""
        banks = group.banks
        return (
            self._of(group, self.sums),
            self._source_one,
            self.bias[banks],
            self.mean[banks],
            self.std[banks],
        )

    def forward(self, source: NDArray[np.uint8], one: int, softness: float = 0.0) -> int:
        """Compute sums and activity, and return what an activity of 1 counts.

        Parameters
        ----------
        source : uint8 array (inputs + 1, images)
            Activities of the layer before.
        one
            What an activity of 1 counts there.
        softness
            Half the width of soft neurons; 0 for binary ones.
        """
        kernels = self._kernels
        # Narrower than the paper's, the triangle would let too little through.
        self._width = max(softness, 1.0)
        self._source_one, self._one = one, SOFT_ONE if softness else 1
        for group in self._groups:
            kernels.hold(self.weights[group.banks], group.held, group.turned, group.start)
            activity = self._of(group, self.activity)
            kernels.forward(source, group.index, group.turned, *self._neurons(group), softness, activity)
        return self._one

    def press(self, sparsity: float, spared_activity: float = 0.0, complements: bool = False) -> None:
        """Set the sparsity pressure on the next gradient, γ/n of its slope for each of the n spikes that make up ȳ.

        Parameters
        ----------
        sparsity
            γ.
        spared_activity, complements
            As in `excess_activity`.
        """
        for group in self._groups:
            activity, mean = self._of(group, self.activity), self._pressure[group.banks]
            self._kernels.mean_activity(activity, self._one, mean)
            mean[...] = excess_activity(mean, spared_activity, complements)
            mean *= np.float32(sparsity / activity.shape[2])

    def backward(
        self,
        source: NDArray[np.uint8],
        source_gradient: NDArray[Any] | None,
        weight_gradient: F32,
        bias_gradient: F32,
        stretch: int = 0,
    ) -> float:
        """Compute the gradients of one step; `gradient` holds ∂L/∂activity.

        Parameters
        ----------
        source
            As in `forward`.
        source_gradient : array of the type `passes` (inputs + 1, images) or None
            Written: ∂L/∂source, where it is wanted, in units of what is returned.
        weight_gradient, bias_gradient : float32 arrays like the weights and the bias
            Written.
        stretch
            Where in the random numbers for rounding this step begins.
        """
        kernels = self._kernels
        target: NDArray[Any] = np.zeros((0, self.images), self.passes) if source_gradient is None else source_gradient
        if source_gradient is not None:
            source_gradient[self._cleared] = 0
        bound = 0.0
        arguments = []
        for group in self._groups:
            banks = group.banks
            given = (
                *self._neurons(group),
                self._width,
                self._of(group, self.gradient),
                self.unit,
                self._pressure[banks],
            )
            arguments.append(given)
            own = kernels.measure_gradient(*given, bias_gradient[banks], self._terms[banks])
            bound = max(bound, float(own))
        scale = LARGEST / bound if bound > 0 else 1.0
        for group, given in zip(self._groups, arguments, strict=True):
            kernels.backward(
                *given,
                self._terms[group.banks],
                scale,
                self._dither,
                stretch,
                source,
                group.index,
                group.held,
                group.start,
                weight_gradient[group.banks],
                target,
                not self._seen_once,
            )
        return 1 / scale
