"""Data of the page's chip map, link map and timeline: arrays in a compressed block, and a document that lists them.

Values of single ticks are 16-bit steps: counts as they are, energies and times in 4,000ths of the largest, which
compress to half the size of finer ones. 65,535 stands for a value that was not recorded.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.latency import ROUTES
from neurosyn.analysis.plotting import part_in_use
from neurosyn.chip.program import OUTPUT
from neurosyn.trace.reader import Trace
from neurosyn.trace.schema import ENERGY_PARTS

__all__ = ["TIME_BINS", "Explorer", "explorer"]

TIME_BINS = 240
"""Steps in which the packets under way are counted over a tick."""
_MOST_TICKS = 64
_MOST_BYTES = 3_000_000
"""Largest number of values of single ticks, before compression: the more cores, the fewer ticks."""
_STEPS, _MISSING = 4000, 0xFFFF
_DIRECTIONS = ("north", "east", "south", "west", "core")


@dataclass(frozen=True)
class _Measure:
    """A measure that colours the cores; `ticks` names its column in ``core_ticks``."""

    key: str
    title: str
    unit: str
    colours: str
    ticks: str


_MEASURES = (
    _Measure("spikes", "Spikes", "", "viridis", "spikes"),
    _Measure("synaptic_events", "Synaptic events", "", "viridis", "synaptic_events"),
    _Measure("energy", "Active energy", "pJ", "inferno", "energy_pj"),
    _Measure("load", "Time at work", "ps", "cividis", "finish_ps"),
)


@dataclass(frozen=True)
class Explorer:
    """Data for the page's script.

    Attributes
    ----------
    document : dict
        Plain JSON values: mesh, layers, colours, measures, ticks, and where each array lies in the block.
    block : str
        The arrays, little-endian, one after the other, compressed by zlib, in base64.
    """

    document: dict[str, Any]
    block: str


@dataclass
class _Block:
    """Gathers arrays, each at a multiple of four bytes."""

    parts: list[bytes] = field(default_factory=list)
    arrays: dict[str, dict[str, Any]] = field(default_factory=dict)
    size: int = 0

    def add(self, name: str, values: NDArray[Any], dtype: str) -> None:
        """Add an array as ``u2``, ``u4`` or ``f4``."""
        data = np.ascontiguousarray(values, f"<{dtype}").tobytes()
        self.arrays[name] = {"type": dtype, "at": self.size, "length": int(values.size)}
        data += bytes(-len(data) % 4)
        self.parts.append(data)
        self.size += len(data)

    def encoded(self) -> str:
        return base64.b64encode(zlib.compress(b"".join(self.parts), 9)).decode("ascii")


def explorer(trace: Trace) -> Explorer | None:
    """Return the data of a trace for the page's script; None if no tick was simulated.

    Raises
    ------
    DataError
        If the trace is damaged.
    """
    if not trace.ticks_simulated:
        return None
    block = _Block()
    cores = trace.cores()
    for name, values in (("x", cores["x"]), ("y", cores["y"]), ("layer", cores["layer"].cat.codes)):
        block.add(name, values.to_numpy(), "u2")
    means = _means(trace, cores)
    for key, mean in means.items():
        block.add(f"mean_{key}", mean, "f4")
    ticks = _chosen_ticks(trace)
    scales = _add_ticks(block, trace, ticks, list(means))
    _add_links(block, trace)
    document = {
        "mesh": trace.mesh,
        "view": dict(zip(("x", "y", "width", "height"), part_in_use(cores["x"], cores["y"], trace.mesh), strict=True)),
        "layers": list(trace.layers),
        "mean_of": trace.ticks_timed or trace.ticks_simulated,
        "timed": bool(trace.ticks_timed),
        "measures": [
            {"key": m.key, "title": m.title, "unit": m.unit, "colours": m.colours, "scale": scales.get(m.key)}
            for m in _MEASURES
            if m.key in means
        ],
        "ticks": _tick_facts(trace, ticks),
        "flights": _add_flights(block, trace, ticks),
        "bins": TIME_BINS,
        "routes": list(ROUTES),
        "directions": list(_DIRECTIONS),
        "colours": {name: _colours(name) for name in ("viridis", "inferno", "cividis")},
        "arrays": block.arrays,
    }
    return Explorer(document, block.encoded())


def _means(trace: Trace, cores: Any) -> dict[str, NDArray[np.float64]]:
    """Return the means over the timed ticks, if there are any, else over all; of the time at work the longest."""
    timed = trace.ticks_timed > 0
    ticks, prefix = (trace.ticks_timed, "timed_") if timed else (trace.ticks_simulated, "")
    energy = cores["timed_energy_pj"] if timed else cores[[f"{part}_pj" for part in ENERGY_PARTS]].sum(axis=1)
    means = {
        "spikes": cores[f"{prefix}spikes"].to_numpy(np.float64) / ticks,
        "synaptic_events": cores[f"{prefix}synaptic_events"].to_numpy(np.float64) / ticks,
        "energy": energy.to_numpy(np.float64) / ticks,
    }
    if timed:
        means["load"] = cores["finish_ps"].to_numpy(np.float64, na_value=0)
    return means


def _chosen_ticks(trace: Trace) -> NDArray[np.int64]:
    """Return the recorded ticks that the page has room for: the longest, and others at even distances."""
    if not trace.has("core_ticks"):
        return np.zeros(0, np.int64)
    seen: set[int] = set()
    for batch in trace.batches("core_ticks", ["tick"]):
        seen.update(np.unique(batch.column("tick").to_numpy()).tolist())
    ticks = np.array(sorted(seen), np.int64)
    room = min(_MOST_TICKS, max(1, _MOST_BYTES // (trace.n_cores * 2 * len(_MEASURES))))
    if len(ticks) <= room:
        return ticks
    even = set(ticks[np.linspace(0, len(ticks) - 1, room).round().astype(int)].tolist())
    if trace.longest_tick in seen and trace.longest_tick not in even:
        even.remove(min(even, key=lambda tick: abs(tick - int(trace.longest_tick or 0))))
        even.add(int(trace.longest_tick))
    return np.array(sorted(even), np.int64)


def _add_ticks(block: _Block, trace: Trace, ticks: NDArray[np.int64], keys: list[str]) -> dict[str, float]:
    """Add the values of each core in each tick and return the size of a step by measure."""
    if not len(ticks):
        return {}
    shown = [measure for measure in _MEASURES if measure.key in keys]
    values = {measure.key: np.full((len(ticks), trace.n_cores), np.nan) for measure in shown}
    columns = ["tick", "core", *(measure.ticks for measure in shown)]
    for batch in trace.batches("core_ticks", columns, ticks=(int(ticks[0]), int(ticks[-1]))):
        tick, core = (batch.column(name).to_numpy() for name in ("tick", "core"))
        index = np.searchsorted(ticks, tick)
        wanted = ticks[index] == tick
        for measure in shown:
            column = batch.column(measure.ticks).to_numpy(zero_copy_only=False).astype(np.float64)
            values[measure.key][index[wanted], core[wanted]] = column[wanted]
    scales = {}
    for key, of_ticks in values.items():
        largest = float(np.nanmax(of_ticks, initial=0.0))
        # Counts that fit are kept as they are.
        whole = key in ("spikes", "synaptic_events") and largest < _MISSING
        scales[key] = 1.0 if whole or not largest else largest / _STEPS
        block.add(f"tick_{key}", np.where(np.isnan(of_ticks), _MISSING, np.rint(of_ticks / scales[key])), "u2")
    return scales


def _tick_facts(trace: Trace, ticks: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return number, duration and end of each tick; times are null where it was not timed."""
    if not len(ticks):
        return []
    if not trace.has("ticks"):
        return [
            {"tick": tick, "makespan_ps": None, "last_core": None, "last_arrival_ps": None} for tick in ticks.tolist()
        ]
    columns = ["tick", "makespan_ps", "last_core", "last_core_ps", "last_arrival_ps"]
    rows = trace.ticks(columns).set_index("tick").reindex(ticks)
    facts: list[dict[str, Any]] = [{"tick": tick} for tick in ticks.tolist()]
    for name in columns[1:]:
        for fact, value, missing in zip(facts, rows[name].tolist(), rows[name].isna().tolist(), strict=True):
            fact[name] = None if missing else int(value)
    return facts


def _add_links(block: _Block, trace: Trace) -> None:
    """Add the mean loads, over the timed ticks, of the links that leave each router."""
    if not trace.has("links"):
        return
    links = trace.links(["kind", "x", "y", "direction", "packets", "busy_share", "longest_wait_ps"])
    links = links[links["kind"].isin(["link", "local port"]) & links["x"].notna()]
    direction = links["direction"].astype(str).map({name: index for index, name in enumerate(_DIRECTIONS)})
    block.add("link_x", links["x"].to_numpy(np.int64), "u2")
    block.add("link_y", links["y"].to_numpy(np.int64), "u2")
    block.add("link_direction", direction.to_numpy(np.int64), "u2")
    block.add("link_packets", links["packets"].to_numpy(np.float64) / max(trace.ticks_timed, 1), "f4")
    block.add("link_busy", links["busy_share"].to_numpy(np.float64), "f4")
    block.add("link_wait", links["longest_wait_ps"].to_numpy(np.float64), "f4")


def _add_flights(block: _Block, trace: Trace, ticks: NDArray[np.int64]) -> list[int]:
    """Add the packets under way in each step of a tick, by kind of route; return the ticks with any."""
    if not len(ticks) or not trace.has("packets") or not trace.has("ticks"):
        return []
    of_ticks = trace.ticks(["tick", "start_ps", "makespan_ps"]).set_index("tick").reindex(ticks)
    start, length = (of_ticks[name].to_numpy(np.float64, na_value=np.nan) for name in ("start_ps", "makespan_ps"))
    change = np.zeros((len(ticks), len(ROUTES), TIME_BINS + 1), np.int64)
    columns = ["tick", "source_core", "dest_core", "send_ps", "arrival_ps"]
    for batch in trace.batches("packets", columns, ticks=(int(ticks[0]), int(ticks[-1]))):
        tick, source, dest, send, arrival = (batch.column(name).to_numpy() for name in columns)
        index = np.searchsorted(ticks, tick)
        wanted = (ticks[index] == tick) & (length[index] > 0)
        index, route = index[wanted], np.where(source < 0, 1, np.where(dest == OUTPUT, 2, 0))[wanted]
        for when, by, shift in ((send, 1, 0), (arrival, -1, 1)):
            step = (when[wanted] - start[index]) * TIME_BINS / length[index]
            step = np.clip(step.astype(np.int64), 0, TIME_BINS - 1) + shift
            np.add.at(change, (index, route, step), by)
    flights = change.cumsum(axis=2)[:, :, :TIME_BINS]
    with_packets = np.flatnonzero(flights.any(axis=(1, 2)))
    block.add("flights", flights[with_packets], "u4")
    return with_packets.tolist()


def _colours(name: str) -> str:
    """Return 64 colours of a map as hexadecimal digits."""
    import matplotlib as mpl

    rgb = np.asarray(mpl.colormaps[name](np.linspace(0, 1, 64)))[:, :3]
    return (rgb * 255).round().astype(np.uint8).tobytes().hex()
