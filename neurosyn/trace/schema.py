"""Tables of a trace: the definition of their columns, units and files.

Columns keep their names, types and meanings; new ones are added at the end. A change that breaks this raises
`FORMAT`. Each column carries its description and unit in the metadata of its Arrow field (``description``,
``unit``), and each file names its table (``neurosyn.table``), so that a file explains itself to DuckDB, polars or
pandas without neurosyn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from neurosyn.errors import DataError, did_you_mean

__all__ = ["ENERGY_PARTS", "FORMAT", "HOST", "MANIFEST", "TABLES", "Column", "Rows", "TraceTable", "table_named"]

FORMAT = 1
"""Version of the trace format."""
MANIFEST = "trace.json"
"""File with the list of tables, written last: a folder without it holds no whole trace."""
HOST = "(host)"
"""Entry in the layer column of `energy` for the packets that the host sent."""
ENERGY_PARTS = ("memory", "synaptic", "network", "chip_to_chip", "io")
"""Parts of the active energy, as in `neurosyn.chip.energy`. Leakage grows with time,
not with events; it is in the run's summary."""

Rows = dict[str, Any]
"""Arrays of equal length by column name."""


@dataclass(frozen=True)
class Column:
    """A column: its name, Arrow type, meaning and unit (empty for counts)."""

    name: str
    type: pa.DataType
    about: str
    unit: str = ""
    nullable: bool = False

    def field(self) -> pa.Field:
        """Return the Arrow field with the meaning and unit as metadata."""
        metadata = {"description": self.about} | ({"unit": self.unit} if self.unit else {})
        return pa.field(self.name, self.type, nullable=self.nullable, metadata=metadata)


@dataclass(frozen=True)
class TraceTable:
    """A table of a trace, in one Parquet file."""

    name: str
    about: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.name}.parquet"

    @property
    def column_names(self) -> list[str]:
        """Names of its columns, in order."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        """Its Arrow schema."""
        metadata = {"neurosyn.table": self.name, "neurosyn.format": str(FORMAT), "description": self.about}
        return pa.schema([column.field() for column in self.columns], metadata=metadata)

    def problem(self, schema: pa.Schema) -> str | None:
        """Return why a file with this schema is not such a table; None if it is."""
        metadata = schema.metadata or {}
        if metadata.get(b"neurosyn.table") != self.name.encode():
            return "was not written by neurosyn's trace"
        version = metadata.get(b"neurosyn.format", b"?").decode()
        if version != str(FORMAT):
            return f"has trace format {version}, this neurosyn reads {FORMAT}"
        for column in self.columns:
            index = schema.get_field_index(column.name)
            if index < 0:
                return f"lacks the column '{column.name}'"
            if schema.field(index).type != column.type:
                return f"has {column.name} as {schema.field(index).type}, not {column.type}"
        return None


_LAYER = _NAME = pa.dictionary(pa.int16(), pa.string())
_I16, _I32, _I64, _F64 = pa.int16(), pa.int32(), pa.int64(), pa.float64()


def _tables(*tables: TraceTable) -> dict[str, TraceTable]:
    return {table.name: table for table in tables}


TABLES = _tables(
    TraceTable(
        "spikes",
        "one row per spike of a recorded tick, ordered by tick, core, neuron",
        (
            Column("tick", _I64, "tick in which the neuron fired", "ticks"),
            Column("core", _I32, "core of the neuron"),
            Column("layer", _LAYER, "layer of the core"),
            Column("neuron", _I32, "neuron in the core"),
        ),
    ),
    TraceTable(
        "packets",
        "one row per packet of a timed tick, as far as they are kept: the host's first, then by source core and neuron",
        (
            Column("tick", _I64, "tick in which it was sent", "ticks"),
            Column("source_core", _I32, "core that sent it; -1: the host"),
            Column("source_neuron", _I32, "neuron that fired; for the host, the input line"),
            Column("dest_core", _I32, "destination core; -2: the host"),
            Column("dest_axon", _I32, "destination axon; for the host, the output pin"),
            Column("delivery_tick", _I64, "tick in which its target should integrate it", "ticks"),
            Column("send_ps", _I64, "time at which it was ready to enter its router", "ps"),
            Column("arrival_ps", _I64, "time at which it was in its target's scheduler, or at the host", "ps"),
            Column("hops", _I32, "links between routers on its route"),
            Column("crossings", _I32, "chip-to-chip links among them"),
            Column("blocked_ps", _I64, "time it waited, in FIFOs and in its core, beyond unloaded travel", "ps"),
            Column("energy_pj", _F64, "energy of its hops and crossings, and of entering or leaving the board", "pJ"),
            Column("longest_wait_ps", _I64, "longest wait at one place, a part of blocked_ps", "ps"),
            Column(
                "waited_at",
                _I64,
                "place of that wait: a link of table links; the first link of the route if there was no wait",
            ),
            Column("late", pa.bool_(), "whether its delivery tick had begun, so that it lands 16 ticks later"),
            Column(
                "word",
                pa.uint32(),
                "its 32 bits (neurosyn.chip.packet); null for packets to the host and axons above 255",
                nullable=True,
            ),
        ),
    ),
    TraceTable(
        "ticks",
        "one row per simulated tick",
        (
            Column("tick", _I64, "number of the tick", "ticks"),
            Column("start_ps", _I64, "start time; null where it was not timed", "ps", nullable=True),
            Column("spikes", _I64, "neurons that fired"),
            Column("synaptic_events", _I64, "active synapses that met a spike"),
            Column("packets", _I64, "packets sent by neurons"),
            Column("input_packets", _I64, "packets sent by the host"),
            Column("output_packets", _I64, "packets sent to the host"),
            Column("hops", _I64, "links between routers taken, in sum"),
            Column("crossings", _I64, "chip-to-chip links taken, in sum"),
            Column("collisions", _I64, "spikes that merged with another to the same axon and tick"),
            Column("late_packets", _I64, "packets that arrived after their delivery tick had begun"),
            Column("core_overruns", _I64, "cores that had not finished when the tick ended"),
            Column(
                "makespan_ps",
                _I64,
                "from its start to the last core finished and the last packet arrived; null where it was not timed",
                "ps",
                nullable=True,
            ),
            Column("energy_pj", _F64, "active energy of all cores and packets, the host's included", "pJ"),
            Column("last_core", _I32, "core that finished last; null where it was not timed", nullable=True),
            Column(
                "last_core_ps",
                _I64,
                "time from the start of the tick to its last neuron; null likewise",
                "ps",
                nullable=True,
            ),
            Column(
                "last_arrival_ps",
                _I64,
                "from the start of the tick until the last packet had arrived; null likewise, or if there was none",
                "ps",
                nullable=True,
            ),
        ),
    ),
    TraceTable(
        "core_ticks",
        "one row per core and recorded tick, ordered by tick and core",
        (
            Column("tick", _I64, "number of the tick", "ticks"),
            Column("core", _I32, "number of the core in the program"),
            Column("layer", _LAYER, "layer of the core"),
            Column("spikes", _I32, "its neurons that fired"),
            Column("synaptic_events", _I64, "its synaptic events"),
            Column("packets", _I32, "packets that it sent"),
            Column("hops", _I64, "links between routers that these took"),
            Column("energy_pj", _F64, "its active energy, its packets included", "pJ"),
            Column(
                "finish_ps",
                _I64,
                "from the start of the tick to its last neuron; null where it was not timed",
                "ps",
                nullable=True,
            ),
        ),
    ),
    TraceTable(
        "cores",
        "one row per core of the program, in sum over all simulated ticks",
        (
            Column("core", _I32, "number of the core in the program"),
            Column("layer", _LAYER, "layer of the core"),
            Column("x", _I32, "position on the board, eastwards"),
            Column("y", _I32, "position on the board, northwards"),
            Column("spikes", _I64, "spikes of its neurons"),
            Column("synaptic_events", _I64, "its synaptic events"),
            Column("packets", _I64, "packets that it sent"),
            Column("hops", _I64, "links that its packets took"),
            Column(
                "finish_ps",
                _I64,
                "longest time from the start of a tick to its last neuron; null if no tick was timed",
                "ps",
                nullable=True,
            ),
            Column("memory_pj", _F64, "energy of reading its rows in each tick", "pJ"),
            Column("synaptic_pj", _F64, "energy of its synaptic events", "pJ"),
            Column("network_pj", _F64, "energy of its packets' hops", "pJ"),
            Column("chip_to_chip_pj", _F64, "energy of its packets' links between chips", "pJ"),
            Column("io_pj", _F64, "energy of its packets that leave the board, at the periphery", "pJ"),
            Column("timed_spikes", _I64, "of its spikes, those in timed ticks"),
            Column("timed_synaptic_events", _I64, "of its synaptic events, those in timed ticks"),
            Column("timed_packets", _I64, "of its packets, those sent in timed ticks"),
            Column("timed_hops", _I64, "of its packets' links, those of timed ticks"),
            Column("timed_energy_pj", _F64, "its active energy in timed ticks, all parts in sum", "pJ"),
            Column("neurons", _I32, "its neurons in use: with a synapse or a target"),
            Column("finish_tick", _I64, "the tick of finish_ps; null if no tick was timed", "ticks", nullable=True),
        ),
    ),
    TraceTable(
        "links",
        "one row per link that carried packets in timed ticks: all that packets queue for, see neurosyn.engine.fabric",
        (
            Column("link", _I64, "number of the link"),
            Column("kind", _NAME, "link, local port, chip edge, host input port or host output port"),
            Column("name", pa.string(), "name in reports"),
            Column("x", _I32, "its router on the board, eastwards; null for chip edges and host ports", nullable=True),
            Column("y", _I32, "its router on the board, northwards; null likewise", nullable=True),
            Column("direction", _NAME, "in which packets leave it: east, west, north, south, or core"),
            Column("chip_x", _I32, "column of its chip; of the chip that packets leave, for a chip edge"),
            Column("chip_y", _I32, "row of that chip"),
            Column("packets", _I64, "packets that it carried"),
            Column("hops", _I64, "of these, those that went from router to router"),
            Column("crossings", _I64, "of these, those that went from chip to chip"),
            Column("energy_pj", _F64, "energy of these hops and crossings", "pJ"),
            Column("busy_ps", _I64, "time in which it was sending: packets times the cycle", "ps"),
            Column(
                "busy_share", _F64, "part of the time from the start of the first timed tick to the end of the last"
            ),
            Column("held_packets", _I64, "packets that waited here longer than at any other place"),
            Column("longest_wait_ps", _I64, "longest wait of these", "ps"),
        ),
    ),
    TraceTable(
        "energy",
        "active energy by layer and part, in sum over all simulated ticks; leakage is in the run's summary",
        (
            Column("layer", _LAYER, f"layer of the cores; {HOST}: packets that the host sent"),
            Column("part", pa.dictionary(pa.int16(), pa.string()), f"one of {', '.join(ENERGY_PARTS)}"),
            Column("energy_pj", _F64, "energy", "pJ"),
        ),
    ),
)
"""Tables by name, in the order of listings."""


def table_named(name: str) -> TraceTable:
    """Return the table `name`.

    Raises
    ------
    DataError
        If there is no table of that name.
    """
    if name not in TABLES:
        raise DataError(
            f"trace: there is no table '{name}'{did_you_mean(name, TABLES)} (there are: {', '.join(TABLES)})"
        )
    return TABLES[name]
