"""Rounding of a population to integers of the chip: weights, thresholds, leaks, and what is lost.

With u units of potential in 1 of the original:

- threshold α = θ·u; where all is exact and firing is at v > θ, α is one more (reset to a value), or the potential
  begins one lower (reset by subtraction);
- bias of IF: the leak λ; the potential of a population of stage s begins at −(s + 1)·λ, since its first step comes in
  tick s + 1;
- decay of LIF: a leak towards 0 of the size of the mean decay, and the bias through axons that are always active;
- thresholds without memory: α = 1, λ = b·u − (θ·u − 1), and potentials below 0 return to 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurosyn.chip.shipped import TRUENORTH
from neurosyn.compiler.populations import ChipPopulation, TypedSynapses
from neurosyn.importing.codes import fit_codes, nearest, subset_sums
from neurosyn.importing.lattices import Lattice, find_lattice
from neurosyn.importing.network import Population

__all__ = ["Loss", "Statistics", "constant_axons", "has_lattice", "round_population"]

_HIGHEST = 255
"""Largest weight of an axon type and largest leak. [P] Cassidy et al. 2013."""
_THRESHOLD = 2**18 - 1
"""Largest threshold and deepest floor. [P] Cassidy et al. 2013."""
_STEPS_OF_INHIBITION = 64
"""Steps of full inhibition that the potential holds without reaching its floor."""
_TYPES = 4


@dataclass(frozen=True, eq=False)
class Statistics:
    """Activity of the original on calibration data.

    Attributes
    ----------
    rates : float64 array (inputs of all synapses,)
        Spikes per step of each source, in the order of the population's synapses.
    potential : float64 array (size,)
        Mean absolute potential.
    """

    rates: NDArray[np.float64]
    potential: NDArray[np.float64]


@dataclass(eq=False)
class Loss:
    """Losses of a population.

    Attributes
    ----------
    width : int
        Axons of an input.
    exact : bool
        Whether every spike is that of the original.
    signal_to_noise_db : float or None
        Of the weights; None where they are exact.
    reasons : list of str
        Of deviations of the neurons; that of the weights is not among them.
    """

    width: int
    exact: bool = True
    signal_to_noise_db: float | None = None
    reasons: list[str] = field(default_factory=list)

    def add(self, reason: str) -> None:
        """Add a reason for a deviation."""
        self.exact = False
        self.reasons.append(reason)


@dataclass(eq=False)
class _Rounded:
    """Integers of a population under construction; arrays (size,), weights (size, 4), masks (size, fan-in)."""

    units: NDArray[np.float64]
    weights: NDArray[np.int64]
    masks: NDArray[np.uint8]


def constant_axons(population: Population, width: int) -> int:
    """Return the number of always active axons that a population needs in a core: for a bias beside a decay."""
    if not (population.decay > 0).any() or not population.bias.any():
        return 0
    return 1 if width < _TYPES else _TYPES


def has_lattice(population: Population, width: int) -> bool:
    """Whether a population's weights are on a lattice that `width` axons an input represent."""
    matrix = sparse.hstack([s.weights for s in population.synapses], format="csr")
    return find_lattice(_padded(matrix)[0], width) is not None


def round_population(
    population: Population,
    width: int,
    ticks: Sequence[int],
    stage: int,
    statistics: Statistics | None = None,
    factor: float = 1.0,
    axons: int = TRUENORTH.core.axons,
) -> tuple[ChipPopulation, Loss]:
    """Return a population as integers, and what it loses.

    Parameters
    ----------
    population
    width
        Axons of an input at most: 2, 3 or 4. Weights on a lattice may need fewer.
    ticks
        Ticks that the spikes of each group of synapses take.
    stage
        `neurosyn.importing.stages.find_stages`.
    statistics
        Weights the errors of inputs by their rates, and gives the mean decay; without it all inputs count alike, and
        the potential is taken as half the threshold.
    factor
        Of thresholds, from a calibration.
    axons
        Of a core.
    """
    matrix = sparse.hstack([s.weights for s in population.synapses], format="csr")
    values, columns = _padded(matrix)
    loss = Loss(width)
    lattice = _lattice(values, width) if factor == 1.0 else None
    if lattice is not None:
        rounded, loss.width = _on_lattice(population, lattice, loss)
    else:
        rounded = _fitted(population, values, columns, width, statistics, axons)
    return _assemble(population, matrix, values, rounded, ticks, stage, loss, statistics, factor)


def _padded(matrix: sparse.csr_array) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return values and columns (rows, fan-in) of a matrix, padded with 0 and −1."""
    counts = np.diff(matrix.indptr)
    values = np.zeros((matrix.shape[0], int(counts.max(initial=0))))
    columns = np.full(values.shape, -1)
    inside = np.arange(values.shape[1]) < counts[:, None]
    values[inside], columns[inside] = matrix.data, matrix.indices
    return values, columns


def _lattice(values: NDArray[np.float64], width: int) -> Lattice | None:
    for axons in range(2, width + 1):
        lattice = find_lattice(values, axons)
        if lattice is not None:
            return lattice
    return None


def _on_lattice(population: Population, lattice: Lattice, loss: Loss) -> tuple[_Rounded, int]:
    """Return the integers of weights on a lattice: the smallest multiple with which the rest is whole, too."""
    largest = np.abs(lattice.weights).max(axis=1).clip(1)
    multiple = np.ones(population.size, np.int64)
    whole = np.zeros(population.size, bool)
    constant = population.bias if not (population.decay > 0).any() else np.zeros(population.size)
    needed = [constant / lattice.steps]
    if population.linear_reset:
        even = 1 if population.sign is None else 2
        needed.append(population.threshold / even / lattice.steps)
    else:
        needed.append(population.reset / lattice.steps)
    least = 1 if population.sign is None else 2
    for candidate in range(least, _HIGHEST + 1, least):
        fits = (candidate * largest <= _HIGHEST) & (np.abs(candidate * constant / lattice.steps) <= _HIGHEST)
        for amount in needed:
            rest = np.abs(candidate * amount - np.round(candidate * amount))
            fits &= rest <= 1e-6 * np.maximum(np.abs(candidate * amount), 1)
        multiple[fits & ~whole] = candidate
        whole |= fits
        if whole.all():
            break
    if not whole.all():
        loss.add("bias, threshold or reset are no multiples of the weights' step")
        best = np.floor(
            _limits(population, lattice.weights * lattice.steps[:, None], lattice.largest_fall) * lattice.steps
        )
        multiple = np.where(whole, multiple, best.clip(1)).astype(np.int64)
    return _Rounded(multiple / lattice.steps, lattice.weights * multiple[:, None], lattice.masks), lattice.width


def _fitted(
    population: Population,
    values: NDArray[np.float64],
    columns: NDArray[np.int64],
    width: int,
    statistics: Statistics | None,
    axons: int,
) -> _Rounded:
    """Return the integers of weights that are on no lattice."""
    importance = np.ones(values.shape)
    if statistics is not None:
        rates = statistics.rates + 0.1 * statistics.rates.mean() + 1e-9
        importance = np.where(columns >= 0, rates[columns], 0.0)
    fit = fit_codes(values, width, importance)
    masks = fit.masks
    room = axons - constant_axons(population, width)
    for rows in _sites(columns):
        seen = columns[rows[0]] >= 0
        excess = int(seen.sum()) * width - room
        if excess > 0:
            masks[rows] = _without_smallest(values[rows], fit.codes[rows], importance[rows], seen, excess)
    fall = np.maximum(-values, 0).sum(axis=1)
    codes = np.pad(fit.codes, ((0, 0), (0, _TYPES - width)))
    units = _limits(population, codes, fall)
    return _Rounded(units, np.round(codes * units[:, None]).astype(np.int64), masks)


def _sites(columns: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Return the rows of each set of inputs."""
    members: dict[bytes, list[int]] = {}
    for row, key in enumerate(columns):
        members.setdefault(key.tobytes(), []).append(row)
    return [np.array(rows) for rows in members.values()]


def _without_smallest(
    values: NDArray[np.float64],
    codes: NDArray[np.float64],
    importance: NDArray[np.float64],
    seen: NDArray[np.bool_],
    excess: int,
) -> NDArray[np.uint8]:
    """Return masks in which `excess` inputs do without axon type 0, those whose error grows least."""
    everything = np.uint8((1 << codes.shape[1]) - 1)

    def errors(allowed: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        masks = nearest(values, codes, allowed)
        sums = np.take_along_axis(subset_sums(codes), masks.astype(np.intp), axis=1)
        return masks, (importance * (values - sums) ** 2).sum(axis=0)

    full = np.full(values.shape[1], everything)
    growth = errors(full & ~np.uint8(1))[1] - errors(full)[1]
    growth[~seen] = np.inf
    allowed = full.copy()
    allowed[np.argsort(growth, kind="stable")[:excess]] &= ~np.uint8(1)
    return errors(allowed)[0]


def _limits(population: Population, codes: NDArray[np.float64], fall: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the most units of potential in 1 of the original with which every number fits the chip."""
    level = np.where(np.isfinite(population.threshold), population.threshold, 1.0)
    if population.kind == "Threshold":
        constant = np.abs(population.bias - population.threshold)
    else:
        constant = np.abs(population.bias)
    with np.errstate(divide="ignore", over="ignore"):
        units: NDArray[np.float64] = np.minimum.reduce(
            [
                _HIGHEST / np.abs(codes).max(axis=1),
                _HIGHEST / constant,
                _THRESHOLD / level,
                _THRESHOLD / (_STEPS_OF_INHIBITION * (fall + np.maximum(-population.bias, 0))),
                np.full(population.size, _THRESHOLD),
            ]
        )
    return units


def _assemble(
    population: Population,
    matrix: sparse.csr_array,
    values: NDArray[np.float64],
    rounded: _Rounded,
    ticks: Sequence[int],
    stage: int,
    loss: Loss,
    statistics: Statistics | None,
    factor: float,
) -> tuple[ChipPopulation, Loss]:
    size, units = population.size, rounded.units
    if population.sign is not None:
        rounded.weights = 2 * np.trunc(rounded.weights / 2).astype(np.int64)
    sums = np.take_along_axis(subset_sums(rounded.weights.astype(float)), rounded.masks.astype(np.intp), axis=1)
    noise = ((sums / units[:, None] - values) ** 2).sum()
    if noise > 1e-10 * (values**2).sum():
        loss.signal_to_noise_db = float(10 * np.log10((values**2).sum() / noise))
        loss.exact = False

    is_leaky = bool((population.decay > 0).any())
    bias = population.bias * units
    threshold = population.threshold * units * factor
    leak, constants, weights = np.round(bias), sparse.csr_array((size, 0), dtype=np.uint8), rounded.weights
    if is_leaky:
        potential = population.threshold / 2 if statistics is None else statistics.potential
        leak = -np.round(population.decay * potential * units)
        loss.add("the exponential decay becomes a linear leak")
        if population.bias.any():
            constants, weights = _constants(weights, bias, loss.width)
    alpha, reset, initial = _threshold(population, threshold, units, loss)
    if population.sign is not None:
        alpha = 2 * np.round(threshold / 2)
    floor = np.full(size, _THRESHOLD)
    saturates = np.full(size, True)
    if population.sign is not None:
        # Where one relay of the pair fires, the other gets the quantum back. Weights and quanta are even and potentials
        # begin odd, so that neither meets its threshold exactly while the other just misses its floor.
        floor, saturates, initial = alpha, np.full(size, False), population.sign.astype(float)
    if population.kind == "Threshold":
        leak, alpha, floor = np.round(bias) - (alpha - 1), np.ones(size), np.zeros(size)
        initial = np.zeros(size)
    elif not is_leaky:
        initial = initial - (stage + 1) * leak
        _check_start(initial, leak, alpha, loss)
    leak = leak.clip(-_HIGHEST, _HIGHEST)

    return (
        ChipPopulation(
            name=population.name,
            synapses=_typed(population, matrix, rounded.masks, ticks),
            constants=constants,
            start=stage + 1,
            weights=weights.astype(np.int16),
            leak=leak.astype(np.int16),
            leak_reversal=np.full(size, is_leaky),
            threshold=alpha.clip(1, _THRESHOLD).astype(np.int32),
            negative_threshold=floor.clip(0, _THRESHOLD).astype(np.int32),
            reset_mode=np.full(size, 1 if population.linear_reset and population.kind != "Threshold" else 0, np.uint8),
            negative_saturation=saturates,
            reset=reset.astype(np.int32),
            initial=initial.clip(-(2**19), 2**19 - 1).astype(np.int32),
            activity=np.full(size, 0.1, np.float32),
        ),
        loss,
    )


def _threshold(
    population: Population, threshold: NDArray[np.float64], units: NDArray[np.float64], loss: Loss
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return α, the reset potential and the initial potential."""
    reset = np.round(population.reset * units)
    initial = np.zeros(population.size)
    if not loss.exact:
        return np.round(threshold), reset, initial
    near = np.round(threshold)
    tied = np.abs(threshold - near) <= 1e-6 * np.maximum(near, 1)
    if population.fires_at:
        return np.where(tied, near, np.ceil(threshold)), reset, initial
    if population.linear_reset and population.kind != "Threshold":
        return near, reset, initial - 1
    return np.where(tied, near, np.floor(threshold)) + 1, reset, initial


def _check_start(
    initial: NDArray[np.float64],
    leak: NDArray[np.float64],
    alpha: NDArray[np.float64],
    loss: Loss,
) -> None:
    """Lower potentials that would fire before the first step, because a negative bias makes them begin high."""
    early = initial + leak >= alpha
    if early.any():
        initial[early] = (alpha - leak)[early] - 1
        loss.add(f"{int(early.sum())} neurons have a bias so negative that they begin below the original")


def _constants(
    weights: NDArray[np.int64], bias: NDArray[np.float64], width: int
) -> tuple[sparse.csr_array, NDArray[np.int64]]:
    """Return the types of the always active axons that add the bias, and the weights."""
    if width < _TYPES:
        weights = weights.copy()
        weights[:, -1] = np.round(bias).clip(-_HIGHEST, _HIGHEST)
        masks = np.full((len(weights), 1), 1 << (_TYPES - 1), np.uint8)
    else:
        masks = nearest(np.where(bias == 0, 1e-9, bias)[:, None], weights.astype(float))
    return sparse.csr_array(masks), weights


def _typed(
    population: Population, matrix: sparse.csr_array, masks: NDArray[np.uint8], ticks: Sequence[int]
) -> tuple[TypedSynapses, ...]:
    counts = np.diff(matrix.indptr)
    flat = masks[np.arange(masks.shape[1]) < counts[:, None]]
    joined = sparse.csr_array((flat, matrix.indices, matrix.indptr), shape=matrix.shape, dtype=np.uint8)
    parts, first = [], 0
    for synapses, delay in zip(population.synapses, ticks, strict=True):
        last = first + synapses.weights.shape[1]
        # Explicit zeros stay: neurons with the same inputs are cut into cores together.
        parts.append(TypedSynapses(synapses.source, delay, joined[:, first:last].tocsr()))
        first = last
    return tuple(parts)
