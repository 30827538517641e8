"""``neurosyn faults``: accuracy of a scenario on chips with defects."""

from __future__ import annotations

from typing import Annotated

import typer

from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import (
    Cluster,
    Force,
    Jobs,
    Json,
    Out,
    Overrides,
    Plot,
    Profile,
    Quiet,
    ScenarioPath,
    WorkerCount,
)
from neurosyn.scenario.changes import parse_assignments, parse_ranges

__all__ = ["faults"]


def faults(
    scenario: ScenarioPath,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="FAULT=SHARE,SHARE…",
            help="Shares of a fault, e.g. dead_cores=0,0.01,0.05; several faults are studied one by one.",
            show_default=False,
        ),
    ],
    draws: Annotated[int, typer.Option("--draws", min=1, max=100, help="Chips drawn for each share.")] = 3,
    remap: Annotated[
        bool, typer.Option("--remap", help="Also place the program around the dead cores of the same boards.")
    ] = False,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    json: Json = False,
    plot: Plot = None,
    quiet: Quiet = False,
    force: Force = False,
    jobs: Jobs = None,
    workers: WorkerCount = None,
    cluster: Cluster = None,
) -> None:
    """Simulate a scenario on chips with defects, several drawn for each share, and show what they cost.

    dead_cores and dead_links are defects of the board, by position (table [defects]); the other faults are those of the
    probe fault_injection, drawn among what the program uses: dead_neurons, stuck_neurons, weak_neurons,
    flipped_synapses, synapses_stuck_at_0, synapses_stuck_at_1 and cut_routes. The probe takes the place of the
    scenario's probes. Nothing is known of the faults at compile time; --remap compares with a placement that avoids
    dead cores.
    """
    from neurosyn.analysis.fault_study import fault_study
    from neurosyn.cli.tables import print_faults
    from neurosyn.parallel.points import point_runner
    from neurosyn.parallel.running import Workers
    from neurosyn.run.fault_points import PROBE, fault_combinations, fault_rows
    from neurosyn.run.stages import Stages
    from neurosyn.run.sweep import Sweep
    from neurosyn.support.progress import StageProgress

    processes = Workers.of(workers, cluster)
    shares = parse_ranges(over)
    combinations = fault_combinations(shares, draws, remap=remap)
    ranges = {key: list(dict.fromkeys(values[key] for values in combinations)) for key in combinations[0]}
    changes = {"probes": [{"kind": PROBE}], **parse_assignments(overrides)}
    study = Sweep(scenario, ranges, profile=profile, changes=changes, out=out, combinations=combinations)
    with StageProgress(Stages.STAGES, quiet=quiet) as progress:
        runner = None if processes is None else point_runner(processes)
        study.simulate(progress, jobs, force=force, run_points=runner)
    title = study.points[0].scenario.title
    analysis = fault_study(fault_rows(study, shares, remap=remap), str(study.folder), title)
    if plot is not None:
        analysis.save_plot(plot)
    if json:
        print_json(study.to_dict() | {"study": analysis.to_dict()})
    else:
        print_faults(analysis.table("shares"))
    errors = [point.error for point in study.points if point.error is not None]
    if errors:
        raise type(errors[0])(f"{len(errors)} of {len(study.points)} runs failed, the first: {errors[0]}")
