"""``neurosyn faults``: accuracy of a scenario on chips with defects."""

from __future__ import annotations

from typing import Annotated

import typer

from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import Force, Jobs, Json, Out, Overrides, Plot, Profile, Quiet, ScenarioPath
from neurosyn.scenario.changes import parse_assignments, parse_ranges

__all__ = ["faults"]

_PROBE = "fault_injection"


def faults(
    scenario: ScenarioPath,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="FAULT=SHARE,SHARE…",
            help="Shares of a fault: dead_cores, dead_neurons, stuck_neurons, flipped_synapses or cut_routes.",
            show_default=False,
        ),
    ],
    draws: Annotated[int, typer.Option("--draws", min=1, max=100, help="Chips drawn for each share.")] = 3,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    json: Json = False,
    plot: Plot = None,
    quiet: Quiet = False,
    force: Force = False,
    jobs: Jobs = None,
) -> None:
    """Simulate a scenario on chips with defects, several drawn for each share, and show what they cost.

    It is a sweep over the options of the probe fault_injection, which takes the place of the scenario's probes. Faults
    are not known at compile time: the network is not mapped around them.
    """
    from neurosyn.cli.tables import print_faults
    from neurosyn.run.stages import Stages
    from neurosyn.run.sweep import Sweep
    from neurosyn.support.progress import StageProgress

    ranges = {f"probes.{_PROBE}.{key}": values for key, values in parse_ranges(over).items()}
    ranges[f"probes.{_PROBE}.draw"] = [str(number) for number in range(draws)]
    changes = {"probes": [{"kind": _PROBE}], **parse_assignments(overrides)}
    swept = Sweep(scenario, ranges, profile=profile, changes=changes, out=out)
    with StageProgress(Stages.STAGES, quiet=quiet) as progress:
        swept.simulate(progress, jobs, force=force)
    analysis = swept.design_space()
    if plot is not None:
        analysis.save_plot(plot)
    if json:
        print_json(swept.to_dict() | {"design_space": analysis.to_dict()})
    else:
        print_faults(analysis.table("runs"), [key for key in ranges if not key.endswith(".draw")])
    errors = [point.error for point in swept.points if point.error is not None]
    if errors:
        raise type(errors[0])(f"{len(errors)} of {len(swept.points)} runs failed, the first: {errors[0]}")
