"""What NIR does not say: the time of a step, reset and firing rule, and the order of events in a step."""

from __future__ import annotations

import numpy as np

from neurosyn.importing.flattening import FlatGraph
from neurosyn.importing.linear_nodes import NodeParameters
from neurosyn.importing.options import ImportOptions

__all__ = ["find_step", "list_assumptions"]

_USUAL_STEP = 1e-4
"""dt in seconds that exporters use by default (snnTorch, SpikingJelly)."""


def find_step(graph: FlatGraph, options: ImportOptions, where: str) -> float:
    """Return dt: as given, or the one with which the weights count as they stand."""
    if options.dt is not None:
        return options.dt
    ratios = []
    for node in graph.nodes.values():
        parameters = NodeParameters(where, node.parameters)
        names = {"IF": ("r",), "I": ("r",), "LIF": ("tau", "r"), "LI": ("tau", "r")}.get(node.kind)
        if names is None or not all(name in parameters for name in names):
            continue
        r = parameters.array("r")
        tau = parameters.array("tau") if "tau" in names else np.ones(())
        with np.errstate(all="ignore"):
            ratio = tau / r
        ratios += list(ratio[np.isfinite(ratio) & (ratio > 0)].ravel())
    if not ratios:
        return 1.0
    step = float(f"{np.median(ratios):.5g}")
    taus = [
        NodeParameters(where, node.parameters).array("tau").min(initial=np.inf)
        for node in graph.nodes.values()
        if node.kind in ("LIF", "LI") and "tau" in node.parameters
    ]
    shortest = float(min(taus, default=np.inf))
    if step < 0.9 * shortest:
        return step
    # With r = 1 it would be tau itself, and nothing would be kept from step to step.
    return 1.0 if shortest >= 2 else _USUAL_STEP


def list_assumptions(graph: FlatGraph, options: ImportOptions, step: float) -> list[str]:
    """Return what NIR does not say and was given or assumed, a line each."""
    given = "given" if options.dt is not None else "assumed; --dt gives another"
    reset = {
        "zero": "to v_reset in the step of the spike",
        "subtract": "by subtraction of the threshold in the step of the spike",
        "late": "by subtraction of the threshold one step after the spike",
    }[options.reset]
    lines = [
        f"dt = {step:g} ({given})",
        f"reset: {reset}",
        f"fires at v {'>' if options.fire == 'gt' else '≥'} threshold",
        "a spike reaches the next layer in the same step, a recurrent one in the next",
        "potentials start at 0 for each sample",
    ]
    if any(node.kind in ("LIF", "LI") for node in graph.nodes.values()):
        lines.append("decay of a step: 1 − dt/tau (some frameworks: exp(−dt/tau))")
    return lines
