"""``neurosyn scenario``: check, schema, show."""

from __future__ import annotations

import typer

from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import Json, Overrides, Profile, ScenarioPath

app = typer.Typer(no_args_is_help=True, help="Check scenario files and show what they mean.")


@app.command()
def check(scenario: ScenarioPath, profile: Profile = None, overrides: Overrides = None, json: Json = False) -> None:
    """Check a scenario and list every mistake with its line (exit code 2 if there are any)."""
    from neurosyn.scenario.scenario import load_scenario

    loaded = load_scenario(scenario, profile=profile, overrides=overrides)
    if json:
        print_json({"scenario": str(scenario), "name": loaded.name, "digest": loaded.digest(), "ok": True})
    else:
        typer.echo(f"{scenario}: no mistakes; runs would go to runs/{loaded.name}-{loaded.digest()}")


@app.command()
def show(scenario: ScenarioPath, profile: Profile = None, overrides: Overrides = None, json: Json = False) -> None:
    """Print a scenario with everything it extends, the profile and all defaults filled in."""
    from neurosyn.scenario.scenario import load_scenario

    loaded = load_scenario(scenario, profile=profile, overrides=overrides)
    if json:
        print_json(loaded.resolved)
    else:
        typer.echo(loaded.to_toml(), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, with the options of every installed plugin."""
    from neurosyn.scenario.schema import scenario_schema

    print_json(scenario_schema())
