"""``neurosyn data``: list, info, fetch."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json, Overrides, Profile, ScenarioPath

app = typer.Typer(no_args_is_help=True, help="See which data sets there are, describe them, download them.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the data sets and whether their files are here."""
    from pydantic import ValidationError

    from neurosyn.data.dataset import Dataset
    from neurosyn.data.folder import data_context, data_folder
    from neurosyn.errors import PluginError
    from neurosyn.registry import registry

    rows: list[dict[str, Any]] = []
    context = data_context()
    for name in registry.names("datasets"):
        row: dict[str, Any] = {"kind": name, "name": "", "official": None, "train": "", "test": ""}
        rows.append(row)
        try:
            dataset = registry.get("datasets", name).from_table({})  # type: ignore[attr-defined]
        except PluginError as error:
            row["name"] = f"BROKEN: {error.__cause__}"
            continue
        except ValidationError:
            row["name"] = "needs options in a scenario"
            continue
        assert isinstance(dataset, Dataset)
        info = dataset.info(context)
        row |= {"name": info.name, "official": info.official}
        for split in ("train", "test"):
            row[split] = "missing" if dataset.available(context, split) else "here"
    if json:
        print_json({"folder": str(data_folder()), "datasets": rows})
        return
    print_table(("kind", "data set", "official", "train", "test"), [tuple(row.values()) for row in rows])
    typer.echo(f"Files are looked for in {data_folder()} (set NEUROSYN_DATA to change it).")


@app.command()
def info(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Data set, e.g. svhn.", show_default=False)],
    json: Json = False,
) -> None:
    """Describe a data set: honest name, terms, classes, sizes, and what is missing where."""
    from neurosyn.data.folder import data_context

    dataset, context = _dataset(kind), data_context()
    about = dataset.info(context)
    missing = {split: dataset.available(context, split) for split in ("train", "test")}
    document = {
        "kind": kind,
        "name": about.name,
        "official": about.official,
        "licence": about.licence,
        "source": about.source,
        "classes": list(about.classes),
        "shape": list(about.shape),
        "sizes": about.sizes,
        "missing": {split: reason for split, reason in missing.items() if reason},
    }
    if json:
        print_json(document)
        return
    for key, value in document.items():
        if isinstance(value, dict):
            for name, text in value.items():
                typer.echo(f"{key + ' ' + name:<14} {text}")
        else:
            typer.echo(f"{key:<14} {', '.join(map(str, value)) if isinstance(value, list) else value}")


@app.command()
def fetch(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Data set, e.g. svhn.", show_default=False)],
) -> None:
    """Download a data set's official files into the data folder, checked against their checksums."""
    from neurosyn.data.folder import data_context

    for path in _dataset(kind).fetch(data_context()):
        typer.echo(str(path))


@app.command()
def check(scenario: ScenarioPath, profile: Profile = None, overrides: Overrides = None, json: Json = False) -> None:
    """Say which data a scenario would use here, and why."""
    from neurosyn.run import Run
    from neurosyn.scenario.scenario import load_scenario

    source = Run(load_scenario(scenario, profile=profile, overrides=overrides)).data.source
    if json:
        print_json(
            {
                "name": source.info.name,
                "official": source.info.official,
                "stand_in": source.used_stand_in,
                "reason": source.reason,
            }
        )
    else:
        typer.echo(f"{source.info.name}" + (f" because {source.reason}" if source.used_stand_in else ""))


def _dataset(kind: str) -> Any:
    from pydantic import ValidationError

    from neurosyn.errors import ScenarioError
    from neurosyn.registry import registry

    cls: Any = registry.get("datasets", kind)
    try:
        return cls.from_table({})
    except ValidationError as error:
        needed = ", ".join(str(e["loc"][0]) for e in error.errors())
        raise ScenarioError(
            f"data set {kind}: needs options ({needed}) that only a scenario gives; use `neurosyn data check SCENARIO`"
        ) from error
