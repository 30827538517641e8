"""neurosyn: train networks under TrueNorth's constraints and see what the chip makes of them.

::

    import neurosyn as ns

    run = ns.simulate("scenarios/svhn.toml", profile="smoke")
    run.accuracy, run.trace.packets(), run.plot.chip_map()

Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosyn.api.run import Run, compare, open_run
    from neurosyn.api.simulator import Simulator
    from neurosyn.api.stages import compile, load_program, simulate, train  # noqa: A004
    from neurosyn.trace.trace import Trace
    from neurosyn.training.classifier import SpikingClassifier

__all__ = [
    "Run",
    "Simulator",
    "SpikingClassifier",
    "Trace",
    "__version__",
    "compare",
    "compile",
    "load_program",
    "open_run",
    "simulate",
    "train",
]

__version__ = "0.1.0"

_HOMES = {
    "Run": "neurosyn.api.run",
    "Simulator": "neurosyn.api.simulator",
    "SpikingClassifier": "neurosyn.training.classifier",
    "Trace": "neurosyn.trace.trace",
    "compare": "neurosyn.api.run",
    "compile": "neurosyn.api.stages",
    "load_program": "neurosyn.api.stages",
    "open_run": "neurosyn.api.run",
    "simulate": "neurosyn.api.stages",
    "train": "neurosyn.api.stages",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'neurosyn' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
