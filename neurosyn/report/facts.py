"""Facts of a summary, as the terminal and the report page both show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurosyn.analysis.run_summary import hops_per_packet
from neurosyn.support.formatting import MISSING, count, counted, like_whole, number, percent, scaled, time

__all__ = [
    "PARTS",
    "Fact",
    "Section",
    "assumed_value",
    "facts",
    "learning_history",
    "limited_by",
    "power_parts",
]

PARTS = {
    "leakage": "leakage of the cores in use",
    "memory": "reading the cores' rows",
    "synaptic": "synaptic events",
    "network": "hops between routers",
    "chip_to_chip": "links between chips",
    "io": "packets that enter or leave the board",
}
"""Parts of the power and their causes."""


_BARS = "▁▂▃▄▅▆▇█"
_SPARKLINE = 24
"""Epochs that the curve in the terminal shows at most, the last ones."""


@dataclass(frozen=True)
class Fact:
    """A labelled value with a note."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Facts that belong together."""

    title: str
    facts: tuple[Fact, ...]


def limited_by(summary: Mapping[str, Any]) -> str:
    """Return the cause of the tick period's length as text; empty if the run has none."""
    cause = summary.get("tick_limited_by")
    return cause["text"] if cause else ""


def assumed_value(assumption: Mapping[str, Any]) -> str:
    """Write the value of an assumption with its unit."""
    value = assumption["value"]
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return f"{text} {assumption['unit']}".strip()


def power_parts(power: Mapping[str, float | None]) -> list[str]:
    """Return the names of a power's parts; links between chips only where they take power."""
    return [part for part in PARTS if power.get(part) is not None and (part != "chip_to_chip" or power[part])]


def facts(summary: Mapping[str, Any]) -> list[Section]:
    """Return the facts of a summary in sections.

    Parameters
    ----------
    summary
        See `neurosyn.analysis.run_summary`; facts whose keys are missing or None are left out.
    """
    sections = [
        Section("Classification", tuple(_classification(summary))),
        Section("Network of another framework", tuple(_imported(summary))),
        Section("Chip", tuple(_chip(summary))),
        Section("Board", tuple(_board(summary))),
        Section("Speed", tuple(_speed(summary))),
        Section("Power and energy", tuple(_power(summary))),
        Section("Events in the run", tuple(_events(summary))),
        Section("Worth a try", tuple(Fact(h["option"], h["value"], h["reason"]) for h in summary.get("hints") or [])),
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
        Fact("Accuracy as trained", percent(summary.get("trained_accuracy")), "of the network on these frames"),
        *_training(learning_history(summary)),
        Fact("Mismatched frames", count(mismatched), "output spikes on the chip ≠ the trained network's"),
    ]


def _imported(summary: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield the rating of every node of a network with state."""
    for node in (summary.get("model") or {}).get("nodes") or []:
        yield Fact(f"{node['name']} ({node['type']})", node["rating"], node["reason"])


def learning_history(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the epochs of the model's training that have an accuracy; none if the model has no record of them."""
    history = (summary.get("model") or {}).get("history") or []
    return [
        entry
        for entry in history
        if isinstance(entry, Mapping)
        and isinstance(entry.get("accuracy"), float)
        and isinstance(entry.get("epoch"), int)
    ]


def _training(history: Sequence[Mapping[str, Any]]) -> Iterator[Fact]:
    if history:
        curve = sparkline([float(entry["accuracy"]) for entry in history][-_SPARKLINE:])
        note = f"on training images, {counted(len(history), 'epoch')} {curve}"
        yield Fact("Accuracy in training", percent(history[-1]["accuracy"]), note)
        if isinstance(held_out := history[-1].get("validation_accuracy"), float):
            yield Fact("Accuracy on held-out images", percent(held_out), "after the last epoch")


def sparkline(values: Sequence[float]) -> str:
    """Return a curve of numbers as a word of bars."""
    low, high = min(values), max(values)
    step = (high - low) / (len(_BARS) - 1) or 1.0
    return "".join(_BARS[round((value - low) / step)] for value in values)


def _chip(summary: Mapping[str, Any]) -> list[Fact]:
    chips, use = summary.get("chips"), summary.get("utilisation") or {}
    use = use.get("total", use)
    on = "" if chips is None else f"on {counted(chips, 'chip')}"
    chip = summary.get("chip") or {}
    facts = [Fact("Chip", str(chip.get("name", MISSING)), _about_chip(chip))]
    facts += [Fact("Cores", count(summary.get("cores")), on), Fact("Neurons", count(summary.get("neurons")))]
    for part in ("axons", "neurons"):
        mean, most = use.get(f"{part}_mean"), use.get(f"{part}_max")
        note = "" if most is None else f"in the mean; at most {count(most)}"
        facts.append(Fact(f"{part.capitalize()} used in a core", number(mean), note))
    facts.append(Fact("Synapses that are on", percent(use.get("density"), 1), "of the crossbars"))
    if use.get("complemented_filters"):
        note = f"of {count(use['filters'])}: they spike where the trained filter does not, which is more rarely"
        facts.append(Fact("Complemented filters", count(use["complemented_filters"]), note))
    return facts


def _about_chip(chip: Mapping[str, Any]) -> str:
    """Return title and process of a chip, the size of its cores, and a warning if it was never built."""
    if not chip:
        return ""
    never = "HYPOTHETICAL, never built: " if chip["hypothetical"] else ""
    return f"{never}{chip['title']}, {chip['process']}, cores of {chip['axons']} × {chip['neurons']}"


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
    timed = [counted(n, what) for n, what in ((frames, "frame"), (ticks, "tick")) if n is not None]
    return [
        Fact("Tick period", _with_unit(summary.get("tick_period_us"), "µs"), f"limited by {cause}" if cause else ""),
        Fact("Frames per second", _with_unit(summary.get("frames_per_second"), ""), _ticks_of_a_frame(summary)),
        Fact("Latency", time(scaled(summary.get("latency_us"), 1e6)), "from a frame's entry to its answer"),
        Fact("Played in time", ", ".join(timed) or MISSING),
        _travel(engine, "cores", "a packet of a core"),
        _travel(engine, "host", "a host packet", ", for its turn at the host's port and on the way"),
    ]


def _travel(engine: Mapping[str, Any], sender: str, packet: str, where: str = "") -> Fact:
    travel, wait = (time(scaled(engine.get(f"mean_{name}_from_{sender}_ns"), 1e3), 3) for name in ("travel", "wait"))
    return Fact(f"Mean travel, {packet}", travel, f"{wait} of it waiting{where}")


def _ticks_of_a_frame(summary: Mapping[str, Any]) -> str:
    ticks = summary.get("ticks_per_frame") or 1
    return f"{counted(ticks, 'tick')} a frame" if ticks > 1 else ""


def _power(summary: Mapping[str, Any]) -> list[Fact]:
    power, voltage = summary.get("power_mw") or {}, summary.get("voltage")
    total = power.get("total")
    parts = {part: like_whole(power.get(part), total) for part in power_parts(power)}
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
    hops = hops_per_packet(summary)
    labels = {
        "spikes": "",
        "synaptic_events": "",
        "packets": "sent by neurons",
        "input_packets": "sent by the host",
        "output_packets": "sent to the host",
        "hops": "" if hops is None else f"{number(hops, 3)} a packet",
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
                name, counted(len(probe["files"]), "file"), ", ".join(f"probes/{file}" for file in probe["files"])
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
        *_unused(summary.get("unused") or {}),
    ]


def _unused(unused: Mapping[str, str]) -> Iterator[Fact]:
    """Yield the options without effect; those of a table with the same reason together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for option, reason in unused.items():
        groups.setdefault((option.rpartition(".")[0], reason), []).append(option)
    for (table, reason), options in groups.items():
        names = ", ".join(option.removeprefix(f"{table}.") for option in options)
        if len(options) == 1:
            yield Fact(options[0], "not used", reason)
        else:
            yield Fact(f"{len(options)} options of {table}", "not used", f"{names}: {reason}")


def _with_unit(value: float | None, unit: str) -> str:
    text = number(value)
    return text if text == MISSING or not unit else f"{text} {unit}"
