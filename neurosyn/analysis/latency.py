"""Latency of packets from their neuron to their target, and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import OUTPUT
from neurosyn.trace.reader import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PARTS", "ROUTES", "PacketLatencies", "analyse", "draw", "latency_bins", "packet_latencies"]

ROUTES = ("between cores", "from the host", "to the host")
"""Kinds of route."""
PARTS = ("core", "queue", "hops", "edge")
"""Parts of a packet's age at its arrival, counted from the start of the tick."""

_COLUMNS = ("tick", "source_core", "dest_core", "send_ps", "arrival_ps", "hops", "crossings", "blocked_ps", "late")


@dataclass(frozen=True, eq=False)
class PacketLatencies:
    """Latencies of the packets of one kind of route.

    Attributes
    ----------
    route : str
        One of `ROUTES`.
    latency_ps : int64 array (packets,)
        Times from readiness in the core (or at the host) to arrival, sorted.
    blocked_ps : int
        Total time spent waiting.
    """

    route: str
    latency_ps: NDArray[np.int64]
    blocked_ps: int

    def __len__(self) -> int:
        return len(self.latency_ps)

    def quantile(self, share: float) -> int:
        """Return the quantile `share` of the latencies in ps."""
        if not len(self):
            return 0
        return int(self.latency_ps[max(0, int(np.ceil(share * len(self))) - 1)])

    @property
    def blocked_share(self) -> float:
        """Share of waiting in the total latency."""
        total = int(self.latency_ps.sum())
        return self.blocked_ps / total if total else 0.0


def packet_latencies(trace: Trace) -> list[PacketLatencies]:
    """Return the latencies of a trace's packets by kind of route; kinds without packets are left out.

    Raises
    ------
    DataError
        If the trace has no packets or they cannot be read.
    """
    latency: list[list[NDArray[np.int64]]] = [[] for _ in ROUTES]
    blocked = [0] * len(ROUTES)
    columns = ("source_core", "dest_core", "send_ps", "arrival_ps", "blocked_ps")
    for batch in trace.batches("packets", columns):
        source, dest, send, arrival, waited = (batch.column(name).to_numpy() for name in columns)
        route = _routes(source, dest)
        for kind in range(len(ROUTES)):
            of_kind = route == kind
            latency[kind].append((arrival - send)[of_kind])
            blocked[kind] += int(waited[of_kind].sum())
    latencies = []
    for name, parts, waiting in zip(ROUTES, latency, blocked, strict=True):
        values = np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)
        if len(values):
            latencies.append(PacketLatencies(name, values, waiting))
    return latencies


def _routes(source: NDArray[np.int32], dest: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the kind of route of each packet, as an index into `ROUTES`."""
    return np.where(source < 0, 1, np.where(dest == OUTPUT, 2, 0))


@dataclass
class _Ages:
    """Sums, over batches, of the packets' ages at arrival and their parts."""

    chip: ChipOptions
    start_ps: NDArray[np.int64]
    first_tick: int
    latency: list[list[NDArray[np.int64]]] = field(default_factory=lambda: [[] for _ in ROUTES])
    parts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(ROUTES), len(PARTS)), np.int64))
    packets: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ROUTES), np.int64))
    late: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ROUTES), np.int64))

    def add(self, batch: pa.RecordBatch) -> None:
        column = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in _COLUMNS}
        route = _routes(column["source_core"], column["dest_core"])
        crossed = column["crossings"].astype(np.int64) + (route != 0)
        parts = np.stack(
            [
                column["send_ps"] - self.start_ps[column["tick"] - self.first_tick],
                column["blocked_ps"],
                (column["hops"].astype(np.int64) + 1) * self.chip.hop_latency_ps,
                crossed * self.chip.edge_latency_ps,
            ],
            axis=1,
        )
        latency = column["arrival_ps"] - column["send_ps"]
        for kind in range(len(ROUTES)):
            here = route == kind
            self.latency[kind].append(latency[here])
            self.parts[kind] += parts[here].sum(axis=0)
            self.packets[kind] += int(here.sum())
            self.late[kind] += int(column["late"][here].sum())


def analyse(run: FinishedRun) -> Analysis:
    """Return the latencies of recorded packets by kind of route, and the parts of their age at arrival.

    From the start of the tick: ``core``, until the neuron was evaluated and its packet ready; ``queue``, waiting in its
    core and in FIFOs; ``hops``, through routers; ``edge``, over links between chips and the host's. The four add up to
    the arrival, to the picosecond. The latency is the last three.

    Raises
    ------
    DataError
        If the run has no trace or no packets.
    """
    trace = run.trace
    ticks = trace.ticks(["tick", "start_ps"])
    first = int(ticks["tick"].iloc[0]) if len(ticks) else 0
    ages = _Ages(trace.chip, ticks["start_ps"].fillna(0).to_numpy(np.int64), first)
    recorded: set[int] = set()
    for batch in trace.batches("packets", _COLUMNS):
        ages.add(batch)
        recorded.update(np.unique(batch.column("tick").to_numpy()).tolist())
    latencies, rows, parts = [], [], []
    for kind, name in enumerate(ROUTES):
        values = np.sort(np.concatenate(ages.latency[kind])) if ages.latency[kind] else np.zeros(0, np.int64)
        if not len(values):
            continue
        part = PacketLatencies(name, values, int(ages.parts[kind][1]))
        latencies.append(part)
        rows.append(_row(part, int(ages.late[kind])))
        mean = ages.parts[kind] / len(values)
        total = int(ages.parts[kind].sum())
        parts += [
            {"route": name, "part": label, "mean_ps": float(mean[i]), "share": int(ages.parts[kind][i]) / max(total, 1)}
            for i, label in enumerate(PARTS)
        ]
    packets = int(ages.packets.sum())
    return Analysis(
        "latency",
        str(run.path),
        run.title,
        {
            "packets": packets,
            "ticks": len(recorded),
            **_means(ages),
            "longest_ps": max((part.quantile(1) for part in latencies), default=None),
            "late_packets": int(ages.late.sum()),
        },
        {
            "routes": pd.DataFrame(rows, columns=_ROUTE_COLUMNS),
            "parts": pd.DataFrame(parts, columns=["route", "part", "mean_ps", "share"]),
            "histogram": _histogram(latencies),
        },
        (
            f"Packets of {len(recorded):,} of {trace.ticks_timed:,} timed ticks were recorded.",
            "core: until the neuron was evaluated; queue: waiting; hops: routers; edge: links between chips and the "
            "host's ports.",
        ),
        draw=draw,
    )


def _means(ages: _Ages) -> dict[str, float | None]:
    """Return mean latency and wait of packets of cores and of the host, which queue at its ports, apart."""
    means: dict[str, float | None] = {}
    of_host = np.array(ROUTES) == "from the host"
    for sender, kinds in (("cores", ~of_host), ("host", of_host)):
        packets, parts = int(ages.packets[kinds].sum()), ages.parts[kinds]
        means[f"mean_latency_from_{sender}_ps"] = int(parts[:, 1:].sum()) / packets if packets else None
        means[f"mean_wait_from_{sender}_ps"] = int(parts[:, 1].sum()) / packets if packets else None
    return means


_ROUTE_COLUMNS = ["route", "packets", "mean_ps", "p50_ps", "p95_ps", "p99_ps", "max_ps", "waiting_share", "late"]


def _row(part: PacketLatencies, late: int) -> dict[str, object]:
    quantiles = {f"p{share:.0%}".rstrip("%") + "_ps": part.quantile(share) for share in (0.5, 0.95, 0.99)}
    return {
        "route": part.route,
        "packets": len(part),
        "mean_ps": float(part.latency_ps.mean()),
        **quantiles,
        "max_ps": part.quantile(1),
        "waiting_share": part.blocked_share,
        "late": late,
    }


def _histogram(latencies: list[PacketLatencies]) -> pd.DataFrame:
    """Return the packets of each kind by bins of the latency, each at least as wide as the shortest latency."""
    if not latencies:
        return pd.DataFrame(columns=["from_ps", "to_ps", *ROUTES])
    low = max(1, min(int(part.latency_ps[0]) for part in latencies))
    high = max(int(part.latency_ps[-1]) for part in latencies)
    edges = latency_bins(low, high)
    counts = {part.route: np.histogram(part.latency_ps, edges)[0] for part in latencies}
    return pd.DataFrame({"from_ps": edges[:-1], "to_ps": edges[1:]} | counts)


def latency_bins(low: int, high: int) -> NDArray[np.float64]:
    """Return edges of bins that widen with the latency and are never narrower than `low`.

    Latencies of the shortest routes are small multiples of a router's: narrower bins would show gaps between them.
    """
    ratio = max(high / low, 2.0) ** (1 / 60)
    edges = [0.75 * low]
    while edges[-1] <= high:
        edges.append(max(edges[-1] + low, edges[-1] * ratio))
    return np.array(edges)


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the distribution of latencies, and the parts of the packets' age at arrival."""
    from neurosyn.analysis.plotting import COLOURS, bar_labels, legend, time_axis

    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    histogram, routes = analysis.table("histogram"), analysis.table("routes")
    colours = dict(zip(ROUTES, COLOURS, strict=False))
    for route, packets in routes[["route", "packets"]].itertuples(index=False):
        edges = np.append(histogram["from_ps"], histogram["to_ps"].iloc[-1])
        share = 100 * histogram[route].to_numpy() / packets
        left.stairs(share, edges, fill=True, color=colours[route], alpha=0.3)
        left.stairs(share, edges, color=colours[route], linewidth=1.4, label=f"{route} ({packets:,})")
    if len(histogram):
        left.set_xscale("log")
        legend(left, loc="upper right")
    time_axis(left.xaxis)
    left.set_xlabel("latency: from ready to be sent to arrival")
    left.set_ylabel("% of the packets of the kind")
    left.set_title("Distribution")
    parts = analysis.table("parts")
    names = list(dict.fromkeys(parts["route"]))
    begun = np.zeros(len(names))
    for index, part in enumerate(PARTS):
        mean = np.array(
            [float(parts["mean_ps"][(parts["route"] == n) & (parts["part"] == part)].iloc[0]) for n in names]
        )
        right.barh(np.arange(len(names)), mean, left=begun, color=COLOURS[(6, 1, 0, 2)[index]], label=part)
        begun += mean
    bar_labels(right, names)
    time_axis(right.xaxis)
    right.set_title("Mean age at arrival, from the start of the tick")
    legend(right, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4)
