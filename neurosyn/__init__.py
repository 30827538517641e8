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

from neurosyn.version import __version__

if TYPE_CHECKING:
    from neurosyn.api.classifier import SpikingClassifier
    from neurosyn.api.functions import compile, load_program, simulate, train  # noqa: A004
    from neurosyn.api.run import Run, compare, open_run
    from neurosyn.api.simulator import Simulator
    from neurosyn.trace.reader import Trace

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

_HOMES = {
    "Run": "neurosyn.api.run",
    "Simulator": "neurosyn.api.simulator",
    "SpikingClassifier": "neurosyn.api.classifier",
    "Trace": "neurosyn.trace.reader",
    "compare": "neurosyn.api.run",
    "compile": "neurosyn.api.functions",
    "load_program": "neurosyn.api.functions",
    "open_run": "neurosyn.api.run",
    "simulate": "neurosyn.api.functions",
    "train": "neurosyn.api.functions",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'neurosyn' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
