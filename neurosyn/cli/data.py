"""``neurosyn data``: list, info, fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json, Overrides, Profile, ScenarioPath

if TYPE_CHECKING:
    from neurosyn.data.dataset import DataContext

app = typer.Typer(no_args_is_help=True, help="See which data sets there are, describe them, download them.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the data sets and whether their files are here."""
    from neurosyn.data.folder import data_context, data_folder
    from neurosyn.registry import registry

    context = data_context()
    rows = [_row(name, context) for name in registry.names("datasets")]
    if json:
        print_json({"folder": str(data_folder()), "datasets": rows})
        return
    print_table(("kind", "data set", "official", "train", "test"), [tuple(row.values()) for row in rows])
    typer.echo(f"Files are looked for in {data_folder()} (set NEUROSYN_DATA to change it).")


def _row(kind: str, context: DataContext) -> dict[str, Any]:
    from pydantic import ValidationError

    from neurosyn.errors import NeurosynError
    from neurosyn.registry import blame, registry

    row: dict[str, Any] = {"kind": kind, "name": "", "official": None, "train": "", "test": ""}
    try:
        cls: Any = registry.get("datasets", kind)
        with blame("datasets", kind, "info"):
            try:
                dataset = cls.from_table({})
            except ValidationError:
                return row | {"name": "needs options in a scenario"}
            info = dataset.info(context)
            here = {s: "missing" if dataset.available(context, s) else "here" for s in ("train", "test")}
    except (NeurosynError, OSError) as error:
        return row | {"name": f"BROKEN: {error.__cause__ or error}"}
    return row | {"name": info.name, "official": info.official} | here


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
