"""Search of a design space for its Pareto front by Optuna: each point follows from the results of those before.

Points depend on the seed and the results alone: an interrupted search, begun again, comes to the same points, finds
their runs up to date, and goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosyn.analysis.design_space import GOALS
from neurosyn.errors import PluginError
from neurosyn.run.sampling import number_text, value_axis

if TYPE_CHECKING:
    import optuna

__all__ = ["Search"]

_TRIES = 50
"""Suggestions in a row that are known points, after which the space counts as searched."""
_INSTALL = "pip install 'neurosyn[optuna]'"


class Search:
    """A study of Optuna over a design space, with the goals of a sweep.

    Parameters
    ----------
    ranges
        By key, values to choose from, or one text ``LOW..HIGH``.
    seed
        Seed of the suggestions.

    Raises
    ------
    ScenarioError
        If a range is not of this form.
    PluginError
        If Optuna is not installed.
    """

    def __init__(self, ranges: Mapping[str, Sequence[str]], seed: int) -> None:
        if find_spec("optuna") is None:
            raise PluginError(f"sweep: --method optuna needs optuna; install it with: {_INSTALL}")
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._seed = seed
        self._distributions = {key: _distribution(key, values) for key, values in ranges.items()}
        up, down = optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE
        self._study = optuna.create_study(directions=[up if sign > 0 else down for sign in GOALS.values()])
        self._known: set[tuple[str, ...]] = set()
        self._goals: list[str] = []
        self._trial: optuna.Trial | None = None

    def ask(self) -> dict[str, str] | None:
        """Return the next point, values as texts; None if no other is to be found."""
        import optuna

        for attempt in range(_TRIES):
            # A sampler of its own for each point: the next one does not depend on where the search was begun again.
            seed = np.random.SeedSequence([self._seed, len(self._known), attempt]).generate_state(1)[0]
            self._study.sampler = optuna.samplers.TPESampler(seed=int(seed))
            trial = self._study.ask(self._distributions)
            values = {key: number_text(value) for key, value in trial.params.items()}
            point = tuple(values[key] for key in self._distributions)
            if point not in self._known:
                self._known.add(point)
                self._trial = trial
                return values
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return None

    def tell(self, numbers: Mapping[str, Any] | None) -> None:
        """Report the numbers of the last point; None if its runs failed.

        The goals are those that the first point with numbers has; a point that lacks one counts as failed.
        """
        import optuna

        known = [name for name in GOALS if numbers is not None and numbers.get(name) is not None]
        self._goals = self._goals or known
        assert self._trial is not None
        if numbers is None or not known or not set(self._goals) <= set(known):
            self._study.tell(self._trial, state=optuna.trial.TrialState.FAIL)
            return
        # A goal that no point has decides nothing.
        self._study.tell(self._trial, [float(numbers[name]) if name in self._goals else 0.0 for name in GOALS])


def _distribution(key: str, values: Sequence[str]) -> optuna.distributions.BaseDistribution:
    import optuna

    axis = value_axis(key, values)
    if isinstance(axis, list):
        return optuna.distributions.CategoricalDistribution(axis)
    low, high, is_whole = axis
    if is_whole:
        return optuna.distributions.IntDistribution(int(low), int(high))
    return optuna.distributions.FloatDistribution(low, high)
