"""Whether probes keep their contract."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosyn.chip.program import Program
from neurosyn.engine.probes.checks import checked_tables, disturb_program, plain_results
from neurosyn.engine.probes.plugin import ProbePlugin
from neurosyn.engine.probes.probe import RunInfo, TickColumns
from neurosyn.testing.conformance.problems import Findings, frozen_arrays
from neurosyn.testing.made_up_runs import random_run

__all__ = ["check_probe"]

_RUNS = {"timed ticks": (6, 4), "ticks without timing": (3, 0), "no ticks": (0, 0)}
"""Ticks, and how many of them are timed."""


def check_probe(plugin: type[ProbePlugin] | ProbePlugin, options: dict[str, Any] | None = None) -> None:
    """Check a probe: all hooks on runs with and without timing, plain results, tables, disturbances.

    Parameters
    ----------
    plugin
        The class, or an instance with the options to check it with.
    options
        Options for a class.

    Raises
    ------
    ConformanceError
        With everything that does not conform, a sentence each.
    """
    found = Findings("probes", plugin)
    probe = found.instance(plugin, ProbePlugin, options)
    if probe is not None:
        for what, (ticks, timed) in _RUNS.items():
            _check_run(found, probe, what, *random_run(ticks=ticks, timed=timed))
        if type(probe).disturb is not ProbePlugin.disturb:
            _check_disturbance(found, probe, random_run(ticks=0, timed=0)[0].program)
    found.raise_if_any()


def _check_run(found: Findings, probe: ProbePlugin, what: str, info: RunInfo, ticks: list[TickColumns]) -> None:
    for tick in ticks:
        frozen_arrays(tick)
        if tick.columns is not None:
            frozen_arrays(tick.columns)
    frozen_arrays(info.program)
    seen = []
    for _ in range(2):
        for hook, call in _hooks(probe, info, ticks):
            before = bool(found)
            with found.blaming(f"{hook}() of a run with {what}"):
                call()
            if bool(found) and not before:
                return
        with found.blaming(f"results() of a run with {what}"):
            results = plain_results(probe)
            with found.blaming(f"tables() of a run with {what}"):
                tables = checked_tables(probe)
                seen.append((results, {t: {c: np.asarray(a) for c, a in table.items()} for t, table in tables.items()}))
    if len(seen) == 2 and not _alike(*seen):
        found.add(f"a run with {what}", "a second one like it gives other results; let started() set everything anew")


def _hooks(probe: ProbePlugin, info: RunInfo, ticks: list[TickColumns]) -> list[tuple[str, Any]]:
    calls: list[tuple[str, Any]] = []
    if type(probe).disturb is not ProbePlugin.disturb:
        calls.append(("disturb", lambda: probe.disturb(info.program, 1)))
    calls.append(("started", lambda: probe.started(info)))
    calls += [("tick", lambda tick=tick: probe.tick(tick)) for tick in ticks]
    calls.append(("finished", probe.finished))
    return calls


def _alike(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    if one[0] != other[0] or one[1].keys() != other[1].keys():
        return False
    return all(
        one[1][table].keys() == other[1][table].keys()
        and all(np.array_equal(one[1][table][column], other[1][table][column]) for column in one[1][table])
        for table in one[1]
    )


def _check_disturbance(found: Findings, probe: ProbePlugin, program: Program) -> None:
    frozen_arrays(program)
    with found.blaming("disturb()"):
        first, second = (disturb_program(probe, program, 1) for _ in range(2))
        if (first is None) != (second is None):
            found.add("disturb()", "changes the program only at times; let it depend on the seed alone")
        elif first is not None and second is not None:
            if first.deviations != second.deviations or not _same_program(first.program, second.program):
                found.add("disturb()", "gives another program for the same seed; draw from the seed alone")
            if not all(isinstance(sentence, str) and sentence.strip() for sentence in first.deviations):
                found.add("disturb()", "has a deviation that is no sentence; say what was changed")


def _same_program(one: Program, other: Program) -> bool:
    return all(
        np.array_equal(value, vars(other)[name]) if isinstance(value, np.ndarray) else value == vars(other)[name]
        for name, value in vars(one).items()
    )
