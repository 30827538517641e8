"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from neurosyn.cli.completion import complete_key, complete_profile, complete_run, complete_scenario

__all__ = [
    "Backend",
    "CheckpointEvery",
    "Cluster",
    "Dashboard",
    "Force",
    "Jobs",
    "Json",
    "OptionalScenarioPath",
    "Out",
    "Overrides",
    "Plot",
    "Profile",
    "Quiet",
    "RunPath",
    "ScenarioPath",
    "ShardFrames",
    "ShardOption",
    "Timing",
    "WorkerCount",
]

ScenarioPath = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO", help="Scenario file (TOML).", show_default=False, autocompletion=complete_scenario
    ),
]
OptionalScenarioPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="SCENARIO",
        help="Scenario file (TOML); without one, those at hand are listed.",
        show_default=False,
        autocompletion=complete_scenario,
    ),
]
RunPath = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="Run folder, or a folder with a trace.", show_default=False, autocompletion=complete_run
    ),
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", "-p", metavar="NAME", help="Use the profile NAME.", autocompletion=complete_profile),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Change one value; repeatable.",
        autocompletion=complete_key,
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Run folder (default runs/NAME-HASH).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", min=1, help="Ticks timed in parallel; the results are the same. Default: one per processor."
    ),
]
CheckpointEvery = Annotated[
    float,
    typer.Option(
        "--checkpoint-every",
        metavar="SECONDS",
        min=0.0,
        help="Save the simulation's state so often; an interrupted command loses at most that.",
    ),
]
Timing = Annotated[
    Literal["none", "compiled", "simpy"],
    typer.Option(
        "--timing", help="none: function and event counts; compiled: time every packet too; simpy: the reference."
    ),
]
Backend = Annotated[
    Literal["auto", "numpy", "numba", "cupy"],
    typer.Option("--backend", help="Backend that integrates crossbars; the results are the same."),
]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Also draw to a .png, .svg or .pdf file.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Force = Annotated[bool, typer.Option("--force", help="Repeat stages that are up to date.")]
WorkerCount = Annotated[
    int | None,
    typer.Option("--workers", "-w", min=1, metavar="N", help="Work in N processes of this machine; the same results."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="CLUSTER",
        help="Work on a Dask cluster: local:N, tcp://HOST:PORT, or a scheduler file; the same results.",
    ),
]
Dashboard = Annotated[
    bool, typer.Option("--dashboard", help="With --cluster: serve Dask's pages on this machine and print the address.")
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="I/N", help="Do only share I of N, in a job that knows nothing of the others; then merge."
    ),
]
ShardFrames = Annotated[
    int,
    typer.Option(
        "--shard-frames", min=1, metavar="N", help="Frames of a part, of which shards and jobs consist; equal for all."
    ),
]
