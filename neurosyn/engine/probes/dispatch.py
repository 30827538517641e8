"""Dispatch of a simulation's events to the probes that listen to them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from neurosyn.engine.probes.probe import Probe, RunInfo, TickColumns

__all__ = ["ProbeDispatcher", "ProbeWarning"]

_T = TypeVar("_T")


class ProbeWarning(UserWarning):
    """A probe failed and was switched off."""


class ProbeDispatcher:
    """The probes of a run. What a probe does not override is never called; one that fails is not called again.

    Parameters
    ----------
    probes
        In the order in which they are called.
    names
        What warnings call them; by default the names of their classes.
    """

    def __init__(self, probes: Sequence[Probe], names: Sequence[str] | None = None) -> None:
        self._probes = list(probes)
        self._names = [type(probe).__name__ for probe in probes] if names is None else list(names)
        self._off: dict[int, str] = {}

    @classmethod
    def of(cls, probes: Sequence[Probe] | ProbeDispatcher) -> ProbeDispatcher:
        """Return `probes` if they are at work already, else set them to work."""
        return probes if isinstance(probes, ProbeDispatcher) else cls(probes)

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

    def ask(self, probe: Probe, method: str, call: Callable[[], _T]) -> _T | None:
        """Return what `call` returns; None from a probe that is switched off, or is now because the call raises."""
        if id(probe) in self._off:
            return None
        try:
            return call()
        except Exception as error:
            reason = f"{type(error).__name__} in {method}: {error}"
            self._off[id(probe)] = reason
            warnings.warn(f"probe {self._name(probe)}: {reason}; it is switched off", ProbeWarning, stacklevel=2)
            return None

    def why_off(self, probe: Probe) -> str | None:
        """Return why a probe was switched off; None if it was not."""
        return self._off.get(id(probe))

    def _name(self, probe: Probe) -> str:
        return next(name for name, known in zip(self._names, self._probes, strict=True) if known is probe)

    def _listening(self, hook: str) -> list[Probe]:
        return [
            probe
            for probe in self._probes
            if id(probe) not in self._off and getattr(type(probe), hook) is not getattr(Probe, hook)
        ]

    def _call(self, hook: str, *arguments: Any) -> None:
        for probe in self._listening(hook):
            self.ask(probe, hook, partial(getattr(probe, hook), *arguments))
