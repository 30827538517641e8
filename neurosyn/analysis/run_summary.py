"""Summary of a run: the one description of ``summary.json`` and of what ``--json`` prints.

Runs of frames (``neurosyn simulate``) have a `FramesSummary`, raw programs (``neurosyn run``) a `ProgramSummary`. Both
are plain JSON values at run time; pydantic makes the JSON Schema from these classes and checks a file that is read.
`neurosyn.run.summary` fills them; they stand here because analyses and reports, which read them, lie below the run.

Keys may be added; one that is there keeps its name and meaning within a major version. Numbers carry their unit in
their name, shares are between 0 and 1, events are counted over the whole run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # before Python 3.12 pydantic cannot take that of typing

from neurosyn.errors import DataError
from neurosyn.support.files import write_json
from neurosyn.support.untrusted import read_json

__all__ = [
    "TIMINGS",
    "Assumption",
    "BoardUse",
    "ChipNumbers",
    "ChipUse",
    "DatasetUse",
    "EngineUse",
    "EventSums",
    "FrameNumbers",
    "FramesSummary",
    "Hint",
    "LayerNumbers",
    "LinkUse",
    "PowerParts",
    "ProbeOutcome",
    "ProbeOutcomes",
    "ProgramSummary",
    "TickLimit",
    "data_kind",
    "hops_per_packet",
    "read_summary",
    "write_summary",
]

MAX_BYTES = 64 << 20
"""Largest size of a summary; the results of a scenario's probes have no fixed size."""

TIMINGS = "timings.json"
"""File beside the summary with the times that differ from run to run."""

_WHOLE = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)
_OPEN = ConfigDict(extra="allow", strict=True, use_attribute_docstrings=True)


@with_config(_WHOLE)
class DatasetUse(TypedDict):
    """The data set of the simulated frames."""

    name: str
    official: bool
    """Whether these are the files that publications refer to."""
    stand_in_because: str | None
    """Cause if the scenario's stand-in took the place of its own data, else null."""
    frames: int
    """Number of simulated frames."""
    classes: list[str]
    licence: str
    source: str


@with_config(_WHOLE)
class LinkUse(TypedDict):
    """Load of a link between chips, or of a host port."""

    name: str
    packets: int
    busy_share: float
    """Share of the time, at the reported tick period."""


@with_config(_WHOLE)
class BoardUse(TypedDict):
    """Use of a board's chips, of the links between them and of its host ports."""

    chips_used: int
    crossings: int
    crossings_per_packet: float
    chip_edges: list[LinkUse]
    host_ports: list[LinkUse]


@with_config(_WHOLE)
class TickLimit(TypedDict):
    """The element that sets the tick period."""

    kind: str
    """E.g. core or link; where nothing was timed, given (by ``simulate.tick``) or nominal."""
    id: int | str | None
    text: str


@with_config(_WHOLE)
class PowerParts(TypedDict):
    """A power in mW or an energy in pJ by cause; `total` is the sum of the others."""

    total: float
    leakage: float
    memory: float
    synaptic: float
    network: float
    chip_to_chip: float
    io: float


@with_config(_WHOLE)
class ChipUse(TypedDict):
    """The description of the chip (``chip.description``)."""

    name: str
    title: str
    process: str
    source: str
    hypothetical: bool
    """True for a chip that was never built."""
    axons: int
    neurons: int
    """Axons and neurons of a core."""


@with_config(_WHOLE)
class EventSums(TypedDict):
    """Numbers of events, those of the host's packets included."""

    spikes: int
    synaptic_events: int
    packets: int
    """Sent by neurons."""
    input_packets: int
    """Sent by the host."""
    output_packets: int
    """Sent to the host."""
    hops: int
    crossings: int
    """Links from chip to chip."""
    collisions: int
    """Spikes to an axon that had one in the same tick."""
    late_packets: int
    core_overruns: int


@with_config(_WHOLE)
class LayerNumbers(TypedDict):
    """A layer's cores, events and energy; the host's packets belong to no layer."""

    name: str
    cores: int
    spikes: int
    synaptic_events: int
    packets: int
    output_packets: int
    hops: int
    crossings: int
    collisions: int
    host_packets: int
    energy_pj: float | None
    energy_parts_pj: dict[str, float] | None
    """Null where the chip's description has no energies."""


@with_config(_WHOLE)
class Assumption(TypedDict):
    """A value that is assumed because none is published."""

    name: str
    value: int | float | str
    unit: str
    basis: str
    option: bool
    """True for an option of the scenario, false for a rule of the model."""


@with_config(_WHOLE)
class Hint(TypedDict):
    """Value of an option that would take away much of a cost that stands out."""

    option: str
    value: str
    reason: str


@with_config(_OPEN)
class EngineUse(TypedDict):
    """Engine and extent of the simulation."""

    timing: Literal["none", "compiled", "simpy"]
    backend: str
    wall_s: NotRequired[float]
    """Duration of the simulation in s; in a run folder it stands in ``timings.json``."""
    ticks: int
    batched: NotRequired[bool]
    timed_frames: NotRequired[int]
    timed_ticks: NotRequired[int]
    timed_packets: NotRequired[int]
    mean_travel_from_cores_ns: NotRequired[float | None]
    """From readiness in a core to arrival, of the timed packets of neurons."""
    mean_wait_from_cores_ns: NotRequired[float | None]
    """The part of it spent waiting."""
    mean_travel_from_host_ns: NotRequired[float | None]
    """The same of the host's packets, which queue at its ports from the beginning of the tick."""
    mean_wait_from_host_ns: NotRequired[float | None]


@with_config(_WHOLE)
class ProbeOutcome(TypedDict):
    """Results of a probe and the files that it wrote."""

    name: str
    kind: str
    results: dict[str, Any]
    files: list[str]
    """Below the folder ``probes``."""
    error: str | None
    """Cause if the probe was switched off, else null."""


@with_config(_WHOLE)
class _Timings(TypedDict):
    wall_s: float


_TIMINGS: TypeAdapter[_Timings] = TypeAdapter(_Timings)

# Pydantic reads the docstrings of a class's own fields alone: those of the next three, which are bases, use Field.


class ProbeOutcomes(TypedDict, total=False):
    """Outcomes of a scenario's probes; without probes there are none."""

    probes: list[ProbeOutcome]
    deviations: Annotated[list[str], Field(description="Deliberate changes of the simulated program, a sentence each.")]


class ChipNumbers(TypedDict):
    """Numbers of the chip, common to all runs.

    Energies add up to the last digit: ``energy_pj`` is the sum of its parts, and of all layers and the host. Powers and
    energies are null where the chip's description has none.
    """

    chip: NotRequired[Annotated[ChipUse, Field(description="The chip; missing in results of earlier versions.")]]
    counted_ticks: NotRequired[
        Annotated[int, Field(description="Ticks of each core over which events and energies are counted.")]
    ]
    cores: int
    chips: int
    neurons: int
    utilisation: Annotated[
        dict[str, Any],
        Field(description="Use of the cores, by layer and in total (`neurosyn.compiler.utilisation.summarise`)."),
    ]
    board: BoardUse
    tick_period_us: float
    tick_limited_by: TickLimit
    voltage: float
    power_mw: PowerParts | None
    energy_pj: Annotated[
        PowerParts | None, Field(description="Energy over the whole run: the sum of all layers and the host.")
    ]
    host_energy_pj: Annotated[
        PowerParts | None, Field(description="Energy of the packets that the host sent, over the whole run.")
    ]
    not_counted: Annotated[dict[str, str], Field(description="Costs that no number contains, each with the reason.")]
    events: EventSums
    layers: list[LayerNumbers]
    assumptions: list[Assumption]
    unused: NotRequired[
        Annotated[dict[str, str], Field(description="Options given that had no effect, each with the reason.")]
    ]
    hints: NotRequired[
        Annotated[list[Hint], Field(description="Options that would take away much of a cost that stands out.")]
    ]


class FrameNumbers(ChipNumbers):
    """Numbers of a chip that classifies frames."""

    accuracy: Annotated[float, Field(description="Share of the frames that the chip classifies correctly.")]
    trained_accuracy: Annotated[
        float, Field(description="Accuracy of the trained network on the same frames, off the chip.")
    ]
    mismatched_frames: Annotated[
        int, Field(description="Frames whose output spikes on the chip differ from the trained network's.")
    ]
    ticks_per_frame: int
    frames_per_second: float
    latency_us: Annotated[float, Field(description="From a frame's entry to its answer.")]
    energy_per_frame_uj: float | None
    frames_per_second_per_watt: float | None
    engine: EngineUse


@with_config(_OPEN)
class FramesSummary(FrameNumbers, ProbeOutcomes):
    """Summary of ``neurosyn simulate``."""

    scenario: str
    title: str
    seed: int
    dataset: DatasetUse
    model: dict[str, Any]
    """Origin of the model."""
    provenance: dict[str, Any]
    """Versions, code and machine."""
    run: str
    """The run folder."""


@with_config(_OPEN)
class ProgramSummary(ChipNumbers):
    """Summary of ``neurosyn run``; the file beside a trace also has ``run``, its folder."""

    title: str
    program: str
    format: str
    ticks: int
    input_spikes: int
    output_spikes: int
    engine: EngineUse
    out: str | None
    trace: str | None


def read_summary(path: Path) -> dict[str, Any]:
    """Read a ``summary.json``.

    Keys of the whole may be missing, as in a file of an older version, or unknown, as in one of a newer version; each
    part that is there must be complete and of its type.

    Returns
    -------
    dict
        A `FramesSummary` or a `ProgramSummary`, as far as the file has it; empty if there is no file.

    Raises
    ------
    DataError
        If the file is damaged: with its name and the key.
    """
    if not path.exists():
        return {}
    document = read_json(path, MAX_BYTES, what="summary")
    if not isinstance(document, dict) or not document:
        raise DataError(f"{path}: is not the summary of a run; simulate again")
    timings = path.with_name(TIMINGS)
    if timings.exists() and isinstance(document.get("engine"), dict):
        try:
            document["engine"] |= _TIMINGS.validate_python(read_json(timings, 1 << 16, what="record of times"))
        except ValidationError as error:
            raise DataError(f"{timings}: is not the record of a run's times; delete it") from error
    kind: Any = ProgramSummary if "program" in document else FramesSummary
    try:
        TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        for mistake in error.errors(include_url=False):
            if mistake["type"] == "extra_forbidden" or (mistake["type"] == "missing" and len(mistake["loc"]) == 1):
                continue
            key = ".".join(str(part) for part in mistake["loc"])
            raise DataError(f"{path}: {key}: is damaged ({mistake['msg']}); simulate again") from error
    return document


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    """Write a summary, and its wall-clock times into a file beside it, so that equal runs have equal summaries."""
    engine = dict(summary["engine"])
    write_json(path.with_name(TIMINGS), {"wall_s": engine.pop("wall_s")})
    write_json(path, {**summary, "engine": engine})


def data_kind(summary: Mapping[str, Any]) -> Literal["official", "stand-in", "own"] | None:
    """Return the kind of data that a run's frames are of.

    Parameters
    ----------
    summary
        A `FramesSummary` or `ProgramSummary`; keys may be missing.

    Returns
    -------
    str or None
        ``official``: the files that publications refer to. ``stand-in``: drawn in place of others, because the scenario
        fell back on them or as their name states. ``own``: the user's. None: there are no frames.
    """
    dataset = summary.get("dataset")
    if not dataset:
        return None
    if dataset.get("official") is True:
        return "official"
    is_stand_in = dataset.get("stand_in_because") is not None or "stand-in" in str(dataset.get("name"))
    return "stand-in" if is_stand_in else "own"


def hops_per_packet(summary: Mapping[str, Any]) -> float | None:
    """Return the mean number of hops of a packet, those of the host included; None without packets.

    Parameters
    ----------
    summary
        A `FramesSummary` or `ProgramSummary`; keys may be missing.
    """
    events = summary.get("events") or {}
    hops, packets = events.get("hops"), (events.get("packets") or 0) + (events.get("input_packets") or 0)
    return hops / packets if hops and packets else None
