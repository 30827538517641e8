"""Hypothesis strategies for chip programs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.chip.program import NEURON_TYPE, Program
from neurosyn.testing.programs import random_program

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "neurosyn.testing.strategies needs Hypothesis; install it with: pip install 'neurosyn[test]'"
    ) from error

__all__ = ["active_axons", "eedn_neuron_types", "neuron_types", "programs", "tame_neuron_types"]


def _near(low: int, high: int, *special: int) -> st.SearchStrategy[int]:
    """Return integers of a range, with more weight on small ones and the ends, where the rules change."""
    small = st.integers(max(low, -5), min(high, 5))
    return st.one_of(small, st.sampled_from([low, high, *special]), st.integers(low, high))


@st.composite
def neuron_types(draw: st.DrawFn, *, stochastic: bool = True) -> tuple[Any, ...]:
    """Draw a row of the table of neuron types, in any mode.

    Parameters
    ----------
    stochastic : bool
        Whether the neuron may use random numbers.
    """
    chance = st.booleans() if stochastic else st.just(False)
    return (
        tuple(draw(st.lists(_near(-255, 255), min_size=4, max_size=4))),
        tuple(draw(st.lists(chance, min_size=4, max_size=4))),
        draw(_near(-255, 255)),
        draw(chance),
        draw(st.booleans()),
        draw(_near(0, 2**18 - 1)),
        draw(_near(0, 2**18 - 1)),
        draw(_near(0, 18, 8)) if stochastic else 0,
        draw(st.integers(0, 2)),
        draw(st.booleans()),
        draw(_near(POTENTIAL_MIN, POTENTIAL_MAX)),
    )


def tame_neuron_types() -> st.SearchStrategy[tuple[Any, ...]]:
    """Return deterministic rows of small numbers, so that thresholds, resets and the start often coincide."""
    flags = st.booleans()
    return st.tuples(
        st.tuples(*[st.integers(-1, 1)] * 4),
        st.just((False,) * 4),
        st.integers(-2, 2),
        st.just(False),
        flags,
        st.integers(0, 2),
        st.integers(0, 2),
        st.just(0),
        st.integers(0, 2),
        flags,
        st.integers(-1, 1),
    )


def eedn_neuron_types() -> st.SearchStrategy[tuple[Any, ...]]:
    """Return rows of compiled networks: fires iff Σ w·u + λ ≥ 1; the potential is 0 after every tick."""
    return st.integers(-10, 10).map(lambda leak: ((-1, 1, 0, 0), (False,) * 4, leak, False, False, 1, 0, 0, 0, True, 0))


@st.composite
def programs(
    draw: st.DrawFn,
    types: st.SearchStrategy[tuple[Any, ...]] | None = None,
    *,
    max_cores: int = 3,
    max_axons: int = 140,
    max_neurons: int = 70,
    resting: bool = False,
) -> Program:
    """Draw programs of a few small cores with random crossbars, types, potentials and destinations.

    Parameters
    ----------
    types : strategy, optional
        Rows of the table of neuron types; by default any.
    max_cores, max_axons, max_neurons : int
        Largest sizes; the defaults exceed words and tiles of 64.
    resting : bool
        Whether all potentials start at 0.
    """
    rows = draw(st.lists(neuron_types() if types is None else types, min_size=1, max_size=4))
    cores = draw(st.integers(1, max_cores))
    axons = draw(st.one_of(st.integers(1, 8), st.integers(1, max_axons)))
    neurons = draw(st.one_of(st.integers(1, 8), st.integers(1, max_neurons)))
    shared = draw(st.integers(1, cores))
    density = draw(st.sampled_from([0.1, 0.5, 1.0]))
    pins = draw(st.integers(0, 3))
    extreme = draw(st.sampled_from([0, 0, 1, 2]))
    # Whole arrays come from one seed: shrinking them entry by entry would take too long.
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    potential = None
    if not resting:
        potential = random.integers(-20, 21, (cores, neurons), dtype=np.int32)
        edge = {1: POTENTIAL_MAX, 2: POTENTIAL_MIN}.get(extreme)
        if edge is not None:
            potential = np.clip(edge + potential * 40, POTENTIAL_MIN, POTENTIAL_MAX).astype(np.int32)
    return random_program(
        random,
        np.array(rows, NEURON_TYPE),
        cores=cores,
        axons=axons,
        neurons=neurons,
        crossbars=shared,
        density=density,
        potential=potential,
        pins=pins,
        lines=draw(st.integers(1, 2 * axons)),
        seeded=draw(st.booleans()),
    )


@st.composite
def active_axons(draw: st.DrawFn, program: Program, ticks: int) -> NDArray[np.bool_]:
    """Draw active axons, bool (ticks, C, A), at rates from 0 to 1."""
    rates = draw(st.lists(st.sampled_from([0.0, 0.02, 0.3, 1.0]), min_size=ticks, max_size=ticks))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random.random((ticks, program.cores, program.axons)) < np.array(rates)[:, None, None]
