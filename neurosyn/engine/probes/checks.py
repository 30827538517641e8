"""Checks of the values that probe plugins return."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from neurosyn.chip.program import Program
from neurosyn.engine.probes.plugin import Columns, Disturbance, ProbePlugin
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.state import State

__all__ = ["checked_state", "checked_tables", "disturb_program", "plain_results"]


def disturb_program(probe: ProbePlugin, program: Program, seed: int) -> Disturbance | None:
    """Call a probe's `disturb` and check its result.

    Raises
    ------
    TypeError, ValueError
        If it changes the number of cores or pins, or gives no deviations.
    """
    disturbance = probe.disturb(program, seed)
    if disturbance is None:
        return None
    if not isinstance(disturbance, Disturbance):
        raise TypeError(f"it returned {type(disturbance).__name__}, not a Disturbance or None")
    if disturbance.program is not program and not disturbance.deviations:
        raise ValueError("it changed the program and does not say how; give `deviations`")
    if (disturbance.program.cores, disturbance.program.pins) != (program.cores, program.pins):
        raise ValueError(
            f"it returned {disturbance.program.cores:,} cores and {disturbance.program.pins:,} pins for "
            f"{program.cores:,} and {program.pins:,}; a disturbance keeps both"
        )
    return disturbance


def plain_results(probe: ProbePlugin) -> dict[str, Any]:
    """Return a probe's results as plain JSON values; NumPy's numbers and arrays become Python's.

    Raises
    ------
    TypeError, ValueError
        If they hold anything else, or numbers that JSON does not know.
    """

    def convert(value: Any) -> Any:
        if isinstance(value, (np.generic, np.ndarray)):
            return value.tolist()
        raise TypeError(f"results hold a {type(value).__name__}, which is no plain value")

    plain: dict[str, Any] = json.loads(json.dumps(probe.results(), default=convert, allow_nan=False))
    return plain


def checked_state(probe: Probe) -> State | None:
    """Return a probe's state; None if it cannot be resumed.

    Raises
    ------
    TypeError
        If it holds anything but arrays of numbers or texts.
    """
    state = probe.state()
    for name, array in (state or {}).items():
        if not isinstance(array, np.ndarray) or array.dtype.hasobject:
            raise TypeError(f"'{name}' is no array of numbers or texts")
    return state


def checked_tables(probe: ProbePlugin) -> dict[str, Columns]:
    """Return a probe's tables.

    Raises
    ------
    ValueError
        If a name is not fit for a file, or columns of a table differ in length.
    """
    tables = probe.tables()
    for name, columns in tables.items():
        if not name.isidentifier():
            raise ValueError(f"'{name}' is not a name for a table; use letters, digits and '_'")
        arrays = {column: np.asarray(values) for column, values in columns.items()}
        if any(array.ndim != 1 for array in arrays.values()) or len({len(array) for array in arrays.values()}) > 1:
            shapes = ", ".join(f"{column} {array.shape}" for column, array in arrays.items())
            raise ValueError(f"the columns of table {name} are not of one length: {shapes}")
    return tables
