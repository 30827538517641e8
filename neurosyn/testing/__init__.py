"""What plugin authors and the project test with.

``check_layer``, ``check_topology``, ``check_trainer``, ``check_dataset``, ``check_encoder``, ``check_placer`` and
``check_probe`` raise `ConformanceError` with everything about a plugin that does not conform, a sentence each.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosyn.testing.conformance.datasets import check_dataset
    from neurosyn.testing.conformance.encoders import check_encoder
    from neurosyn.testing.conformance.layers import check_layer
    from neurosyn.testing.conformance.placers import check_placer
    from neurosyn.testing.conformance.probes import check_probe
    from neurosyn.testing.conformance.problems import ConformanceError
    from neurosyn.testing.conformance.topologies import check_topology
    from neurosyn.testing.conformance.trainers import check_trainer

__all__ = [
    "ConformanceError",
    "check_dataset",
    "check_encoder",
    "check_layer",
    "check_placer",
    "check_probe",
    "check_topology",
    "check_trainer",
]

_HOME = {
    "ConformanceError": "problems",
    "check_dataset": "datasets",
    "check_encoder": "encoders",
    "check_layer": "layers",
    "check_placer": "placers",
    "check_probe": "probes",
    "check_topology": "topologies",
    "check_trainer": "trainers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"neurosyn.testing.conformance.{_HOME[name]}"), name)
