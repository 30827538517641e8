"""Counts of a recorder, and the rows of the trace's tables made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.packet import WORD_BITS, pack
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.chip.usage import used_neurons
from neurosyn.engine.fabric.routes import Routes
from neurosyn.engine.probes.probe import PacketColumns, RunInfo, TickColumns
from neurosyn.engine.spike_counter import SpikeCounter
from neurosyn.trace.link_tally import LinkLedger
from neurosyn.trace.schema import ENERGY_PARTS, FORMAT, HOST, TABLES, Rows

__all__ = ["Counts", "tick_row"]

_SUMS = ("input_packets", "total_hops", "total_crossings")
_LONGEST = ("longest_ps", "longest_tick")


def tick_row(columns: TickColumns, energy: EnergyModel) -> dict[str, int | float | None]:
    """Return the row of a tick in table ``ticks``, whose columns `neurosyn.trace.schema` lists.

    A column is the number of that name in `TickColumns`, if it is not computed here.

    Parameters
    ----------
    columns
        The tick.
    energy
        Energies of the events at the chip's voltage.
    """
    synaptic_events = int(columns.synaptic_events.sum())
    events = Events(
        ticks=1,
        synaptic_events=synaptic_events,
        spikes=len(columns.spike_core),
        hops=columns.hops,
        crossings=columns.crossings,
        ports=columns.input_packets + columns.output_packets,
    )
    last_core = last_core_ps = last_arrival_ps = None
    if columns.core_finish_ps is not None and len(columns.core_finish_ps):
        last_core = int(columns.core_finish_ps.argmax())
        last_core_ps = int(columns.core_finish_ps[last_core])
    if columns.columns is not None and columns.start_ps is not None and len(columns.columns.arrival_ps):
        last_arrival_ps = int(columns.columns.arrival_ps.max()) - columns.start_ps
    computed: dict[str, int | float | None] = {
        "spikes": len(columns.spike_core),
        "synaptic_events": synaptic_events,
        # Without time nothing leaks: this is the active energy.
        "energy_pj": energy.energy_pj(events, len(columns.synaptic_events), 0).total,
        "last_core": last_core,
        "last_core_ps": last_core_ps,
        "last_arrival_ps": last_arrival_ps,
    }
    names = TABLES["ticks"].column_names
    return {name: computed[name] if name in computed else getattr(columns, name) for name in names}


class _Tally:
    """Counts by core over timed or untimed ticks.

    All packets of a neuron take the same route, so its spikes give its packets and their links, timed or not.
    """

    def __init__(self, info: RunInfo, routes: Routes, energy: EnergyModel) -> None:
        self._program = info.program
        self._routes = routes
        self._model = energy
        self._spikes = SpikeCounter(info.program.cores, info.program.neurons)
        self.synaptic_events = np.zeros(info.program.cores, np.int64)
        self.ticks = 0

    def add(self, columns: TickColumns) -> None:
        self._spikes.add(columns.spike_core * np.int64(self._program.neurons) + columns.spike_neuron)
        self.synaptic_events += columns.synaptic_events
        self.ticks += 1

    @property
    def fired(self) -> NDArray[np.int64]:
        """Spikes of each neuron, int64 (C, N)."""
        return self._spikes.counts

    def state(self) -> dict[str, NDArray[np.int64]]:
        return {"fired": self.fired, "synaptic_events": self.synaptic_events, "ticks": np.array(self.ticks)}

    def add_state(self, state: Mapping[str, NDArray[np.int64]], name: str) -> None:
        """Add the counts of a tally's `state`, whose arrays have `name` in front of theirs."""
        self.fired[:] += state[f"{name}_fired"]
        self.synaptic_events += state[f"{name}_synaptic_events"]
        self.ticks += state[f"{name}_ticks"].item()

    def include(self, other: _Tally) -> None:
        """Add the counts of `other`."""
        self.fired[:] += other.fired
        self.synaptic_events += other.synaptic_events
        self.ticks += other.ticks

    @property
    def spikes(self) -> NDArray[np.int64]:
        spikes: NDArray[np.int64] = self.fired.sum(axis=1)
        return spikes

    @property
    def packets(self) -> NDArray[np.int64]:
        packets: NDArray[np.int64] = self._sent().sum(axis=1)
        return packets

    @property
    def hops(self) -> NDArray[np.int64]:
        hops: NDArray[np.int64] = (self._sent() * self._routes.hops).sum(axis=1)
        return hops

    @property
    def crossings(self) -> NDArray[np.int64]:
        crossings: NDArray[np.int64] = (self._sent() * self._routes.crossings).sum(axis=1)
        return crossings

    def energy_pj(self) -> dict[str, NDArray[np.float64]]:
        """Return the parts of each core's active energy."""
        model = self._model
        to_host = (self.fired * (self._program.dest_core == OUTPUT)).sum(axis=1)
        return {
            "memory": np.full(self._program.cores, model.core_tick_pj * self.ticks),
            "synaptic": model.synaptic_event_pj * self.synaptic_events + model.spike_pj * self.spikes,
            "network": model.hop_pj * self.hops,
            "chip_to_chip": model.crossing_pj * self.crossings,
            "io": model.port_pj * to_host,
        }

    def _sent(self) -> NDArray[np.int64]:
        sent: NDArray[np.int64] = self.fired * (self._program.dest_core != NO_DESTINATION)
        return sent


class Counts:
    """Counts of a run, in arrays whose size does not grow with it.

    Parameters
    ----------
    info
        The program, its placement and the chip.
    routes
        Lengths of its routes; None: they are measured.
    """

    def __init__(self, info: RunInfo, routes: Routes | None = None) -> None:
        self._info = info
        self._energy = EnergyModel.of(info.chip)
        self._routes = routes or Routes.of(info.program, info.placement, info.chip)
        self._untimed, self._timed = self._tally(), self._tally()
        self._links = LinkLedger(info)
        self._finish_ps = np.full(info.program.cores, -1, np.int64)
        self._finish_tick = np.full(info.program.cores, -1, np.int64)
        self._longest_ps, self._longest_tick = 0, -1
        self._input_packets = self._total_hops = self._total_crossings = 0

    def add(self, columns: TickColumns) -> None:
        """Count a tick."""
        timed = columns.makespan_ps is not None
        (self._timed if timed else self._untimed).add(columns)
        if timed:
            self._links.add(columns)
        if columns.core_finish_ps is not None:
            later = columns.core_finish_ps > self._finish_ps
            self._finish_ps[later], self._finish_tick[later] = columns.core_finish_ps[later], columns.tick
        if columns.makespan_ps is not None and (columns.makespan_ps > self._longest_ps or self._longest_tick < 0):
            self._longest_ps, self._longest_tick = columns.makespan_ps, columns.tick
        self._input_packets += columns.input_packets
        self._total_hops += columns.hops
        self._total_crossings += columns.crossings

    def _tally(self) -> _Tally:
        return _Tally(self._info, self._routes, self._energy)

    def _everything(self) -> _Tally:
        """Return the counts of all ticks."""
        tally = self._tally()
        tally.include(self._untimed)
        tally.include(self._timed)
        return tally

    def state(self) -> dict[str, NDArray[np.int64]]:
        """Return all counts as arrays by name."""
        tallies = {"untimed": self._untimed, "timed": self._timed}
        arrays = {
            f"{name}_{key}": np.asarray(value)
            for name, tally in tallies.items()
            for key, value in tally.state().items()
        }
        arrays |= {f"links_{name}": array for name, array in self._links.state().items()}
        numbers = {name: np.asarray(getattr(self, f"_{name}"), np.int64) for name in (*_SUMS, *_LONGEST)}
        return {**arrays, **numbers, "finish_ps": self._finish_ps, "finish_tick": self._finish_tick}

    def include(self, state: Mapping[str, NDArray[np.int64]], start_ps: int) -> None:
        """Add the counts of later ticks, as `state` returned them, whose times count from `start_ps` on."""
        self._untimed.add_state(state, "untimed")
        self._timed.add_state(state, "timed")
        self._links.include({key.removeprefix("links_"): state[key] for key in state if "links_" in key}, start_ps)
        later = state["finish_ps"] > self._finish_ps
        self._finish_ps[later], self._finish_tick[later] = state["finish_ps"][later], state["finish_tick"][later]
        longest_ps, longest_tick = state["longest_ps"].item(), state["longest_tick"].item()
        if longest_tick >= 0 and (longest_ps > self._longest_ps or self._longest_tick < 0):
            self._longest_ps, self._longest_tick = longest_ps, longest_tick
        for name in _SUMS:
            setattr(self, f"_{name}", getattr(self, f"_{name}") + state[name].item())

    @property
    def timed_ticks(self) -> int:
        """Ticks that were played in time."""
        return self._timed.ticks

    def about(self) -> dict[str, Any]:
        """Return the part of the trace's list that describes the run as a whole."""
        program, mesh = self._info.program, self._info.placement.mesh
        return {
            "format": FORMAT,
            "cores": program.cores,
            "layers": list(program.layer_names),
            "mesh": {"rows": mesh.rows, "columns": mesh.columns, "side": mesh.side},
            "ticks": {
                "simulated": self._untimed.ticks + self._timed.ticks,
                "timed": self._timed.ticks,
                "longest": self._longest_tick if self._timed.ticks else None,
                "longest_ps": self._longest_ps if self._timed.ticks else None,
            },
            "axons": program.axons,
            "neurons": program.neurons,
            "timing": self._info.timing,
            "chip": self._info.chip.model_dump(mode="json"),
        }

    def layers_of(self, cores: NDArray[np.int32]) -> pa.DictionaryArray:
        """Return the column ``layer`` of rows of these cores."""
        return self._layers(self._info.program.core_layer[cores])

    def tick_rows(self, columns: TickColumns) -> Rows:
        """Return the row of table ``ticks``."""
        return {name: [value] for name, value in tick_row(columns, self._energy).items()}

    def spike_rows(self, columns: TickColumns, chosen: NDArray[np.bool_] | None = None) -> Rows:
        """Return the rows of table ``spikes``, of chosen cores or all, as copies of the engine's arrays."""
        core, neuron = columns.spike_core, columns.spike_neuron
        if chosen is None:
            core, neuron = core.copy(), neuron.copy()
        else:
            kept = chosen[core]
            core, neuron = core[kept], neuron[kept]
        return {
            "tick": np.full(len(core), columns.tick, np.int64),
            "core": core,
            "layer": self.layers_of(core),
            "neuron": neuron,
        }

    def core_tick_rows(self, columns: TickColumns, chosen: NDArray[np.bool_] | None = None) -> Rows:
        """Return the rows of table ``core_ticks``, of chosen cores or all."""
        program, model, routes = self._info.program, self._energy, self._routes
        index = columns.spike_core * np.int64(program.neurons) + columns.spike_neuron
        dest = program.dest_core.reshape(-1).take(index)
        # Spikes are in order of their cores.
        bounds = np.searchsorted(columns.spike_core, np.arange(program.cores + 1))

        def of_cores(values: NDArray[Any]) -> NDArray[np.int64]:
            sums = np.zeros(len(index) + 1, np.int64)
            values.cumsum(out=sums[1:])
            return sums[bounds[1:]] - sums[bounds[:-1]]

        hops = of_cores(routes.hops.reshape(-1).take(index))
        energy = model.core_tick_pj + model.synaptic_event_pj * columns.synaptic_events + model.hop_pj * hops
        energy = energy + model.port_pj * of_cores(dest == OUTPUT) + model.spike_pj * np.diff(bounds)
        if self._info.placement.mesh.chips > 1:
            energy = energy + model.crossing_pj * of_cores(routes.crossings.reshape(-1).take(index))
        core = np.arange(program.cores, dtype=np.int32) if chosen is None else np.flatnonzero(chosen).astype(np.int32)
        finish = columns.core_finish_ps
        return {
            "tick": np.full(len(core), columns.tick, np.int64),
            "core": core,
            "layer": self.layers_of(core),
            "spikes": np.diff(bounds)[core].astype(np.int32),
            "synaptic_events": columns.synaptic_events[core],
            "packets": of_cores(dest != NO_DESTINATION)[core].astype(np.int32),
            "hops": hops[core],
            "energy_pj": energy[core],
            "finish_ps": pa.nulls(len(core), pa.int64()) if finish is None else finish[core],
        }

    def packet_rows(self, tick: int, packets: PacketColumns) -> Rows:
        """Return the rows of table ``packets``, as copies of the engine's arrays."""
        ports = (packets.source_core < 0).astype(np.int32) + (packets.dest_core == OUTPUT)
        rows: Rows = {name: array.copy() for name, array in vars(packets).items()}
        rows["tick"] = np.full(len(packets.hops), tick, np.int64)
        rows["energy_pj"] = self._energy.packets_pj(packets.hops, packets.crossings, ports)
        rows["word"] = self._words(packets)
        return rows

    def _words(self, packets: PacketColumns) -> pa.Array:
        """Return the bits of packets as they enter their first router."""
        mesh, xy = self._info.placement.mesh, self._info.placement.xy
        size = self._info.chip.description.size
        has_word = (packets.dest_core >= 0) & (packets.dest_axon < size.axons) & (size.packet_bits <= WORD_BITS)
        target = xy[packets.dest_core[has_word]]
        source = np.where(
            (packets.source_core[has_word] < 0)[:, None],
            self._info.chip.board_of(mesh).entries(target),
            xy[packets.source_core[has_word]],
        )
        words = np.zeros(len(has_word), np.uint32)
        dx, dy = (target - source).T
        words[has_word] = pack(dx, dy, packets.delivery_tick[has_word], packets.dest_axon[has_word], size)
        return pa.array(words, mask=~has_word)

    def core_rows(self) -> Rows:
        """Return the rows of table ``cores``."""
        program, xy = self._info.program, self._info.placement.xy
        rows: Rows = {
            "core": np.arange(program.cores, dtype=np.int32),
            "layer": self._layers(program.core_layer),
            "x": xy[:, 0].copy(),
            "y": xy[:, 1].copy(),
            "finish_ps": pa.array(self._finish_ps, mask=self._finish_ps < 0),
        }
        everything = self._everything()
        for prefix, tally in (("", everything), ("timed_", self._timed)):
            for name in ("spikes", "synaptic_events", "packets", "hops"):
                rows[f"{prefix}{name}"] = getattr(tally, name)
        rows |= {f"{part}_pj": energy for part, energy in everything.energy_pj().items()}
        rows["timed_energy_pj"] = sum(self._timed.energy_pj().values())
        rows["neurons"] = used_neurons(program).astype(np.int32)
        rows["finish_tick"] = pa.array(self._finish_tick, mask=self._finish_tick < 0)
        return rows

    def link_rows(self) -> Rows:
        """Return the rows of table ``links``."""
        return self._links.rows(self._timed.fired)

    def energy_rows(self) -> Rows:
        """Return the rows of table ``energy``: each layer, then the host, part by part."""
        program, everything = self._info.program, self._everything()
        by_core = everything.energy_pj()
        by_layer = np.stack(
            [np.bincount(program.core_layer, by_core[part], len(program.layer_names)) for part in ENERGY_PARTS], axis=1
        )
        of_host = {
            "network": self._energy.hop_pj * (self._total_hops - int(everything.hops.sum())),
            "chip_to_chip": self._energy.crossing_pj * (self._total_crossings - int(everything.crossings.sum())),
            "io": self._energy.port_pj * self._input_packets,
        }
        names = [*program.layer_names, HOST]
        layer = np.repeat(np.arange(len(names), dtype=np.int16), len(ENERGY_PARTS))
        part = np.tile(np.arange(len(ENERGY_PARTS), dtype=np.int16), len(names))
        return {
            "layer": pa.DictionaryArray.from_arrays(layer, names),
            "part": pa.DictionaryArray.from_arrays(part, list(ENERGY_PARTS)),
            "energy_pj": np.concatenate([by_layer.ravel(), [of_host.get(name, 0.0) for name in ENERGY_PARTS]]),
        }

    def _layers(self, index: NDArray[np.int32]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(index.astype(np.int16), list(self._info.program.layer_names))
