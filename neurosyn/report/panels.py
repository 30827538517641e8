"""Panels of the report page, from the summary, the trace and the answers to the frames."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.evaluation import Evaluation, class_accuracy, confusion_matrix
from neurosyn.analysis.latency import packet_latencies
from neurosyn.analysis.plotting import part_in_use
from neurosyn.report import figures
from neurosyn.report.facts import PARTS, Fact, learning_history, limited_by, power_parts
from neurosyn.support.formatting import MISSING, count, counted, like_whole, number, percent, scaled, time
from neurosyn.trace.reader import Trace
from neurosyn.trace.schema import ENERGY_PARTS

__all__ = [
    "PART_COLOURS",
    "accuracy",
    "cards",
    "edges",
    "latencies",
    "layers",
    "learning",
    "mapped_ticks",
    "maps",
    "power",
    "samples",
]

PART_COLOURS = {
    "leakage": "#8a97a5",
    "memory": "#0072b2",
    "synaptic": "#e69f00",
    "network": "#009e73",
    "chip_to_chip": "#56b4e9",
    "io": "#cc79a7",
}
"""Palette of Okabe and Ito, made for colour-blind readers; grey for leakage."""

_SAMPLES = 24
_CONFUSIONS = 8
_BEST_SCORES = 3
_EDGES = 12


def cards(summary: Mapping[str, Any]) -> list[Fact]:
    """Return the numbers at the top of the page."""
    dataset, power = summary.get("dataset") or {}, summary.get("power_mw") or {}
    chips, voltage, cause = summary.get("chips"), summary.get("voltage"), limited_by(summary)
    frames, period = dataset.get("frames"), summary.get("tick_period_us")
    ticks = summary.get("ticks_per_frame") or 1
    of_ticks = f"{'tick' if ticks == 1 else counted(ticks, 'tick')} of {number(period)} µs"
    cards = [
        Fact("Accuracy on the chip", percent(summary.get("accuracy")), f"{count(frames)} frames" if frames else ""),
        Fact("Accuracy as trained", percent(summary.get("trained_accuracy")), "the same frames, off the chip"),
        Fact("Mismatched frames", count(summary.get("mismatched_frames")), "chip ≠ trained network"),
        Fact("Cores", count(summary.get("cores")), f"on {counted(chips, 'chip')}" if chips else ""),
        Fact("Frames per second", number(summary.get("frames_per_second")), f"one per {of_ticks}"),
        Fact("Latency", time(scaled(summary.get("latency_us"), 1e6)), "from a frame's entry to its answer"),
        Fact("Power", _unit(power.get("total"), "mW"), f"at {number(voltage, 3)} V" if voltage else ""),
        Fact("Energy per frame", _unit(summary.get("energy_per_frame_uj"), "µJ"), "power ÷ frames per second"),
        Fact("Frames per second and watt", number(summary.get("frames_per_second_per_watt")), ""),
        Fact("Tick period", _unit(period, "µs"), f"limited by {cause.partition(':')[0]}" if cause else ""),
    ]
    return [card for card in cards if card.value != MISSING]


@dataclass(frozen=True)
class ClassRow:
    """A class in the table of accuracies."""

    name: str
    frames: int
    accuracy: float


@dataclass(frozen=True)
class Accuracy:
    """The panel on classification."""

    figure: str
    classes: list[ClassRow]
    confusions: list[tuple[str, str, int]]


def accuracy(evaluation: Evaluation) -> Accuracy:
    """Return the confusion matrix, the accuracy by class and the most frequent confusions."""
    matrix = confusion_matrix(evaluation)
    names = evaluation.classes
    wrong = matrix - np.diag(matrix.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSIONS]
    pairs = [(int(i) // len(names), int(i) % len(names)) for i in order if wrong.flat[i] > 0]
    right = int(matrix.trace())
    label = f"Confusion matrix of {len(names)} classes: {right:,} of {len(evaluation):,} frames on the diagonal"
    return Accuracy(
        figures.confusion_figure(matrix, names, label),
        [
            ClassRow(name, int(frames), float(share))
            for name, frames, share in zip(names, matrix.sum(axis=1), class_accuracy(evaluation), strict=True)
        ],
        [(names[true], names[predicted], int(wrong[true, predicted])) for true, predicted in pairs],
    )


def learning(summary: Mapping[str, Any]) -> str:
    """Return the learning curve of the model; empty if there is none of two epochs or more."""
    history = learning_history(summary)
    label = f"Accuracy over {len(history)} epochs of training"
    return figures.learning_figure(history, label) if len(history) > 1 else ""


@dataclass(frozen=True)
class Sample:
    """A frame with the chip's answer."""

    image: str
    label: str
    prediction: str
    correct: bool
    scores: list[tuple[str, float]]


def samples(evaluation: Evaluation) -> list[Sample]:
    """Return the first frames that have an image."""
    shown = []
    for index in range(min(_SAMPLES, 0 if evaluation.images is None else len(evaluation.images))):
        assert evaluation.images is not None
        scores: list[tuple[str, float]] = []
        if evaluation.scores is not None:
            of_frame = evaluation.scores[index]
            best = np.argsort(-of_frame, kind="stable")[:_BEST_SCORES]
            scores = [(evaluation.classes[c], float(of_frame[c])) for c in best]
        label, prediction = int(evaluation.labels[index]), int(evaluation.predictions[index])
        shown.append(
            Sample(
                _png(evaluation.images[index]),
                evaluation.classes[label],
                evaluation.classes[prediction],
                label == prediction,
                scores,
            )
        )
    return shown


@dataclass(frozen=True)
class Part:
    """A part of the power, or of a layer's energy."""

    name: str
    about: str
    share: float
    power_mw: str = MISSING
    energy_uj: str = MISSING


@dataclass(frozen=True)
class LayerRow:
    """A layer in the layer table; the shares, which the bars show, are of the largest layer's."""

    name: str
    numbers: dict[str, float | None]
    shares: dict[str, float]
    parts: list[Part] = field(default_factory=list)


_LAYER_NUMBERS = ("cores", "spikes", "synaptic_events", "packets", "hops", "energy_pj")


def layers(summary: Mapping[str, Any], trace: Trace | None) -> list[LayerRow]:
    """Return the layer table: of the whole run by the summary, or else of the traced ticks."""
    rows = summary.get("layers") or ([] if trace is None else _traced_layers(summary, trace))
    most = {key: max((row.get(key) or 0 for row in rows), default=0) for key in _LAYER_NUMBERS}
    shown = [part for part in PARTS if any((row.get("energy_parts_pj") or {}).get(part) for row in rows)]
    return [
        LayerRow(
            str(row.get("name", MISSING)),
            {key: row.get(key) for key in _LAYER_NUMBERS},
            {key: (row.get(key) or 0) / most[key] if most[key] else 0.0 for key in _LAYER_NUMBERS},
            [Part(part, PARTS[part], row["energy_parts_pj"].get(part, 0.0) / most["energy_pj"]) for part in shown],
        )
        for row in rows
    ]


def _traced_layers(summary: Mapping[str, Any], trace: Trace) -> list[dict[str, Any]]:
    cores, energy = trace.cores(), trace.energy()
    layer = cores["layer"].cat.codes.to_numpy()
    keys = ("spikes", "synaptic_events", "packets", "hops")
    leakage, period = (summary.get("power_mw") or {}).get("leakage"), summary.get("tick_period_us")
    # mW · µs = nJ; the cores leak alike.
    leaked_pj = 1000 * (leakage or 0.0) * (period or 0.0) * trace.ticks_simulated / trace.n_cores
    rows = []
    for index, name in enumerate(trace.layers):
        is_here, energies = layer == index, energy[energy["layer"] == name]
        parts = {"leakage": leaked_pj * int(is_here.sum())} | dict(
            zip(energies["part"], energies["energy_pj"], strict=True)
        )
        rows.append(
            {"name": name, "cores": int(is_here.sum())}
            | {key: int(cores[key].to_numpy()[is_here].sum()) for key in keys}
            | {"energy_pj": sum(parts.values()), "energy_parts_pj": parts}
        )
    return rows


def power(summary: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the power; empty without a power."""
    known = summary.get("power_mw") or {}
    total, per_frame = known.get("total"), summary.get("energy_per_frame_uj")
    if not total:
        return []
    return [
        Part(
            part,
            PARTS[part],
            known[part] / total,
            like_whole(known[part], total),
            like_whole(scaled(per_frame, known[part] / total), per_frame),
        )
        for part in power_parts(known)
    ]


@dataclass(frozen=True)
class EdgeRow:
    """A link between chips in the table of edges; the share is of the time."""

    name: str
    packets: int
    share: float


def edges(summary: Mapping[str, Any]) -> list[EdgeRow]:
    """Return the busiest links between chips."""
    links = (summary.get("board") or {}).get("chip_edges") or []
    busiest = sorted(links, key=lambda edge: -edge["packets"])[:_EDGES]
    return [EdgeRow(edge["name"].removeprefix("chip edge "), edge["packets"], edge["busy_share"]) for edge in busiest]


@dataclass(frozen=True)
class ChipMap:
    """A figure of the board with title and caption."""

    title: str
    figure: str
    caption: str


def mapped_ticks(trace: Trace) -> str:
    """Return the number and kind of the ticks that the maps show, as text."""
    if trace.ticks_timed:
        return counted(trace.ticks_timed, "timed tick")
    return counted(trace.ticks_simulated, "tick")


def maps(trace: Trace) -> list[ChipMap]:
    """Return the board coloured by spikes, by energy, by layer and by the load of its links.

    The maps show the timed ticks if there are any, since others may have been played to fill the pipeline, else all.
    """
    cores = trace.cores()
    side = trace.mesh["side"]
    width, height = trace.mesh["columns"] * side, trace.mesh["rows"] * side

    def board(values: NDArray[Any]) -> NDArray[np.float64]:
        grid = np.full((height, width), np.nan)
        grid[cores["y"], cores["x"]] = values
        return grid

    if trace.ticks_timed:
        ticks, spikes, energy = trace.ticks_timed, cores["timed_spikes"], cores["timed_energy_pj"]
    else:
        ticks, spikes = max(1, trace.ticks_simulated), cores["spikes"]
        energy = cores[[f"{part}_pj" for part in ENERGY_PARTS]].sum(axis=1)
    layer = cores["layer"].cat.codes.to_numpy()
    drawn = []
    for title, values, unit, colours in (
        ("Spikes", spikes.to_numpy() / ticks, "spikes in a tick", "viridis"),
        ("Active energy", energy.to_numpy() / 1000 / ticks, "nJ in a tick", "inferno"),
    ):
        hot = int(np.argmax(values))
        where = f"core {cores['core'][hot]} at ({cores['x'][hot]}, {cores['y'][hot]}), layer {cores['layer'][hot]}"
        caption = f"Most: {number(values[hot], 3)} {unit}, {where}. Mean {number(float(values.mean()), 3)}."
        figure = figures.chip_map(
            board(values),
            unit=unit,
            colours=colours,
            side=side,
            label=f"Map of the cores by {title.lower()}. {caption}",
        )
        drawn.append(ChipMap(title, figure, caption))
    by_layer = figures.layer_map(
        board(layer), len(trace.layers), side=side, label=f"Map of the cores by layer, {len(trace.layers)} layers"
    )
    drawn.append(ChipMap("Layer", by_layer, "Numbers are those of the layer table."))
    if trace.ticks_timed:
        drawn.append(_link_map(trace, width, height))
    return drawn


def _link_map(trace: Trace, width: int, height: int) -> ChipMap:
    """Return the routers coloured by the busiest of the links that leave them."""
    links = trace.links(["kind", "name", "x", "y", "packets", "busy_share"])
    links = links[links["kind"] == "link"]
    cores = trace.cores(["x", "y"])
    west, south, across, along = part_in_use(cores["x"], cores["y"], trace.mesh)
    load = np.full((height, width), np.nan)
    x, y = links["x"].to_numpy(np.int64), links["y"].to_numpy(np.int64)
    np.fmax.at(load, (y, x), links["packets"].to_numpy(np.float64) / trace.ticks_timed)
    # The part of the board that the cores are on, as in the other maps.
    here = np.full_like(load, np.nan)
    here[south : south + along, west : west + across] = load[south : south + along, west : west + across]
    caption = "No packet left its core's router."
    if len(links):
        most = links.iloc[int(np.argmax(links["packets"]))]
        packets = number(most["packets"] / trace.ticks_timed, 3)
        caption = f"Most: {packets} packets in a tick, {most['name']}, busy {percent(most['busy_share'])} of the time."
    figure = figures.chip_map(
        here,
        unit="packets in a tick",
        colours="cividis",
        side=trace.mesh["side"],
        label=f"Map of the routers by the busiest link that leaves each. {caption}",
    )
    return ChipMap("Links", figure, caption)


@dataclass(frozen=True)
class LatencyRow:
    """A kind of route in the latency table; times in ps."""

    route: str
    colour: str
    packets: int
    median: int
    p99: int
    longest: int
    waiting: float


@dataclass(frozen=True)
class Latencies:
    """The panel on packets."""

    figure: str
    rows: list[LatencyRow]


def latencies(trace: Trace) -> Latencies | None:
    """Return the distribution of packet latencies; None if no packet was recorded."""
    if not trace.rows.get("packets"):
        return None
    by_route = packet_latencies(trace)
    rows = [
        LatencyRow(
            part.route,
            figures.ROUTE_COLOURS[part.route],
            len(part),
            part.quantile(0.5),
            part.quantile(0.99),
            part.quantile(1),
            part.blocked_share,
        )
        for part in by_route
    ]
    label = "Distribution of packet latencies. " + " ".join(
        f"{row.route.capitalize()}: median {time(row.median)}, longest {time(row.longest)}." for row in rows
    )
    return Latencies(figures.latency_figure(by_route, label), rows)


def _png(image: NDArray[np.uint8]) -> str:
    """Return an image as a data URL."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _unit(value: float | None, unit: str) -> str:
    text = number(value)
    return text if text == MISSING else f"{text} {unit}"
