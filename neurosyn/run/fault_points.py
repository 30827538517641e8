"""Points of a fault study: shares of each fault alone, several chips drawn for each share, remapped or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neurosyn.analysis.design_space import RUN_NUMBERS, run_numbers
from neurosyn.errors import ScenarioError, did_you_mean
from neurosyn.registry import registry
from neurosyn.run.sweep import Sweep

__all__ = ["PROBE", "fault_combinations", "fault_names", "fault_rows"]

PROBE = "fault_injection"
"""Probe of the faults that are drawn among what the program uses."""
_OF_BOARD = ("dead_cores", "dead_links")
"""Faults of the board, by their position (table ``[defects]``)."""
_REMAP = "defects.remap"


def fault_names() -> tuple[str, ...]:
    """Return the names of the faults that have a share."""
    probe: Any = registry.get("probes", PROBE)
    fields = probe.model_fields
    return tuple(dict.fromkeys((*_OF_BOARD, *(name for name, field in fields.items() if field.annotation is float))))


def fault_combinations(shares: Mapping[str, Sequence[str]], draws: int, *, remap: bool) -> list[dict[str, str]]:
    """Return the values of each run of a study: every fault alone; a chip without faults is simulated once.

    Parameters
    ----------
    shares
        By fault, the shares as texts.
    draws
        Chips for each share.
    remap
        Simulate boards with dead cores a second time, with the program placed around them.

    Raises
    ------
    ScenarioError
        If there is no such fault, a share is no number, or `remap` is given without dead cores.
    """
    for fault, values in shares.items():
        if fault not in fault_names():
            names = fault_names()
            raise ScenarioError(
                f"--over {fault}: is no fault{did_you_mean(fault, names)} (there are: {', '.join(names)})"
            )
        for value in values:
            _number(fault, value)
    if remap and "dead_cores" not in shares:
        raise ScenarioError(
            "--remap: places around dead cores, and there are none; give --over dead_cores=SHARE,SHARE…"
        )
    sound = {_key(fault): "0" for fault in shares} | {_draw_key(fault): "0" for fault in shares}
    if "dead_cores" in shares:
        sound[_REMAP] = "false"
    combinations = [sound] if any(_number(fault, v) == 0 for fault, values in shares.items() for v in values) else []
    for fault, values in shares.items():
        for value in values:
            if _number(fault, value) == 0:
                continue
            for draw in range(draws):
                faulty = {**sound, _key(fault): value, _draw_key(fault): str(draw)}
                combinations.append(faulty)
                if remap and fault == "dead_cores":
                    combinations.append({**faulty, _REMAP: "true"})
    return combinations


def fault_rows(study: Sweep, shares: Mapping[str, Sequence[str]], *, remap: bool) -> list[dict[str, Any]]:
    """Return a row for each chip of a study, for `neurosyn.analysis.fault_study`."""
    rows: list[dict[str, Any]] = []
    for point in study.points:
        numbers = run_numbers(point.run) if point.finished else dict.fromkeys(RUN_NUMBERS)
        outcome = {**numbers, "state": point.state, "reason": None if point.error is None else str(point.error)}
        share_of = {fault: _number(fault, point.values[_key(fault)]) for fault in shares}
        is_sound = not any(share_of.values())
        for fault, share in share_of.items():
            if not share and not (is_sound and any(_number(fault, value) == 0 for value in shares[fault])):
                continue
            is_remapped = point.values.get(_REMAP) == "true"
            row = {"fault": fault, "share": share, "remapped": is_remapped, "draw": int(point.values[_draw_key(fault)])}
            rows.append(row | outcome | {"run": str(point.run)})
            if is_sound and remap and fault == "dead_cores":
                rows.append({**rows[-1], "remapped": True})
    return rows


def _key(fault: str) -> str:
    return f"defects.{fault}" if fault in _OF_BOARD else f"probes.{PROBE}.{fault}"


def _draw_key(fault: str) -> str:
    return "defects.draw" if fault in _OF_BOARD else f"probes.{PROBE}.draw"


def _number(fault: str, text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ScenarioError(f"--over {fault}={text}: is no share; write numbers from 0 to 1, e.g. 0,0.01,0.05")
    return share
