"""Gradient steps on the hidden weights: momentum or Adam, then clipping and quantisation.

The gradient with respect to a trinary weight is applied to the hidden one (straight-through). Adam has a compiled twin
(`neurosyn_plugins.trainers.eedn.numba_optimiser`), equal to the bit, that goes through memory once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from neurosyn_plugins.trainers.compute.adam import adam_factors, adam_move
from neurosyn_plugins.trainers.compute.quantiser import trinarise
from neurosyn_plugins.trainers.eedn.parameters import ParameterVector, Segment

__all__ = ["Adam", "Momentum", "Optimiser"]

F32 = NDArray[np.float32]

STRETCH = 1 << 14
"""Elements moved at a time, so that all operands stay in a core's cache."""


class Optimiser(ABC):
    """Moves a `ParameterVector`.

    Parameters
    ----------
    parameters
        The parameters to move.
    rates
        Factor of the learning rate of each part (``trinary``, ``real``, ``bias``).
    hysteresis
        Of the trinary weights.
    compiled
        Whether to use compiled loops where there are some.

    Attributes
    ----------
    state : dict of str to array
        Everything beside the parameters that the next step depends on.
    """

    def __init__(
        self, parameters: ParameterVector, rates: dict[str, float], hysteresis: float, *, compiled: bool = False
    ) -> None:
        self.parameters = parameters
        self.rates = rates
        self.compiled = compiled
        self.hysteresis = hysteresis
        self.state: dict[str, F32] = {}

    def _vector(self, name: str) -> F32:
        vector = self.state[name] = np.zeros_like(self.parameters.hidden)
        return vector

    def step(self, number: int, rate: float) -> None:
        """Move all parameters along the gradient.

        Parameters
        ----------
        number
            Steps made before this one.
        rate
            Learning rate.
        """
        parameters = self.parameters
        for segment in parameters.segments:
            own_rate = rate * self.rates[segment.part]
            if self.compiled and self.move_compiled(segment, number, own_rate):
                continue
            for start in range(segment.where.start, segment.where.stop, STRETCH):
                part = slice(start, min(start + STRETCH, segment.where.stop))
                hidden = parameters.hidden[part]
                hidden -= self.move(part, number, own_rate)
                if segment.part == "trinary":
                    np.clip(hidden, -1, 1, out=hidden)
                    effective = parameters.effective[part]
                    effective[:] = trinarise(hidden, effective, self.hysteresis)
                else:
                    parameters.effective[part] = hidden

    def move_compiled(self, segment: Segment, number: int, rate: float) -> bool:  # noqa: ARG002
        """Move a segment in a compiled loop, if there is one."""
        return False

    @abstractmethod
    def move(self, part: slice, number: int, rate: float) -> F32:
        """Return what to subtract from this part of the hidden parameters."""


class Momentum(Optimiser):
    """Stochastic gradient descent with momentum: v ← m·v + g, w ← w − rate·v."""

    def __init__(
        self, parameters: ParameterVector, rates: dict[str, float], hysteresis: float, momentum: float
    ) -> None:
        super().__init__(parameters, rates, hysteresis)
        self.momentum = np.float32(momentum)
        self._velocity = self._vector("velocity")

    def move(self, part: slice, number: int, rate: float) -> F32:  # noqa: ARG002
        """Return rate·v."""
        velocity = self._velocity[part]
        velocity *= self.momentum
        velocity += self.parameters.gradient[part]
        return np.float32(rate) * velocity


class Adam(Optimiser):
    """Adam (Kingma and Ba 2015)."""

    def __init__(
        self, parameters: ParameterVector, rates: dict[str, float], hysteresis: float, *, compiled: bool = False
    ) -> None:
        super().__init__(parameters, rates, hysteresis, compiled=compiled)
        self._first = self._vector("first_moment")
        self._second = self._vector("second_moment")

    def move_compiled(self, segment: Segment, number: int, rate: float) -> bool:
        """Move a segment."""
        from neurosyn_plugins.trainers.eedn.numba_optimiser import adam

        parameters, where = self.parameters, segment.where
        vectors = (parameters.hidden, parameters.effective, parameters.gradient, self._first, self._second)
        adam(
            *(vector[where] for vector in vectors),
            *adam_factors(number, rate),
            segment.part == "trinary",
            np.float32(0.5 - self.hysteresis),
            np.float32(0.5 + self.hysteresis),
        )
        return True

    def move(self, part: slice, number: int, rate: float) -> F32:
        """Return rate · m̂ / (√v̂ + ε)."""
        return adam_move(self.parameters.gradient[part], self._first[part], self._second[part], number, rate)
