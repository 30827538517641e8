"""All checks by name; each module is loaded when its check runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verification.outcome import Outcome

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
"""What each check compares. The module `verification.NAME` has a function ``verify``."""


def run_check(name: str) -> Outcome:
    """Run one of `CHECKS`."""
    outcome: Outcome = import_module(f"verification.{name}").verify()
    return outcome
