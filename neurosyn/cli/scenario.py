"""``neurosyn scenario``: check, new, schema, show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from neurosyn.cli.completion import complete_dataset, complete_encoder, complete_model, complete_topology
from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import Json, Overrides, Profile, ScenarioPath
from neurosyn.scenario.changes import parse_assignments

app = typer.Typer(no_args_is_help=True, help="Write, check and show scenario files.")


@app.command()
def check(scenario: ScenarioPath, profile: Profile = None, overrides: Overrides = None, json: Json = False) -> None:
    """Check a scenario and list every mistake with its line (exit code 2 if there are any).

    The network is built and its cores are counted, as far as the data are here. Plugin files that the scenario names
    are code, and are run by the check, too; --no-plugins-from-scenario refuses them.
    """
    from neurosyn.run.check import check_scenario
    from neurosyn.scenario.scenario import load_scenario

    loaded = load_scenario(scenario, profile=profile, changes=parse_assignments(overrides))
    checked = check_scenario(loaded)
    if json:
        document = {"scenario": str(scenario), "name": loaded.name, "digest": loaded.digest(), "ok": True}
        print_json(document | {"cores": checked.cores, "notes": list(checked.notes)})
        return
    typer.echo(f"{scenario}: no mistakes; runs would go to runs/{loaded.name}-{loaded.digest()}")
    if checked.cores is not None:
        typer.echo(f"cores: {checked.cores:,}")
    for note in checked.notes:
        typer.echo(f"note: {note}")


@app.command()
def show(scenario: ScenarioPath, profile: Profile = None, overrides: Overrides = None, json: Json = False) -> None:
    """Print a scenario with everything it extends, the profile and all defaults."""
    from neurosyn.scenario.scenario import load_scenario

    loaded = load_scenario(scenario, profile=profile, changes=parse_assignments(overrides))
    if json:
        print_json(loaded.resolved)
    else:
        typer.echo(loaded.to_toml(), nl=False)


@app.command()
def new(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="The scenario to write, e.g. mine.toml.", show_default=False)
    ],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="KIND", help="Data set; default cifar10.", autocompletion=complete_dataset),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", metavar="DIR", help="Your own pictures, one folder per class, in place of --data."),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network", metavar="KIND", help="Topology; default eedn_tiny.", autocompletion=complete_topology
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="KIND", help="Encoder; default contrast.", autocompletion=complete_encoder),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="FILE",
            help="Trained model, in place of training; also shipped:NAME.",
            autocompletion=complete_model,
        ),
    ] = None,
    overrides: Overrides = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Title of the reports.")] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    json: Json = False,
) -> None:
    """Write a scenario that works; on a terminal, missing options are prompted for.

    Other values are given with --set, e.g. --set chip.voltage=0.8. Nothing is written unless it passes the check.
    """
    from neurosyn.errors import NeurosynError
    from neurosyn.registry import registry
    from neurosyn.run.check import check_scenario
    from neurosyn.scaffold.scenario import DATA, write_scenario
    from neurosyn.scenario.scenario import load_scenario

    if sys.stdin.isatty() and not json and data is None and pictures is None and network is None:
        typer.echo(f"data sets:  {', '.join(registry.names('datasets'))}", err=True)
        answer: str = typer.prompt("data set, or the folder of your own pictures", DATA, err=True)
        known = answer in registry.names("datasets")
        data, pictures = (None, Path(answer)) if not known and Path(answer).is_dir() else (answer, None)
        typer.echo(f"topologies: {', '.join(registry.names('topologies'))}", err=True)
        network = typer.prompt("topology", "eedn_tiny", err=True)
    written = write_scenario(
        path,
        data=data or DATA,
        pictures=pictures,
        network=network or "eedn_tiny",
        encoder=encoder,
        model=model,
        changes=parse_assignments(overrides),
        title=title,
        seed=seed,
        replace=force,
    )
    try:
        notes = check_scenario(load_scenario(written)).notes
    except NeurosynError as error:
        notes = (str(error),)
    if json:
        print_json({"scenario": str(written), "notes": list(notes)})
        return
    typer.echo(str(written))
    for note in notes:
        typer.echo(f"note:  {note}", err=True)
    typer.echo(f"next:  neurosyn simulate {written} --profile smoke", err=True)


@app.command()
def schema(json: Json = True) -> None:  # noqa: ARG001
    """Print the JSON Schema of scenario files, with the options of every installed plugin.

    It is JSON with or without --json.
    """
    from neurosyn.scenario.schema import scenario_schema

    print_json(scenario_schema())
