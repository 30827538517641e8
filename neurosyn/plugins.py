"""The door for plugin authors: every contract, and what the methods of plugins take and return.

::

    from neurosyn.plugins import Connectivity, Field, Layer, MapShape

These names stay where they are; the modules that they come from may move. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import Field

    from neurosyn.chip.mesh import Board, Mesh
    from neurosyn.chip.options import ChipOptions
    from neurosyn.chip.placement import Placement
    from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
    from neurosyn.data.dataset import DataContext, Dataset, DatasetInfo, Split, SplitName
    from neurosyn.data.encoder import Encoder
    from neurosyn.engine.probes.plugin import Columns, Disturbance, ProbePlugin
    from neurosyn.engine.probes.probe import PacketColumns, RunInfo, TickColumns
    from neurosyn.errors import ChipLimitError, DataError, NeurosynError, PluginError, ScenarioError, did_you_mean
    from neurosyn.model.model import LayerParameters, Model, Normalisation
    from neurosyn.network.layer import Connectivity, FixedWeights, Layer, MapShape, Readout
    from neurosyn.network.network import BoundLayer, Network
    from neurosyn.network.topology import LayerSpec, Topology
    from neurosyn.options import Options
    from neurosyn.placement.expected_traffic import Traffic, link_loads, mean_hops, measure_traffic
    from neurosyn.placement.place import require_room
    from neurosyn.placement.placer import Placer
    from neurosyn.registry import plugin
    from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData

__all__ = [
    "NO_DESTINATION",
    "OUTPUT",
    "Board",
    "BoundLayer",
    "ChipLimitError",
    "ChipOptions",
    "Columns",
    "Connectivity",
    "DataContext",
    "DataError",
    "Dataset",
    "DatasetInfo",
    "Disturbance",
    "Encoder",
    "Field",
    "FixedWeights",
    "Layer",
    "LayerParameters",
    "LayerSpec",
    "MapShape",
    "Mesh",
    "Model",
    "Network",
    "NeurosynError",
    "Normalisation",
    "Options",
    "PacketColumns",
    "Placement",
    "Placer",
    "PluginError",
    "ProbePlugin",
    "Program",
    "Readout",
    "RunInfo",
    "ScenarioError",
    "Split",
    "SplitName",
    "TickColumns",
    "Topology",
    "Traffic",
    "Trainer",
    "TrainingContext",
    "TrainingData",
    "did_you_mean",
    "link_loads",
    "mean_hops",
    "measure_traffic",
    "plugin",
    "require_room",
]

_HOMES = {
    "neurosyn.chip.mesh": ("Board", "Mesh"),
    "neurosyn.chip.options": ("ChipOptions",),
    "neurosyn.chip.program": ("NO_DESTINATION", "OUTPUT", "Program"),
    "neurosyn.data.dataset": ("DataContext", "Dataset", "DatasetInfo", "Split", "SplitName"),
    "neurosyn.data.encoder": ("Encoder",),
    "neurosyn.engine.probes.probe": ("PacketColumns", "RunInfo", "TickColumns"),
    "neurosyn.engine.probes.plugin": ("Columns", "Disturbance", "ProbePlugin"),
    "neurosyn.errors": (
        "ChipLimitError",
        "DataError",
        "NeurosynError",
        "PluginError",
        "ScenarioError",
        "did_you_mean",
    ),
    "neurosyn.network.layer": ("Connectivity", "FixedWeights", "Layer", "MapShape", "Readout"),
    "neurosyn.network.network": ("BoundLayer", "Network"),
    "neurosyn.network.topology": ("LayerSpec", "Topology"),
    "neurosyn.options": ("Options",),
    "neurosyn.placement.expected_traffic": ("Traffic", "link_loads", "mean_hops", "measure_traffic"),
    "neurosyn.placement.place": ("require_room",),
    "neurosyn.placement.placer": ("Placement", "Placer"),
    "neurosyn.registry": ("plugin",),
    "neurosyn.model.model": ("LayerParameters", "Model", "Normalisation"),
    "neurosyn.training.trainer": ("Trainer", "TrainingContext", "TrainingData"),
    "pydantic": ("Field",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
