"""Tables of a scenario: the one list of everything that can be configured, and where.

A table either names a plugin with ``kind`` or holds the options of one part of neurosyn. Options classes are imported
when a scenario is checked, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from neurosyn.options import Options
from neurosyn.registry import registry

__all__ = ["TABLES", "Table", "contracts"]


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
        Returns the options class of a table without ``kind``.
    nested
        Keys that hold a table, or a list of tables, of another plugin group.
    apart
        Those of them that are no option of the table's own plugin.
    extra
        Returns the options class of the keys beside the plugin's own.
    many
        True for a list of tables, each with a plugin of the group and optionally a ``name``; empty by default.
    variant
        Key that holds a table of changes to this one, for when the stand-in of the data is in use.
    """

    about: str
    group: str | None = None
    kind: str | None = None
    options: Callable[[], type[Options]] | None = None
    nested: dict[str, str] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    extra: Callable[[], type[Options]] | None = None
    many: bool = False
    variant: str | None = None

    def options_class(self, kind: str | None) -> type[Options]:
        """Return the class of the table's options, for a table with ``kind`` that of the plugin."""
        if self.options is not None:
            return self.options()
        assert self.group is not None
        plugin_class: type[Options] = registry.get(self.group, str(kind))
        return plugin_class


def _model_source() -> type[Options]:
    from neurosyn.training.model_source import ModelSource

    return ModelSource


def _compile() -> type[Options]:
    from neurosyn.compiler.options import CompileOptions

    return CompileOptions


def _chip() -> type[Options]:
    from neurosyn.chip.options import ChipOptions

    return ChipOptions


def _defects() -> type[Options]:
    from neurosyn.chip.defects import DefectOptions

    return DefectOptions


def _simulate() -> type[Options]:
    from neurosyn.engine.options import SimulateOptions

    return SimulateOptions


def _trace() -> type[Options]:
    from neurosyn.trace.options import TraceOptions

    return TraceOptions


TABLES: dict[str, Table] = {
    "data": Table(
        "the data set, and the stand-in for where it is absent",
        "datasets",
        nested={"stand_in": "datasets"},
        apart=("stand_in",),
    ),
    "encoder": Table("how images become the input of the first layer", "encoders", "contrast"),
    "network": Table(
        "the topology, or the layers written out", "topologies", nested={"layers": "layers", "member": "topologies"}
    ),
    "train": Table(
        "the trainer, and the model to use in its place", "trainers", "eedn", extra=_model_source, variant="stand_in"
    ),
    "compile": Table("how layers become cores", options=_compile),
    "place": Table("which core goes where in the mesh", "placers", "anneal"),
    "chip": Table("the board, the voltage, assumed times", options=_chip),
    "defects": Table("dead cores and links of the board", options=_defects),
    "simulate": Table("frames, timing, backend", options=_simulate),
    "probes": Table("instruments that watch the simulation, one [[probes]] table each", "probes", many=True),
    "trace": Table("what is recorded", options=_trace),
}
"""In the order of the stages."""


def contracts(group: str) -> tuple[type[Any], ...]:
    """Return the contracts of a plugin group; each of its plugins derives from one."""
    from neurosyn.data.dataset import Dataset
    from neurosyn.data.encoder import Encoder
    from neurosyn.engine.probes.plugin import ProbePlugin
    from neurosyn.importing.topology import SpikingTopology
    from neurosyn.network.layer import Layer, Readout
    from neurosyn.network.topology import Topology
    from neurosyn.placement.placer import Placer
    from neurosyn.training.trainer import Trainer

    of_groups: dict[str, tuple[type[Any], ...]] = {
        "datasets": (Dataset,),
        "encoders": (Encoder,),
        "layers": (Layer, Readout),
        "topologies": (Topology, SpikingTopology),
        "trainers": (Trainer,),
        "placers": (Placer,),
        "probes": (ProbePlugin,),
    }
    return of_groups[group]
