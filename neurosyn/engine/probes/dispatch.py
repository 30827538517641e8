"""Dispatch of a simulation's events to the probes that override the hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from neurosyn.engine.probes.checks import checked_state
from neurosyn.engine.probes.probe import Probe, RunInfo, TickColumns
from neurosyn.engine.state import State, gather, part_of

__all__ = ["ProbeDispatcher", "ProbeWarning"]

_T = TypeVar("_T")
_OFF = "is_off"


class ProbeWarning(UserWarning):
    """A probe failed and was switched off, or cannot be resumed."""


class ProbeDispatcher:
    """Dispatcher of the hooks of `Probe`.

    The probes that override a hook are collected once, so a hook that is not overridden costs nothing. A probe that
    fails is switched off: none of its methods is called again.

    Parameters
    ----------
    probes
        In the order in which they are called.
    names
        Names of the probes in warnings; by default those of their classes.
    """

    def __init__(self, probes: Sequence[Probe], names: Sequence[str] | None = None) -> None:
        self._probes = list(probes)
        self._names = [type(probe).__name__ for probe in probes] if names is None else list(names)
        self._off: dict[int, str] = {}
        self._warnings: set[str] = set()
        self._listeners = {
            hook: [probe for probe in self._probes if getattr(type(probe), hook) is not getattr(Probe, hook)]
            for hook in ("started", "tick", "finished")
        }

    @classmethod
    def of(cls, probes: Sequence[Probe] | ProbeDispatcher) -> ProbeDispatcher:
        """Return `probes` itself if it is a dispatcher, otherwise a dispatcher for the probes."""
        return probes if isinstance(probes, ProbeDispatcher) else cls(probes)

    @property
    def wants_ticks(self) -> bool:
        """True if any probe listens to ticks."""
        return bool(self._listeners["tick"])

    def started(self, info: RunInfo) -> None:
        """Call `Probe.started`."""
        self._call("started", info)

    def state(self) -> State | None:
        """Return the states of the probes that listen to ticks; None if one of them cannot be resumed.

        A probe that was switched off has the reason as its state.
        """
        state: State = {}
        for number, probe in enumerate(self._probes):
            if type(probe).tick is Probe.tick:
                continue
            own = self.attempt(probe, "state", partial(checked_state, probe))
            reason = self.why_off(probe)
            if reason is not None:
                own = {_OFF: np.array(reason)}
            elif own is None:
                self._warn_once(
                    f"probe {self._name(probe)}: cannot be resumed (it has no `state`), so there are no checkpoints; "
                    "an interrupted run begins at its first tick again"
                )
                return None
            state |= gather(**{str(number): own or {}})
        return state

    def resumed(self, info: RunInfo, state: State) -> None:
        """Call `Probe.resumed` with each probe's part of `state`, and `Probe.started` of those that have none."""
        for number, probe in enumerate(self._probes):
            own = part_of(state, str(number))
            if _OFF in own:
                self._switch_off(probe, str(own[_OFF]))
            elif type(probe).tick is Probe.tick:
                self.attempt(probe, "started", partial(probe.started, info))
            else:
                self.attempt(probe, "resumed", partial(probe.resumed, info, own))

    def tick(self, columns: Callable[[], TickColumns]) -> None:
        """Call `Probe.tick`; `columns` is called only if a probe listens."""
        if self.wants_ticks:
            self._call("tick", columns())

    def finished(self) -> None:
        """Call `Probe.finished`: the run has ended, well or not."""
        self._call("finished")

    def attempt(self, probe: Probe, method: str, call: Callable[[], _T]) -> _T | None:
        """Return the result of `call`; None if the probe is switched off, or is now because the call raises."""
        if id(probe) in self._off:
            return None
        try:
            return call()
        except Exception as error:
            reason = f"{type(error).__name__} in {method}: {error}"
            self._switch_off(probe, reason)
            warnings.warn(f"probe {self._name(probe)}: {reason}; it is switched off", ProbeWarning, stacklevel=2)
            return None

    def _switch_off(self, probe: Probe, reason: str) -> None:
        self._off[id(probe)] = reason
        for hook, listeners in self._listeners.items():
            self._listeners[hook] = [listener for listener in listeners if listener is not probe]

    def _warn_once(self, sentence: str) -> None:
        if sentence not in self._warnings:
            self._warnings.add(sentence)
            warnings.warn(sentence, ProbeWarning, stacklevel=3)

    def why_off(self, probe: Probe) -> str | None:
        """Return why a probe was switched off; None if it was not."""
        return self._off.get(id(probe))

    def _name(self, probe: Probe) -> str:
        return next(name for name, known in zip(self._names, self._probes, strict=True) if known is probe)

    def _call(self, hook: str, *arguments: Any) -> None:
        for probe in self._listeners[hook]:
            self.attempt(probe, hook, partial(getattr(probe, hook), *arguments))
