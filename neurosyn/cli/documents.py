"""Documents that commands print with ``--json``: one model each, from which ``neurosyn schema`` makes a JSON Schema.

Numbers carry their unit in their name: ``_ps``, ``_us``, ``_s``, ``_pj``, ``_uj``, ``_mw``. Keys may be added to a
document; one that is there keeps its name and meaning within a major version. The summaries of runs are described in
`neurosyn.analysis.run_summary`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from neurosyn.analysis.run_summary import Assumption, FramesSummary, ProgramSummary
from neurosyn.errors import ScenarioError, did_you_mean

__all__ = ["DOCUMENTS", "document_schema"]

Json = dict[str, Any]


class _Part(BaseModel):
    """A document or a part of one, with all its keys."""

    model_config = ConfigDict(extra="forbid", strict=True, serialize_by_alias=True)


class _Open(_Part):
    """A document with more keys than are described here."""

    model_config = ConfigDict(extra="allow", strict=True)


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
    program: str | None
    network: list[Json]
    utilisation: Json
    exported: list[str] | None = None


class Estimates(_Part):
    what_if: list[Json]
    """With ``--what-if``: values that vary, estimates, and the reason where the network does not fit."""


class PlacementDocument(_Part):
    placement: str
    cores: int
    mean_hops: dict[str, float]


class Explanation(_Part):
    run: str
    assumptions: list[Assumption]


class Report(_Part):
    run: str
    report: str


class NetworkImport(_Open):
    class Node(_Part):
        name: str
        type: str
        rating: Literal["exact", "approximate", "refused", "unrated"]
        reason: str
        cores: int | None

    class Layer(_Part):
        name: str
        cores: int

    file: str
    nodes: list[Node]
    exact: bool
    cores: int
    layers: list[Layer]
    inputs: int
    outputs: int
    depth_ticks: int
    drain_ticks: int
    assumptions: list[str]
    samples: int | None = None
    equal_samples: int | None = None
    equal_answers: int | None = None
    accuracy: float | None = None
    expected_accuracy: float | None = None
    mismatched_spikes: int | None = None
    """Spikes of the compared samples that differ from the integer reference of the mapped network."""


class NetworkExport(_Part):
    """Of ``neurosyn export --json``."""

    file: str
    nodes: list[Json]
    """Name and type of each node."""
    notes: list[str]
    """What a reader of the file has to know."""
    frames: int
    """Frames whose spikes were written."""


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


class FaultStudy(_Part):
    sweep: str
    over: dict[str, list[str]]
    points: list[SweptRun]
    study: AnalysisDocument


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
    classes: list[str]
    shape: list[int]
    sizes: dict[str, int]
    images_of_classes: dict[str, dict[str, int]] | None


class Fetched(_Part):
    kind: str
    files: list[str]


class ContactSheet(_Part):
    file: str
    dataset: str
    split: str
    images: int


class ModelCard(_Open):
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
    cores: int | None
    notes: list[str]


class NewScenario(_Part):
    scenario: str
    notes: list[str]


class Folder(_Part):
    path: str | None
    exists: bool | None = None
    files: int | None = None
    bytes: int | None = None
    writable: bool
    reason: str | None = None
    removed: int | None = None


class Backend(_Part):
    name: str
    available: bool
    about: str
    reason: str | None
    self_test: Literal["passed", "failed"] | None


class Extra(_Part):
    name: str
    purpose: str
    packages: int
    absent: list[str]
    command: str


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
    extras: list[Extra]
    backends: list[Backend]
    auto: str | None
    runs: list[TinyRun]
    numba_cache: Folder
    plugins: Json
    folders: dict[str, Folder]


class ChipList(_Part):
    class Chip(_Part):
        name: str
        title: str
        process: str
        axons: int
        neurons: int
        axon_types: int
        side: int
        has_times: bool
        has_energies: bool
        hypothetical: bool

    chips: list[Chip]


class ChipView(_Part):
    description: Json
    sizes: dict[str, tuple[float, float]]
    """Each size of the chip and of the reference."""
    quantities: list[Json]


class ChipVerdict(_Part):
    chip: str
    name: str
    ok: bool
    extrapolated: list[str]


class NewChip(_Part):
    chip: str
    from_: str = Field(alias="from")


class Benchmark(_Open):
    machine: Json
    peak_rss_gb: float


class RunRow(_Part):
    run: str
    state: str
    stages: list[str]
    parts: str | None
    mb: float


class CleanedRun(_Part):
    run: str
    mb: float


class JobOutcome(_Part):
    job: str
    error: str | None
    exit_code: int
    in_use: bool
    host: str
    process: int
    seconds: float


DOCUMENTS: dict[str, Any] = {
    "simulate": FramesSummary,
    "train": Training,
    "compile": Compilation | Estimates,
    "place": PlacementDocument,
    "report": Report,
    "merge": FramesSummary,
    "runs list": list[RunRow],
    "runs clean": list[CleanedRun],
    "runs job": JobOutcome,
    "explain": Explanation,
    "run": ProgramSummary,
    "import": NetworkImport,
    "export": NetworkExport,
    "sweep": SweepDocument,
    "faults": FaultStudy,
    "compare": AnalysisDocument,
    "analyse": AnalysisDocument,
    "bench": Benchmark,
    "doctor": Doctor,
    "chip list": ChipList,
    "chip show": ChipView,
    "chip check": ChipVerdict,
    "chip new": NewChip,
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
"""Document by command; all commands below ``analyse`` and ``bench`` share one."""


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
