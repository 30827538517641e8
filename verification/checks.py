"""Catalogue of the checks; the module of a check is imported when the check runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verification.outcome import CheckOutcome

__all__ = ["CHECKS", "run_check"]

CHECKS: dict[str, str] = {
    "power": "published power of whole chips, from simulating the networks it was measured on",
    "energy": "energy ledgers add up to the last digit; published energies of single events",
    "periods": "periods and phases of tonic neurons",
    "chance": "the stochastic threshold's probabilities",
    "behaviours": "twenty classic behaviours of neurons",
    "recorded": "recorded programs, spike for spike",
    "mesh": "routes, zero-load latency, saturation throughput and queueing of the network",
}
"""Name of each check, and what it compares."""
_MODULES = {"chance": "stochastic_threshold", "recorded": "recorded_programs"}
"""Modules in `verification` of the checks with another name; each module has a function ``verify``."""


def run_check(name: str) -> CheckOutcome:
    """Run one of `CHECKS` and return its outcome."""
    outcome: CheckOutcome = import_module(f"verification.{_MODULES.get(name, name)}").verify()
    return outcome
