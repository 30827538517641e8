"""What a recorder counts along the way, and the rows that it makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.engine.probe import PacketColumns, RunInfo, TickColumns
from neurosyn.engine.routes import Routes
from neurosyn.trace.schema import ENERGY_PARTS, FORMAT, HOST

__all__ = ["Counts", "Rows"]

Rows = dict[str, Any]
"""Arrays of equal length by column name."""


class Counts:
    """Counts of a run, in arrays whose size does not grow with it.

    Parameters
    ----------
    info
        The program, its placement and the chip.
    """

    def __init__(self, info: RunInfo) -> None:
        program = info.program
        self._info = info
        self._energy = EnergyModel(info.chip.voltage)
        routes = Routes.of(program, info.placement, info.chip)
        self._hops, self._crossings = routes.hops.ravel(), routes.crossings.ravel()
        # All packets of a neuron go the same way, so its spikes give packets and hops, timed or not.
        self._fired = np.zeros(program.cores * program.neurons, np.int64)
        self._synaptic_events = np.zeros(program.cores, np.int64)
        self._finish_ps = np.full(program.cores, -1, np.int64)
        self.ticks_simulated = self.ticks_timed = 0
        self._input_packets = self._total_hops = self._total_crossings = 0

    def add(self, columns: TickColumns) -> None:
        """Count a tick."""
        # No neuron fires twice in a tick, so plain indexing counts right.
        self._fired[columns.spike_core.astype(np.int64) * self._info.program.neurons + columns.spike_neuron] += 1
        self._synaptic_events += columns.synaptic_events
        if columns.core_finish_ps is not None:
            np.maximum(self._finish_ps, columns.core_finish_ps, out=self._finish_ps)
        self.ticks_simulated += 1
        self.ticks_timed += columns.makespan_ps is not None
        self._input_packets += columns.input_packets
        self._total_hops += columns.hops
        self._total_crossings += columns.crossings

    def about(self) -> dict[str, Any]:
        """Return what a trace says of its run as a whole."""
        program, mesh = self._info.program, self._info.placement.mesh
        return {
            "format": FORMAT,
            "cores": program.cores,
            "layers": list(program.layer_names),
            "mesh": {"rows": mesh.rows, "columns": mesh.columns, "side": mesh.side},
            "ticks": {"simulated": self.ticks_simulated, "timed": self.ticks_timed},
        }

    def tick_row(self, columns: TickColumns) -> Rows:
        """Return the row of table ``ticks``."""
        row = {
            "tick": columns.tick,
            "start_ps": columns.start_ps,
            "spikes": len(columns.spike_core),
            "synaptic_events": int(columns.synaptic_events.sum()),
            "packets": columns.packets,
            "input_packets": columns.input_packets,
            "output_packets": columns.output_packets,
            "hops": columns.hops,
            "crossings": columns.crossings,
            "collisions": columns.collisions,
            "late_packets": columns.late_packets,
            "core_overruns": columns.core_overruns,
            "makespan_ps": columns.makespan_ps,
        }
        return {name: [value] for name, value in row.items()}

    def spike_rows(self, columns: TickColumns) -> Rows:
        """Return the rows of table ``spikes``."""
        return {
            "tick": np.full(len(columns.spike_core), columns.tick, np.int64),
            "core": columns.spike_core.copy(),
            "layer": self._layers(self._info.program.core_layer[columns.spike_core]),
            "neuron": columns.spike_neuron.copy(),
        }

    def packet_rows(self, tick: int, packets: PacketColumns) -> Rows:
        """Return the rows of table ``packets``."""
        ports = (packets.source_core == -1).astype(np.int32) + (packets.dest_core == OUTPUT)
        rows: Rows = {name: array.copy() for name, array in vars(packets).items()}
        rows["tick"] = np.full(len(packets.hops), tick, np.int64)
        rows["energy_pj"] = self._energy.packets_pj(packets.hops, packets.crossings, ports)
        return rows

    def core_rows(self) -> Rows:
        """Return the rows of table ``cores``."""
        program, xy = self._info.program, self._info.placement.xy
        energy = self._core_energy()
        return {
            "core": np.arange(program.cores, dtype=np.int32),
            "layer": self._layers(program.core_layer),
            "x": xy[:, 0].copy(),
            "y": xy[:, 1].copy(),
            "spikes": self._by_core(self._fired),
            "synaptic_events": self._synaptic_events.copy(),
            "packets": self._by_core(self._sent()),
            "hops": self._by_core(self._sent() * self._hops),
            "finish_ps": pa.array(self._finish_ps, mask=self._finish_ps < 0),
            **{f"{part}_pj": energy[part] for part in ENERGY_PARTS},
        }

    def energy_rows(self) -> Rows:
        """Return the rows of table ``energy``: each layer, then the host, part by part."""
        program = self._info.program
        energy = self._core_energy()
        by_layer = np.stack(
            [np.bincount(program.core_layer, energy[part], len(program.layer_names)) for part in ENERGY_PARTS], axis=1
        )
        host = {
            "network": self._energy.hop_pj * (self._total_hops - int((self._sent() * self._hops).sum())),
            "chip_to_chip": self._energy.crossing_pj
            * (self._total_crossings - int((self._sent() * self._crossings).sum())),
            "io": self._energy.port_pj * self._input_packets,
        }
        names = [*program.layer_names, HOST]
        layer = np.repeat(np.arange(len(names), dtype=np.int16), len(ENERGY_PARTS))
        part = np.tile(np.arange(len(ENERGY_PARTS), dtype=np.int16), len(names))
        return {
            "layer": pa.DictionaryArray.from_arrays(layer, names),
            "part": pa.DictionaryArray.from_arrays(part, list(ENERGY_PARTS)),
            "energy_pj": np.concatenate([by_layer.ravel(), [host.get(name, 0.0) for name in ENERGY_PARTS]]),
        }

    def _core_energy(self) -> dict[str, NDArray[np.float64]]:
        sent, energy = self._sent(), self._energy
        to_host = self._fired * (self._info.program.dest_core.ravel() == OUTPUT)
        return {
            "memory": np.full(self._info.program.cores, energy.core_tick_pj * self.ticks_simulated),
            "synaptic": energy.synaptic_event_pj * self._synaptic_events,
            "network": energy.hop_pj * self._by_core(sent * self._hops),
            "chip_to_chip": energy.crossing_pj * self._by_core(sent * self._crossings),
            "io": energy.port_pj * self._by_core(to_host),
        }

    def _sent(self) -> NDArray[np.int64]:
        """Packets by neuron: its spikes, if they go anywhere."""
        sent: NDArray[np.int64] = self._fired * (self._info.program.dest_core.ravel() != NO_DESTINATION)
        return sent

    def _by_core(self, by_neuron: NDArray[np.int64]) -> NDArray[np.int64]:
        total: NDArray[np.int64] = by_neuron.reshape(self._info.program.cores, -1).sum(axis=1)
        return total

    def _layers(self, index: NDArray[np.int32]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(index.astype(np.int16), list(self._info.program.layer_names))
