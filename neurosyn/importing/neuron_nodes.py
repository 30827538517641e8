"""Nodes of neurons: their parameters in steps of time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import ChipLimitError, DataError
from neurosyn.importing.linear_nodes import NodeParameters
from neurosyn.importing.network import INTEGRATORS, Population
from neurosyn.importing.options import ImportOptions
from neurosyn.importing.values import Value, fits

__all__ = ["make_neurons"]

_FAINT = 0.01


def make_neurons(
    name: str,
    kind: str,
    parameters: NodeParameters,
    value: Value,
    options: ImportOptions,
    step: float,
    remark: Callable[[str], None],
) -> Population:
    """Return the neurons of a node.

    Parameters
    ----------
    name, kind
        The node and its type.
    parameters
        As in the file: arrays, or scalars for all neurons.
    value
        Their input.
    options
    step
        dt in seconds.
    remark
        Called with each deviation from what NIR describes.

    Raises
    ------
    ChipLimitError
        If the parameters describe neurons that the chip, or the framework itself, cannot run.
    DataError
        If shapes do not fit.
    """
    size = math.prod(value.shape)

    def values(key: str) -> NDArray[np.float64]:
        array = parameters.array(key)
        if array.ndim == 0 and size > 1:
            remark("scalar parameters are taken for all neurons")
        if array.size == size:
            return array.ravel()
        if not fits(array.shape, value.shape):
            raise DataError(
                f"{parameters.where}: '{key}' has the shape {array.shape}, its input {value.shape}; "
                "export the network again"
            )
        return np.broadcast_to(array, value.shape).ravel()

    decay, gain = np.zeros(size), np.ones(size)
    constant = value.constant
    if kind in ("IF", "I"):
        gain = step * values("r")
    elif kind in ("LIF", "LI"):
        decay, gain = _leaky(parameters.where, values("tau"), values("r"), step, remark)
        leak = values("v_leak") if "v_leak" in parameters else np.zeros(size)
        constant = constant * gain + decay * leak
    if not np.isfinite(gain).all():
        raise ChipLimitError(f"{parameters.where}: r is infinite; give the file a finite r")
    if kind in ("IF", "I", "Threshold"):
        constant = constant * gain
    if kind in INTEGRATORS:
        threshold = np.full(size, np.inf)
    else:
        threshold = values("threshold" if kind == "Threshold" else "v_threshold")
        if not np.isfinite(threshold).all() or (threshold <= 0).any():
            wrong = threshold[~(np.isfinite(threshold) & (threshold > 0))][0]
            raise ChipLimitError(
                f"{parameters.where}: a threshold is {wrong:g}; neurons that must stay silent at rest need "
                "one above 0; correct v_threshold"
            )
    reset = values("v_reset") if "v_reset" in parameters else np.zeros(size)
    if kind in ("IF", "LIF") and "v_reset" not in parameters:
        remark("v_reset is missing, taken as 0")
    if kind == "LIF" and options.reset != "late" and np.allclose(decay, 1, rtol=0, atol=1e-6):
        remark("tau = dt: nothing is kept from step to step")
        kind, decay = "Threshold", np.zeros(size)
    scaled = value.scaled(gain, name)
    population = Population(
        name, kind, value.shape, scaled.synapses, constant, decay, threshold, reset,
        linear_reset=options.reset != "zero", fires_at=options.fire == "ge",
    )  # fmt: skip
    _check_reach(population, parameters.where, remark)
    return population


def _leaky(
    where: str,
    tau: NDArray[np.float64],
    r: NDArray[np.float64],
    step: float,
    remark: Callable[[str], None],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the decay a and the gain of the inputs of leaky neurons."""
    endless = np.isinf(tau)
    if (tau <= 0).any():
        raise ChipLimitError(f"{where}: tau is {tau.min():g}; it must be above 0; correct it")
    if (endless & ~np.isinf(r)).any():
        raise ChipLimitError(
            f"{where}: tau is infinite and r is not, so no input counts and the network is "
            "silent; export it as IF, or with r / tau finite"
        )
    if (np.isinf(r) & ~endless).any():
        raise ChipLimitError(f"{where}: r is infinite and tau is not; give the file a finite r")
    if endless.any():
        remark("tau = r = inf is taken as IF whose inputs count as they stand (r·dt/tau = 1)")
    with np.errstate(invalid="ignore"):
        decay = np.where(endless, 0.0, step / tau)  # at most 1, but for rounding
        gain = np.where(endless, 1.0, step * r / tau)
    if decay.max(initial=0) > 1 + 1e-6:
        raise ChipLimitError(
            f"{where}: dt = {step:g} is more than tau = {tau.min():g}, so the potential is "
            "unstable; give a shorter --dt or correct tau"
        )
    return decay, gain


def _check_reach(population: Population, where: str, remark: Callable[[str], None]) -> None:
    """Remark on neurons that can hardly fire, and refuse neurons without an input: no network is silent unnoticed."""
    if population.kind in INTEGRATORS:
        return
    rise = np.maximum(population.bias, 0)
    for synapses in population.synapses:
        rise = rise + synapses.weights.maximum(0).sum(axis=1)
    if not rise.any():
        raise ChipLimitError(
            f"{where}: no input raises its potential (weights or r are 0 or negative), so it is silent; check them"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        highest = np.where(population.decay > 0, rise / population.decay, np.inf)
    below = int((highest <= population.threshold).sum())
    if below:
        remark(
            f"{below} of {population.size} neurons stay below their threshold even if all inputs fire: is --dt right?"
        )
    elif rise.max() < _FAINT * population.threshold.min():
        remark("all inputs together raise the potential by less than 1 % of the threshold a step: is --dt right?")
