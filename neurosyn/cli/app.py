"""The commands that act on a scenario, and the groups of the others."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from neurosyn.cli.common import add_common_options
from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import (
    CheckpointEvery,
    Cluster,
    Dashboard,
    Force,
    Jobs,
    Json,
    OptionalScenarioPath,
    Out,
    Overrides,
    Profile,
    Quiet,
    RunPath,
    ScenarioPath,
    ShardFrames,
    ShardOption,
    WorkerCount,
)
from neurosyn.errors import DataError, InterruptedRunError, ScenarioError
from neurosyn.scenario.changes import parse_assignments, parse_ranges

if TYPE_CHECKING:
    from neurosyn.parallel.running import Workers
    from neurosyn.run.stages import PartRunner

__all__ = ["app"]


_RESUMING = ("simulate", "train", "compile", "place", "sweep", "merge")
"""Commands that go through stages, of which finished ones are kept."""


class _CommandGroup(TyperGroup):
    """The built-in commands and, loaded only when called, those of plugins in group ``commands``."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        add_common_options(self)

    def invoke(self, ctx: Any) -> Any:
        """Handle Ctrl-C and closed pipes here: Typer's handling changes between its releases."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise InterruptedRunError(resumes=ctx.invoked_subcommand in _RESUMING) from error
        except BrokenPipeError as error:
            raise typer.Exit(0) from error

    def list_commands(self, ctx: Any) -> list[str]:
        from neurosyn.registry import registry

        built_in = super().list_commands(ctx)
        return [*built_in, *(name for name in registry.names("commands") if name not in built_in)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        built_in = super().get_command(ctx, cmd_name)
        if built_in is not None:
            return built_in
        from neurosyn.registry import registry

        if cmd_name not in registry.names("commands"):
            return None
        loaded: Any = registry.get("commands", cmd_name)
        if isinstance(loaded, typer.Typer):
            command = typer.main.get_command(loaded)
        else:
            wrapper = typer.Typer(add_completion=False)
            wrapper.command(cmd_name)(loaded)
            command = typer.main.get_command(wrapper)
        command.name = cmd_name
        add_common_options(command)
        return command


app = typer.Typer(
    cls=_CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 bug, 2 scenario, 3 plugin, 4 does not fit the chip, 5 data, 6 backend, "
    "130 interrupted. --traceback shows where an error arose.",
)


def _version(value: bool) -> None:
    if value:
        from neurosyn.version import __version__

        typer.echo(f"neurosyn {__version__}")
        raise typer.Exit


@app.callback()
def neurosyn(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train networks under TrueNorth's constraints, compile them onto its cores, and simulate every core and packet."""


@app.command()
def simulate(
    scenario: OptionalScenarioPath = None,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    jobs: Jobs = None,
    checkpoint_every: CheckpointEvery = 30.0,
    workers: WorkerCount = None,
    cluster: Cluster = None,
    dashboard: Dashboard = False,
    shard: ShardOption = None,
    shard_frames: ShardFrames = 64,
) -> None:
    """Run every stage: data, train, compile, place, simulate, trace, report.

    Stages whose inputs have not changed since the last run are not repeated, and an interrupted command goes on at its
    last checkpoint. With --workers or --cluster the frames are simulated by several processes.
    """
    from neurosyn.run.shard import Shard
    from neurosyn.run.sharded_stages import ShardedStages

    if scenario is None:
        raise ScenarioError(_offer_scenarios())
    processes = _workers(workers, cluster, dashboard)
    if shard is not None and processes is not None:
        raise ScenarioError("--shard: is done by this process alone; leave out --workers and --cluster")
    share = None if shard is None else Shard.parse(shard)
    changes = parse_assignments(overrides)
    stages = ShardedStages.open("simulate", scenario, profile=profile, changes=changes, out=out, force=force)
    stages.checkpoint_every_s = checkpoint_every
    with stages.progress(quiet=quiet) as progress:
        if share is not None:
            report = stages.simulate_shard(progress, share, jobs, part_frames=shard_frames)
        else:
            summary = stages.simulate(progress, jobs, _runner(processes), part_frames=shard_frames)
    if share is not None:
        if json:
            print_json(report)
        else:
            typer.echo(f"shard {share} is in {report['run']}; when all are there: neurosyn merge {report['run']}")
    elif json:
        print_json(summary)
    else:
        from neurosyn.report.text import print_summary

        print_summary(summary)


def _workers(processes: int | None, cluster: str | None, dashboard: bool) -> Workers | None:
    """Return the processes that a command uses, without the modules they need where it uses none."""
    if processes is None and cluster is None and not dashboard:
        return None
    from neurosyn.parallel.running import Workers

    return Workers.of(processes, cluster, dashboard=dashboard)


def _runner(workers: Workers | None) -> PartRunner | None:
    if workers is None:
        return None
    from neurosyn.parallel.frames import part_runner

    return part_runner(workers)


def _offer_scenarios() -> str:
    """Return the message for a command without a scenario: those at hand, ready to be copied."""
    from neurosyn.scenario.document import find_scenarios

    scenarios = find_scenarios(Path())
    if not scenarios:
        return (
            "simulate: no scenario is named, and there is none here; begin one with `neurosyn scenario new mine.toml`"
        )
    commands = [f"  neurosyn simulate {shlex.quote(str(path))}" for path, _ in scenarios]
    width = max(map(len, commands))
    lines = [f"{command:{width}}  {title}" for command, (_, title) in zip(commands, scenarios, strict=True)]
    return "\n".join(["simulate: no scenario is named; name one of these, or begin one with `scenario new`:", *lines])


@app.command()
def train(
    scenario: ScenarioPath,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    packed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write the model as it goes on the chip: trinary weights, integer leaks."
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the scenario's network and write the model, even if the scenario names a trained one."""
    from neurosyn.run.stages import Stages

    stages = Stages.open("train", scenario, profile=profile, changes=parse_assignments(overrides), out=out)
    with stages.progress(quiet=quiet) as progress:
        result = stages.train(progress, packed, _training_command(scenario, profile, overrides, packed))
    if json:
        print_json(result)
    else:
        typer.echo(f"model {result['model']}")
        typer.echo(
            f"test accuracy {result['accuracy']:.2%} on {result['frames']:,} frames of {result['dataset']['name']}"
        )
        typer.echo(f"use it: neurosyn simulate {scenario} --set train.model={Path(result['model']).resolve()}")


def _training_command(scenario: Path, profile: str | None, overrides: list[str] | None, packed: Path | None) -> str:
    """Return the command without options that decide only where files go."""
    words = ["neurosyn", "train", str(scenario)]
    words += ["--profile", profile] if profile else []
    words += [word for override in overrides or [] for word in ("--set", override)]
    words += ["--packed", packed.name] if packed else []
    return shlex.join(words)


@app.command("compile")
def compile_(
    scenario: ScenarioPath,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print only the network and the use of the cores.")
    ] = False,
    to: Annotated[
        Literal["cpe"] | None,
        typer.Option("--to", help="Write the program in another format too; cpe: JSON of IBM's tools."),
    ] = None,
    untrained: Annotated[
        bool,
        typer.Option("--untrained", help="Show the cores without a training, from random weights; write nothing."),
    ] = False,
    alternatives: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="KEY=VALUE,VALUE…",
            help="Estimate cores, tick and energy on other chips, e.g. axons=128,256,512; nothing is trained or "
            "written. Repeatable.",
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compile the trained network into a chip program and show how it uses the cores."""
    if (untrained or alternatives) and (to is not None or out is not None):
        raise ScenarioError("--untrained and --what-if: write no program; leave out --to and --out")
    if alternatives:
        _print_what_if(scenario, alternatives, profile, parse_assignments(overrides), json=json, quiet=quiet)
        return
    from neurosyn.cli.tables import print_utilisation
    from neurosyn.run.stages import Stages
    from neurosyn.run.untrained import compile_untrained

    stages = Stages.open("compile", scenario, profile=profile, changes=parse_assignments(overrides), out=out)
    with stages.progress(quiet=quiet) as progress:
        result = compile_untrained(stages, progress) if untrained else stages.compile(progress)
    if to is not None:
        from neurosyn.formats.export import export_cpe

        result["exported"] = [str(path) for path in export_cpe(Path(result["program"]))]
    if json:
        print_json(result)
        return
    print_utilisation(result)
    if not summary and not untrained:
        typer.echo(f"program {result['program']}")
    for path in result.get("exported", []):
        typer.echo(f"exported {path}")


def _print_what_if(
    scenario: Path,
    alternatives: list[str],
    profile: str | None,
    changes: dict[str, Any],
    *,
    json: bool,
    quiet: bool,
) -> None:
    """Print the estimates of other chips."""
    from neurosyn.cli.tables import print_estimates
    from neurosyn.run.what_if import what_if
    from neurosyn.support.progress import StageProgress

    ranges = parse_ranges(alternatives, "--what-if")
    with StageProgress(1, quiet=quiet) as progress, progress.stage("estimate"):
        rows = what_if(scenario, ranges, profile=profile, changes=changes, progress=progress.update)
    if json:
        print_json({"what_if": rows})
    else:
        print_estimates(rows, list(ranges))


@app.command()
def place(
    scenario: ScenarioPath,
    profile: Profile = None,
    overrides: Overrides = None,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Place the program's cores and compare the mean route with that of a row-by-row placement."""
    from neurosyn.cli.tables import print_placement
    from neurosyn.run.stages import Stages

    stages = Stages.open("place", scenario, profile=profile, changes=parse_assignments(overrides), out=out)
    with stages.progress(quiet=quiet) as progress:
        result = stages.place(progress)
    if json:
        print_json(result)
    else:
        print_placement(result)


@app.command()
def report(
    run: RunPath,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Default: report.html in RUN.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the report page of a finished run again."""
    from neurosyn.analysis.finished_run import FinishedRun
    from neurosyn.report.page import write_report
    from neurosyn.run.folder import RunFolder

    finished = FinishedRun(run)
    folder = RunFolder(finished.path)
    folder.require_unchanged()
    page = out or folder.report
    write_report(page, finished)
    if json:
        print_json({"run": str(run), "report": str(page)})
    else:
        typer.echo(str(page))


@app.command()
def explain(run: RunPath, json: Json = False) -> None:
    """List what a run assumes where nothing is published, with the reasons."""
    from neurosyn.analysis.finished_run import FinishedRun

    finished = FinishedRun(run)
    if not finished.summary:
        raise DataError(f"{run}: holds no finished run; simulate again")
    assumptions = finished.summary.get("assumptions") or []
    if json:
        print_json({"run": str(run), "assumptions": list(assumptions)})
        return
    from rich.console import Console

    from neurosyn.report.text import assumptions_text

    Console(highlight=False).print(assumptions_text(assumptions))


@app.command()
def schema(
    command: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND...", help="A command, e.g. simulate or data info.", show_default=False),
    ],
    json: Json = True,  # noqa: ARG001
) -> None:
    """Print the JSON Schema of what a command prints with --json."""
    from neurosyn.cli.documents import document_schema

    print_json(document_schema(" ".join(command)))


def _add_groups() -> None:
    from neurosyn.cli import analyse, bench, chip, data, models, plugins, runs, scenario, trace
    from neurosyn.cli.analyse import compare
    from neurosyn.cli.doctor import doctor
    from neurosyn.cli.faults import faults
    from neurosyn.cli.merge import merge
    from neurosyn.cli.network_export import export
    from neurosyn.cli.network_import import import_
    from neurosyn.cli.run import run
    from neurosyn.cli.sweep import sweep

    app.command()(run)
    app.command("import")(import_)
    app.command()(export)
    app.command()(merge)
    app.command()(doctor)
    app.command()(compare)
    app.command()(sweep)
    app.command()(faults)
    app.add_typer(analyse.app, name="analyse")
    app.add_typer(bench.app, name="bench")
    app.add_typer(chip.app, name="chip")
    app.add_typer(data.app, name="data")
    app.add_typer(models.app, name="models")
    app.add_typer(plugins.app, name="plugins")
    app.add_typer(runs.app, name="runs")
    app.add_typer(scenario.app, name="scenario")
    app.add_typer(trace.app, name="trace")


_add_groups()
