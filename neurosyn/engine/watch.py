"""Probes at work: who wants what, and what happens to those that fail."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from neurosyn.engine.probe import Probe, RunInfo, TickColumns

__all__ = ["ProbeWarning", "Probes"]


class ProbeWarning(UserWarning):
    """A probe failed and was switched off."""


class Probes:
    """The probes of a run. What a probe does not override is never called; one that fails is not called again.

    Parameters
    ----------
    probes
        In the order in which they are called.
    """

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = list(probes)
        self._off: set[int] = set()

    @property
    def wants_ticks(self) -> bool:
        """Whether any probe looks at ticks."""
        return bool(self._listening("tick"))

    def started(self, info: RunInfo) -> None:
        """Tell the probes what is simulated."""
        self._call("started", info)

    def tick(self, columns: Callable[[], TickColumns]) -> None:
        """Show a tick; `columns` is called only if somebody looks."""
        if self.wants_ticks:
            self._call("tick", columns())

    def finished(self) -> None:
        """Tell the probes that the run has ended, well or not."""
        self._call("finished")

    def _listening(self, hook: str) -> list[Probe]:
        return [
            probe
            for probe in self._probes
            if id(probe) not in self._off and getattr(type(probe), hook) is not getattr(Probe, hook)
        ]

    def _call(self, hook: str, *arguments: Any) -> None:
        for probe in self._listening(hook):
            try:
                getattr(probe, hook)(*arguments)
            except Exception as error:
                self._off.add(id(probe))
                warnings.warn(
                    f"probe {type(probe).__name__}: {type(error).__name__} in {hook}: {error}; it is switched off",
                    ProbeWarning,
                    stacklevel=2,
                )
