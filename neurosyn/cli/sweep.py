"""``neurosyn sweep``: a scenario over many values."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from neurosyn.cli.completion import complete_key
from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import (
    CheckpointEvery,
    Cluster,
    Dashboard,
    Force,
    Jobs,
    Json,
    Out,
    Overrides,
    Plot,
    Profile,
    Quiet,
    ScenarioPath,
    ShardOption,
    WorkerCount,
)
from neurosyn.scenario.changes import parse_assignments, parse_ranges

__all__ = ["sweep"]

Over = Annotated[
    list[str],
    typer.Option(
        "--over",
        metavar="KEY=VALUE,VALUE…",
        help="The values of a key; with several keys, every combination is run.",
        show_default=False,
        autocompletion=complete_key,
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")]


def sweep(
    scenario: ScenarioPath,
    over: Over,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    json: Json = False,
    csv: Csv = False,
    plot: Plot = None,
    quiet: Quiet = False,
    force: Force = False,
    jobs: Jobs = None,
    checkpoint_every: CheckpointEvery = 30.0,
    workers: WorkerCount = None,
    cluster: Cluster = None,
    dashboard: Dashboard = False,
    shard: ShardOption = None,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            metavar="N",
            min=1,
            help="Draw N points in place of every combination; LOW..HIGH is then a range of numbers.",
        ),
    ] = None,
    method: Annotated[
        Literal["lhs", "random", "optuna"],
        typer.Option(
            "--method", help="Latin hypercube, independent samples, or a search of the Pareto front by Optuna."
        ),
    ] = "lhs",
    repeat: Annotated[
        int, typer.Option("--repeat", metavar="N", min=1, max=100, help="Run every point with N seeds.")
    ] = 1,
    draw: Annotated[int, typer.Option("--draw", metavar="SEED", min=0, help="Seed of the samples.")] = 0,
) -> None:
    """Simulate a scenario over many values and compare the runs.

    Each run has its own folder in sweeps/NAME-HASH, or --out. The same command resumes an interrupted sweep. A failed
    run does not stop the others; the exit code is then that of the first failure. With --workers or --cluster several
    processes share the runs; several sweeps in one folder share them, too.
    """
    from neurosyn.cli.tables import print_sweep
    from neurosyn.parallel.points import point_runner
    from neurosyn.parallel.running import Workers
    from neurosyn.run.sampling import Samples
    from neurosyn.run.shard import Shard
    from neurosyn.run.stages import Stages
    from neurosyn.run.sweep import Sweep
    from neurosyn.support.progress import StageProgress

    processes = Workers.of(workers, cluster, dashboard=dashboard)
    share = None if shard is None else Shard.parse(shard)
    drawn = None if samples is None else Samples(samples, method, draw)
    changes = parse_assignments(overrides)
    swept = Sweep(
        scenario, parse_ranges(over), profile=profile, changes=changes, out=out, samples=drawn, repeats=repeat
    )
    with StageProgress(Stages.STAGES, quiet=quiet) as progress:
        runner = None if processes is None else point_runner(processes)
        swept.simulate(progress, jobs, force=force, shard=share, run_points=runner, checkpoint_every_s=checkpoint_every)
    space = swept.design_space()
    if plot is not None and space.headline["finished"]:
        space.save_plot(plot)
    if json:
        analysis = swept.compare()
        print_json(swept.to_dict() | {"comparison": None if analysis is None else analysis.to_dict()})
    elif csv:
        typer.echo(space.table().to_csv(index=False), nl=False)
    else:
        print_sweep(space, list(swept.ranges))
        typer.echo(
            f"Sweep folder: {swept.folder}"
            + ("; its tables are sweep.csv and report.html there" if share is None else "")
        )
    failed = [point for point in swept.points if point.error is not None]
    if failed:
        first = failed[0].error
        assert first is not None
        raise type(first)(f"{len(failed)} of {len(swept.own)} runs failed, first {failed[0].run}: {first}")
