"""Conformance check of probes."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosyn.chip.program import Program
from neurosyn.engine.probes.checks import checked_state, checked_tables, disturb_program, plain_results
from neurosyn.engine.probes.plugin import ProbePlugin
from neurosyn.engine.probes.probe import Probe, RunInfo, TickColumns
from neurosyn.testing.conformance.problems import Problems, freeze_arrays
from neurosyn.testing.made_up_runs import random_run

__all__ = ["check_probe"]

_RUNS = {"timed ticks": (6, 4), "ticks without timing": (3, 0), "no ticks": (0, 0)}
"""Number of ticks and number of timed ticks of the runs of the check."""


def check_probe(plugin: type[ProbePlugin] | ProbePlugin, options: dict[str, Any] | None = None) -> None:
    """Check a probe: its hooks on runs with and without timing, its results, tables and disturbances.

    Parameters
    ----------
    plugin
        The class, or an instance with options.
    options
        Options for the class; ignored for an instance.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("probes", plugin)
    probe = problems.instance(plugin, ProbePlugin, options)
    if probe is not None:
        with problems.watching(probe):
            for what, (ticks, timed) in _RUNS.items():
                _check_run(problems, probe, what, *random_run(ticks=ticks, timed=timed))
            if type(probe).disturb is not ProbePlugin.disturb:
                _check_disturbance(problems, probe, random_run(ticks=0, timed=0)[0].program)
    problems.raise_if_any()


def _check_run(problems: Problems, probe: ProbePlugin, what: str, info: RunInfo, ticks: list[TickColumns]) -> None:
    for tick in ticks:
        freeze_arrays(tick)
        if tick.columns is not None:
            freeze_arrays(tick.columns)
    freeze_arrays(info.program)
    outcomes = []
    for _ in range(2):
        for hook, call in _hooks(probe, info, ticks):
            before = bool(problems)
            with problems.blaming(f"{hook}() of a run with {what}"):
                call()
            if bool(problems) and not before:
                return
        with problems.blaming(f"results() of a run with {what}"):
            results = plain_results(probe)
            with problems.blaming(f"tables() of a run with {what}"):
                tables = checked_tables(probe)
                outcomes.append(
                    (results, {t: {c: np.asarray(a) for c, a in table.items()} for t, table in tables.items()})
                )
    if len(outcomes) == 2 and not _alike(*outcomes):
        problems.add(f"a run with {what}", "a second equal run gives other results; reset all state in started()")
    elif outcomes and type(probe).tick is not Probe.tick:
        with problems.blaming(f"state() and resumed() of a run with {what}"):
            _check_resumption(problems, probe, what, info, ticks, outcomes[0])


def _check_resumption(
    problems: Problems,
    probe: ProbePlugin,
    what: str,
    info: RunInfo,
    ticks: list[TickColumns],
    expected: tuple[Any, Any],
) -> None:
    """Check that a probe which can be resumed gives the results of a run in one go."""
    half = len(ticks) // 2
    probe.started(info)
    for tick in ticks[:half]:
        probe.tick(tick)
    state = checked_state(probe)
    if state is None:
        return
    # The arrays may be those that the probe works on.
    state = {name: array.copy() for name, array in state.items()}
    for tick in ticks:
        probe.tick(tick)
    probe.resumed(info, state)
    for tick in ticks[half:]:
        probe.tick(tick)
    probe.finished()
    if not _alike(expected, _outcome(probe)):
        problems.add(
            f"a run with {what}", "gives other results when it is resumed; let state() return all of its state"
        )


def _outcome(probe: ProbePlugin) -> tuple[Any, Any]:
    tables = checked_tables(probe)
    arrays = {name: {c: np.asarray(a) for c, a in table.items()} for name, table in tables.items()}
    return plain_results(probe), arrays


def _hooks(probe: ProbePlugin, info: RunInfo, ticks: list[TickColumns]) -> list[tuple[str, Any]]:
    calls: list[tuple[str, Any]] = []
    if type(probe).disturb is not ProbePlugin.disturb:
        calls.append(("disturb", lambda: probe.disturb(info.program, 1)))
    calls.append(("started", lambda: probe.started(info)))
    calls += [("tick", lambda tick=tick: probe.tick(tick)) for tick in ticks]
    calls.append(("finished", probe.finished))
    return calls


def _alike(first: tuple[Any, Any], second: tuple[Any, Any]) -> bool:
    (results, tables), (other_results, other_tables) = first, second
    if results != other_results or tables.keys() != other_tables.keys():
        return False
    return all(
        tables[name].keys() == other_tables[name].keys()
        and all(np.array_equal(tables[name][column], other_tables[name][column]) for column in tables[name])
        for name in tables
    )


def _check_disturbance(problems: Problems, probe: ProbePlugin, program: Program) -> None:
    freeze_arrays(program)
    with problems.blaming("disturb()"):
        first, second = (disturb_program(probe, program, 1) for _ in range(2))
        if (first is None) != (second is None):
            problems.add("disturb()", "changes the program in only one of two calls; let it depend on the seed alone")
        elif first is not None and second is not None:
            if first.deviations != second.deviations or not _same_program(first.program, second.program):
                problems.add("disturb()", "gives another program for the same seed; draw from the seed alone")
            if not all(isinstance(sentence, str) and sentence.strip() for sentence in first.deviations):
                problems.add("disturb()", "has a deviation that is no text; describe each change")


def _same_program(a: Program, b: Program) -> bool:
    return all(
        np.array_equal(value, vars(b)[name]) if isinstance(value, np.ndarray) else value == vars(b)[name]
        for name, value in vars(a).items()
    )
