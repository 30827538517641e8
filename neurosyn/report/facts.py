"""The summary of a run: its keys, and the facts that the terminal and the page both show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from neurosyn.support.formatting import MISSING, alike, count, number, percent, things, time, times

__all__ = [
    "PARTS",
    "Fact",
    "Section",
    "Summary",
    "assumed_value",
    "facts",
    "limited_by",
    "power_parts",
    "stand_in",
    "unofficial",
]

PARTS = {
    "leakage": "leakage of the cores in use",
    "memory": "reading the cores' rows",
    "synaptic": "synaptic events",
    "network": "hops between routers",
    "chip_to_chip": "links between chips",
    "io": "packets that enter or leave the board",
}
"""Parts of the power, with what each is spent on."""


class Summary(TypedDict, total=False):
    """What ``neurosyn simulate --json`` prints and ``summary.json`` holds.

    A key whose value a run does not have (the accuracy of a raw program, the speed of a run without timing) is absent
    or None. Shares are between 0 and 1. Events are counted over the whole run.
    """

    scenario: str
    title: str
    seed: int
    dataset: dict[str, Any]  # name, official, frames; licence, source
    accuracy: float | None  # of the chip
    trained_accuracy: float | None
    mismatched_frames: int | None
    cores: int
    chips: int
    neurons: int
    utilisation: dict[str, Any]  # what `neurosyn.compiler.utilisation.summarise` gives, or its total
    tick_period_us: float | None
    tick_limited_by: Any  # a text, or a table with the key text
    ticks_per_frame: int
    frames_per_second: float | None
    latency_us: float | None
    board: dict[str, Any]  # chips_used, crossings, crossings_per_packet, chip_edges, host_ports
    voltage: float
    power_mw: dict[str, float | None] | None  # total and PARTS
    energy_pj: dict[str, float]  # total and PARTS, over the whole run: the sum of all layers and the host
    host_energy_pj: dict[str, float]  # the same of the packets that the host sent
    not_counted: dict[str, str]  # what no number contains, and why
    energy_per_frame_uj: float | None
    frames_per_second_per_watt: float | None
    events: dict[str, int]  # spikes, synaptic_events, packets (input_, output_, late_), hops, crossings, collisions, …
    engine: dict[str, Any]  # timing, backend, wall_s, ticks, batched, timed_frames, timed_ticks, mean_travel_ns, …
    layers: list[dict[str, Any]]  # name, cores, spikes, synaptic_events, packets, hops, energy_pj, energy_parts_pj
    assumptions: list[dict[str, Any]]  # name, value, unit, basis, and whether it is an option
    deviations: list[str]  # what was changed on purpose in the program that was simulated
    probes: list[dict[str, Any]]  # name, kind, results, files in the folder probes, error
    provenance: dict[str, Any]
    run: str


@dataclass(frozen=True)
class Fact:
    """A labelled value, and what there is to add."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Facts that belong together."""

    title: str
    facts: tuple[Fact, ...]


def unofficial(summary: Mapping[str, Any]) -> bool:
    """Whether the numbers were taken on data that may not stand beside published results."""
    dataset = summary.get("dataset") or {}
    return bool(dataset) and dataset.get("official") is not True


def stand_in(summary: Mapping[str, Any]) -> bool:
    """Whether the data stand in for others: the scenario fell back on them, or their own name says so.

    People's own images are unofficial too, but stand in for nothing.
    """
    dataset = summary.get("dataset") or {}
    declared = dataset.get("stand_in_because") is not None or "stand-in" in str(dataset.get("name"))
    return unofficial(summary) and declared


def limited_by(summary: Mapping[str, Any]) -> str:
    """Return what sets the tick period, as a text; empty if nothing was timed."""
    cause = summary.get("tick_limited_by")
    if isinstance(cause, Mapping):
        cause = cause.get("text") or ", ".join(f"{key} {value}" for key, value in cause.items() if value is not None)
    return "" if cause is None else str(cause)


def assumed_value(assumption: Mapping[str, Any]) -> str:
    """Write the value of an assumption with its unit."""
    value = assumption.get("value")
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return f"{text} {assumption.get('unit') or ''}".strip()


def power_parts(power: Mapping[str, float | None]) -> list[str]:
    """Return the parts that a power is known by; a single chip has no links to others to speak of."""
    return [part for part in PARTS if power.get(part) is not None and (part != "chip_to_chip" or power[part])]


def facts(summary: Mapping[str, Any]) -> list[Section]:
    """Return the facts of a summary in sections; facts that the run does not have are left out."""
    sections = [
        Section("Classification", tuple(_classification(summary))),
        Section("Chip", tuple(_chip(summary))),
        Section("Board", tuple(_board(summary))),
        Section("Speed", tuple(_speed(summary))),
        Section("Power and energy", tuple(_power(summary))),
        Section("Events in the run", tuple(_events(summary))),
        Section("Probes", tuple(_probes(summary))),
        Section("Simulation", tuple(_simulation(summary))),
    ]
    kept = (Section(s.title, tuple(f for f in s.facts if f.value != MISSING)) for s in sections)
    return [section for section in kept if section.facts]


def _classification(summary: Mapping[str, Any]) -> list[Fact]:
    dataset = summary.get("dataset") or {}
    mismatched, frames = summary.get("mismatched_frames"), dataset.get("frames")
    of = f"of {count(frames)} frames" if frames is not None else ""
    return [
        Fact("Accuracy on the chip", percent(summary.get("accuracy")), of),
        Fact("Accuracy as trained", percent(summary.get("trained_accuracy"))),
        Fact("Mismatched frames", count(mismatched), "output spikes on the chip ≠ the trained network's"),
    ]


def _chip(summary: Mapping[str, Any]) -> list[Fact]:
    chips, use = summary.get("chips"), summary.get("utilisation") or {}
    use = use.get("total", use)
    on = "" if chips is None else f"on {things(chips, 'chip')}"
    facts = [Fact("Cores", count(summary.get("cores")), on), Fact("Neurons", count(summary.get("neurons")))]
    for part in ("axons", "neurons"):
        mean, most = use.get(f"{part}_mean"), use.get(f"{part}_max")
        note = "" if most is None else f"in the mean; at most {count(most)}"
        facts.append(Fact(f"{part.capitalize()} used in a core", number(mean), note))
    return [*facts, Fact("Synapses that are on", percent(use.get("density"), 1), "of the crossbars")]


def _board(summary: Mapping[str, Any]) -> list[Fact]:
    board = summary.get("board") or {}
    if (summary.get("chips") or 1) == 1:
        return []
    facts = [Fact("Chips in use", count(board.get("chips_used")), f"of {count(summary.get('chips'))}")]
    facts.append(Fact("Crossings", count(board.get("crossings")), "links from chip to chip, over all packets"))
    facts.append(Fact("Crossings of a packet", number(board.get("crossings_per_packet"), 3), "in the mean"))
    for label, links in (("Busiest chip edge", "chip_edges"), ("Busiest host port", "host_ports")):
        if board.get(links):
            most = max(board[links], key=lambda link: link["packets"])
            note = f"of the time busy: {most['name']}, {count(most['packets'])} packets"
            facts.append(Fact(label, percent(most["busy_share"], 1), note))
    return facts


def _speed(summary: Mapping[str, Any]) -> list[Fact]:
    engine, cause = summary.get("engine") or {}, limited_by(summary)
    frames, ticks = engine.get("timed_frames"), engine.get("timed_ticks")
    waiting = time(times(engine.get("mean_blocked_ns"), 1e3), 3)
    timed = [things(n, what) for n, what in ((frames, "frame"), (ticks, "tick")) if n is not None]
    return [
        Fact("Tick period", _with_unit(summary.get("tick_period_us"), "µs"), f"limited by {cause}" if cause else ""),
        Fact("Frames per second", _with_unit(summary.get("frames_per_second"), ""), _ticks_of_a_frame(summary)),
        Fact("Latency", time(times(summary.get("latency_us"), 1e6)), "from a frame's entry to its answer"),
        Fact("Played in time", ", ".join(timed) or MISSING),
        Fact("Mean travel of a packet", time(times(engine.get("mean_travel_ns"), 1e3), 3), f"{waiting} of it waiting"),
    ]


def _ticks_of_a_frame(summary: Mapping[str, Any]) -> str:
    ticks = summary.get("ticks_per_frame") or 1
    return f"{things(ticks, 'tick')} a frame" if ticks > 1 else ""


def _power(summary: Mapping[str, Any]) -> list[Fact]:
    power, voltage = summary.get("power_mw") or {}, summary.get("voltage")
    total = power.get("total")
    parts = {part: alike(power.get(part), total) for part in power_parts(power)}
    return [
        Fact("Power", _with_unit(total, "mW"), "" if voltage is None else f"at {number(voltage, 3)} V"),
        *(
            Fact(f"  {part.replace('_', ' ')}", v if v == MISSING else f"{v} mW", PARTS[part])
            for part, v in parts.items()
        ),
        *(Fact(f"  {name}", "not counted", why) for name, why in (summary.get("not_counted") or {}).items()),
        Fact("Energy per frame", _with_unit(summary.get("energy_per_frame_uj"), "µJ")),
        Fact("Frames per second and watt", _with_unit(summary.get("frames_per_second_per_watt"), "")),
    ]


def _events(summary: Mapping[str, Any]) -> list[Fact]:
    events = summary.get("events") or {}
    hops, packets = events.get("hops"), (events.get("packets") or 0) + (events.get("input_packets") or 0)
    labels = {
        "spikes": "",
        "synaptic_events": "",
        "packets": "sent by neurons",
        "input_packets": "sent by the host",
        "output_packets": "sent to the host",
        "hops": f"{number(hops / packets, 3)} a packet" if hops and packets else "",
        "collisions": "spikes to an axon that had one in this tick",
        "late_packets": "after their tick had begun",
        "core_overruns": "not finished when the tick ended",
    }
    return [Fact(key.replace("_", " ").capitalize(), count(events.get(key)), note) for key, note in labels.items()]


def _probes(summary: Mapping[str, Any]) -> Iterator[Fact]:
    for probe in summary.get("probes") or []:
        name, results = probe["name"], probe.get("results") or {}
        if probe.get("error"):
            yield Fact(name, "switched off", str(probe["error"]))
        shown = {key: value for key, value in results.items() if isinstance(value, (int, float, str))}
        for key, value in shown.items():
            text = value if isinstance(value, str) else count(value) if isinstance(value, int) else number(value)
            yield Fact(f"{name}: {key.replace('_', ' ')}", text)
        if probe.get("files"):
            yield Fact(
                name, things(len(probe["files"]), "file"), ", ".join(f"probes/{file}" for file in probe["files"])
            )


def _simulation(summary: Mapping[str, Any]) -> list[Fact]:
    engine = summary.get("engine") or {}
    seed, batched = summary.get("seed"), engine.get("batched")
    return [
        Fact("Timing", str(engine.get("timing") or MISSING)),
        Fact("Backend", str(engine.get("backend") or MISSING)),
        Fact("Ticks", count(engine.get("ticks")), "played one by one; all frames in batches" if batched else ""),
        Fact("Wall time", MISSING if engine.get("wall_s") is None else f"{number(engine['wall_s'], 3)} s"),
        Fact("Seed", MISSING if seed is None else str(seed)),
    ]


def _with_unit(value: float | None, unit: str) -> str:
    text = number(value)
    return text if text == MISSING or not unit else f"{text} {unit}"
