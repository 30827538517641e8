"""The tables that a scenario may have: the one list of what can be configured where.

A table either names a plugin with ``kind`` or holds the options of one part of neurosyn. Parts are named by path, as
plugins are by entry point, and imported when a scenario is checked: a scenario knows no later stage.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field

from neurosyn.options import Options
from neurosyn.registry import registry

__all__ = ["CONTRACTS", "TABLES", "Table", "load_class"]


@dataclass(frozen=True)
class Table:
    """A table of the scenario.

    Attributes
    ----------
    about
        What it decides, for the schema and the help.
    group
        Plugin group whose plugin ``kind`` names, or None.
    kind
        Default of ``kind``; None if the scenario must name one.
    options
        ``module:class`` of the options of a table without ``kind``.
    nested
        Keys that hold a table, or a list of tables, of another plugin group.
    extra
        Keys beside the plugin's own, with the ``module:class`` that validates them.
    many
        Whether it is a list of tables, each with a plugin of the group and optionally a ``name``; empty by default.
    variant
        Key that holds a table of changes to this one, for when the stand-in of the data is in use.
    """

    about: str
    group: str | None = None
    kind: str | None = None
    options: str | None = None
    nested: dict[str, str] = field(default_factory=dict)
    extra: str | None = None
    many: bool = False
    variant: str | None = None

    def options_class(self, kind: str | None) -> type[Options]:
        """Return the class that validates the table's options."""
        if self.group is not None:
            cls = registry.get(self.group, str(kind))
        else:
            assert self.options is not None
            cls = load_class(self.options)
        return cls


def load_class(path: str) -> type[Options]:
    """Import ``module:class``."""
    module, _, name = path.partition(":")
    cls: type[Options] = getattr(importlib.import_module(module), name)
    return cls


CONTRACTS: dict[str, tuple[str, ...]] = {
    "datasets": ("neurosyn.data.dataset:Dataset",),
    "encoders": ("neurosyn.data.encoder:Encoder",),
    "layers": ("neurosyn.network.layer:Layer", "neurosyn.network.layer:Readout"),
    "topologies": ("neurosyn.network.topology:Topology",),
    "trainers": ("neurosyn.training.trainer:Trainer",),
    "placers": ("neurosyn.placement.placer:Placer",),
    "probes": ("neurosyn.engine.probes.plugin:ProbePlugin",),
}
"""The contracts, of which a plugin of each group derives from one."""

TABLES: dict[str, Table] = {
    "data": Table("the data set, and the stand-in for where it is absent", "datasets", nested={"stand_in": "datasets"}),
    "encoder": Table("how images become the input of the first layer", "encoders", "contrast"),
    "network": Table(
        "the topology, or the layers written out", "topologies", nested={"layers": "layers", "member": "topologies"}
    ),
    "train": Table(
        "the trainer, and the model to use in its place",
        "trainers",
        "eedn",
        extra="neurosyn.training.model_source:ModelSource",
        variant="stand_in",
    ),
    "compile": Table("how layers become cores", options="neurosyn.compiler.options:CompileOptions"),
    "place": Table("which core goes where in the mesh", "placers", "anneal"),
    "chip": Table("the board, the voltage, assumed times", options="neurosyn.chip.options:ChipOptions"),
    "simulate": Table("frames, timing, backend", options="neurosyn.engine.options:SimulateOptions"),
    "probes": Table("instruments that watch the simulation, one [[probes]] table each", "probes", many=True),
    "trace": Table("what is recorded", options="neurosyn.trace.options:TraceOptions"),
}
"""In the order of the stages."""
