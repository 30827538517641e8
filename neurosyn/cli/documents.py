"""Documents that commands print with ``--json``, one model each; ``neurosyn schema`` makes JSON Schemas of them.

Numbers carry their unit in their name: ``_ps``, ``_us``, ``_s``, ``_pj``, ``_uj``, ``_mw``. Keys may be added to a
document; one that is there keeps its name and meaning within a major version.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from neurosyn.errors import ScenarioError, did_you_mean

__all__ = ["DOCUMENTS", "document_schema"]

Json = dict[str, Any]


class _Part(BaseModel):
    """Part of a document; a key that is not described here is a mistake of this module."""

    model_config = ConfigDict(extra="forbid", strict=True, serialize_by_alias=True)


class _Summary(_Part):
    """Base of run summaries, which also hold tables by layer, provenance and results of probes."""

    model_config = ConfigDict(extra="allow", strict=True)


class DatasetName(_Summary):
    name: str
    official: bool
    frames: int


class Power(_Part):
    total: float
    leakage: float
    memory: float
    synaptic: float
    network: float
    chip_to_chip: float
    io: float


class Events(_Part):
    spikes: int
    synaptic_events: int
    packets: int
    input_packets: int
    output_packets: int
    hops: int
    crossings: int
    collisions: int
    late_packets: int
    core_overruns: int


class Limit(_Part):
    kind: str
    id: int | str | None
    text: str


class Engine(_Summary):
    timing: Literal["none", "compiled", "simpy"]
    backend: str
    wall_s: float
    ticks: int


class Assumption(_Part):
    name: str
    value: float | str
    unit: str
    basis: str
    option: bool


class Layer(_Part):
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
    energy_pj: float
    energy_parts_pj: Json


class Chip(_Summary):
    """Fields common to the summaries of scenarios and of raw programs."""

    title: str
    cores: int
    chips: int
    neurons: int
    utilisation: Json
    board: Json
    voltage: float
    tick_period_us: float
    tick_limited_by: Limit
    power_mw: Power
    energy_pj: Power
    not_counted: dict[str, str]
    events: Events
    layers: list[Layer]
    assumptions: list[Assumption]
    engine: Engine


class Simulation(Chip):
    scenario: str
    seed: int
    dataset: DatasetName
    accuracy: float
    trained_accuracy: float
    mismatched_frames: int
    ticks_per_frame: int
    frames_per_second: float
    latency_us: float
    energy_per_frame_uj: float
    frames_per_second_per_watt: float
    run: str


class RawRun(Chip):
    program: str
    format: str
    ticks: int
    input_spikes: int
    output_spikes: int
    out: str | None
    trace: str | None


class Training(_Part):
    class Data(_Part):
        name: str
        official: bool

    model: str
    accuracy: float
    frames: int
    dataset: Data
    training: Json


class Compilation(_Part):
    program: str
    network: list[Json]
    utilisation: Json
    exported: list[str] | None = None


class PlacementDocument(_Part):
    placement: str
    cores: int
    mean_hops: dict[str, float]


class Report(_Part):
    run: str
    report: str


class AnalysisDocument(_Part):
    analysis: str
    run: str
    title: str
    headline: Json
    notes: list[str]
    tables: dict[str, list[Json]]


class SweptRun(_Part):
    values: dict[str, str]
    run: str
    finished: bool
    error: str | None


class SweepDocument(_Part):
    sweep: str
    over: dict[str, list[str]]
    points: list[SweptRun]
    comparison: AnalysisDocument | None


class TraceStatistics(_Part):
    trace: str
    level: str
    table: str | None
    rows: list[Json]


class TraceDifference(_Part):
    same: bool
    settings: list[str]
    first: Json | None
    by_table: Json
    compared_ticks: int


class TraceExport(_Part):
    file: str
    table: str | None = None
    ticks: list[int] | None = None
    packets: int | None = None
    packets_left_out: int | None = None
    inexact_packets: int | None = None
    events: int | None = None


class DataRow(_Part):
    kind: str
    name: str
    official: bool | None
    train: str
    test: str


class DataList(_Part):
    folder: str
    datasets: list[DataRow]


class DataInfo(_Part):
    kind: str
    name: str
    official: bool
    licence: str
    source: str
    classes: list[str]
    shape: list[int]
    sizes: dict[str, int | None]
    missing: dict[str, str]


class DataChoice(_Part):
    name: str
    official: bool
    stand_in: bool
    reason: str | None


class Fetched(_Part):
    kind: str
    files: list[str]


class ContactSheet(_Part):
    file: str
    dataset: str
    split: str
    images: int


class ModelCard(_Summary):
    name: str
    bytes: int | None = None
    official: bool | None = None
    accuracy: float | None = None
    error: str | None = None


class PluginRow(_Part):
    group: str
    name: str
    origin: str = Field(alias="from")
    about: str


class PluginDescription(PluginRow):
    options: list[dict[str, str]]


class PluginVerdict(_Part):
    group: str
    name: str
    conforms: bool
    problems: list[str]


class Scaffold(_Part):
    folder: str
    files: list[str]


class ScenarioVerdict(_Part):
    scenario: str
    name: str
    digest: str
    ok: bool


class NewScenario(_Part):
    scenario: str


class Folder(_Part):
    path: str | None
    exists: bool | None = None
    files: int | None = None
    bytes: int | None = None
    writable: bool
    reason: str | None = None


class Backend(_Part):
    name: str
    available: bool
    about: str
    reason: str | None
    self_test: Literal["passed", "failed"] | None


class TinyRun(_Part):
    backend: str
    timing: str
    problem: str | None
    wall_s: float


class Doctor(_Part):
    neurosyn: str
    python: dict[str, str]
    platform: str
    processors: dict[str, int | None]
    packages: dict[str, str]
    backends: list[Backend]
    auto: str | None
    runs: list[TinyRun]
    numba_cache: Folder
    plugins: Json
    folders: dict[str, Folder]


class Benchmark(_Summary):
    machine: Json
    peak_rss_gb: float


DOCUMENTS: dict[str, Any] = {
    "simulate": Simulation,
    "train": Training,
    "compile": Compilation,
    "place": PlacementDocument,
    "report": Report,
    "run": RawRun,
    "sweep": SweepDocument,
    "compare": AnalysisDocument,
    "analyse": AnalysisDocument,
    "bench": Benchmark,
    "doctor": Doctor,
    "data list": DataList,
    "data info": DataInfo,
    "data fetch": Fetched,
    "data preview": ContactSheet,
    "data check": DataChoice,
    "models list": list[ModelCard],
    "models info": ModelCard,
    "plugins list": list[PluginRow],
    "plugins show": PluginDescription,
    "plugins new": Scaffold,
    "plugins check": list[PluginVerdict],
    "scenario check": ScenarioVerdict,
    "scenario new": NewScenario,
    "scenario schema": Json,
    "scenario show": Json,
    "schema": Json,
    "trace head": list[Json],
    "trace stats": TraceStatistics,
    "trace export": TraceExport,
    "trace diff": TraceDifference,
}
"""By command; that of ``analyse`` and ``bench`` is one for all below them."""


def document_schema(command: str) -> Json:
    """Return the JSON Schema of what a command prints with ``--json``.

    Raises
    ------
    ScenarioError
        If there is no such command.
    """
    words = command.split()
    document = next((DOCUMENTS[name] for name in (" ".join(words), *words[:1]) if name in DOCUMENTS), None)
    if document is None:
        raise ScenarioError(
            f"{command}: is no command with a document{did_you_mean(command, DOCUMENTS)} (there are: "
            f"{', '.join(DOCUMENTS)})"
        )
    title = f"neurosyn {command} --json"
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(document).json_schema(
        by_alias=True
    )
    return schema | {"title": title}
