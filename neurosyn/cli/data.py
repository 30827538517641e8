"""``neurosyn data``: list, info, fetch, preview, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neurosyn.cli.completion import complete_dataset
from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json, Overrides, Profile, Quiet, ScenarioPath
from neurosyn.scenario.changes import parse_assignments

if TYPE_CHECKING:
    from neurosyn.data.dataset import DataContext, Dataset, SplitName
    from neurosyn.data.source import DataSource

app = typer.Typer(no_args_is_help=True, help="List, describe, download and preview data sets.")

Kind = Annotated[
    str,
    typer.Argument(metavar="KIND", help="Data set, e.g. svhn.", show_default=False, autocompletion=complete_dataset),
]
DataOptions = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="An option of the data set; repeatable."),
]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the data sets, and whether their files are here."""
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
    from neurosyn.errors import NeurosynError
    from neurosyn.options import OptionsError
    from neurosyn.registry import blame, registry
    from neurosyn.scenario.tables import contracts

    row: dict[str, Any] = {"kind": kind, "name": "", "official": None, "train": "", "test": ""}
    try:
        dataset: Dataset = registry.build("datasets", {"kind": kind}, "", *contracts("datasets"))
        with blame("datasets", kind, "info"):
            info = dataset.info(context)
            here = {s: "missing" if dataset.available(context, s) else "here" for s in ("train", "test")}
    except OptionsError:
        return row | {"name": "needs options in a scenario"}
    except (NeurosynError, OSError) as error:
        return row | {"name": f"BROKEN: {error.__cause__ or error}"}
    return row | {"name": info.name, "official": info.official} | here


@app.command()
def info(
    kind: Kind,
    options: DataOptions = None,
    json: Json = False,
) -> None:
    """Describe a data set: name, licence, classes, sizes, missing files."""
    from neurosyn.data.folder import data_context

    dataset, context = _dataset(kind, options), data_context()
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
def fetch(kind: Kind, options: DataOptions = None, json: Json = False, quiet: Quiet = False) -> None:
    """Download a data set's official files into the data folder, checked against their checksums."""
    from neurosyn.data.folder import data_context
    from neurosyn.support.progress import StageProgress

    dataset = _dataset(kind, options)
    with StageProgress(1, quiet=quiet) as progress, progress.stage("fetch") as notes:
        paths = dataset.fetch(data_context(progress=progress.update))
        notes.append(f"{len(paths)} files, checked")
    if json:
        print_json({"kind": kind, "files": [str(path) for path in paths]})
        return
    for path in paths:
        typer.echo(str(path))


@app.command()
def preview(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND|SCENARIO", help="Data set, e.g. svhn, or a scenario (.toml).", show_default=False),
    ],
    split: Annotated[Literal["train", "test"], typer.Option("--split", help="Which images to show.")] = "test",
    each: Annotated[int, typer.Option("--each", min=1, max=50, help="Images of each class.")] = 8,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the choice of images.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Default: KIND-SPLIT.png.")] = None,
    options: DataOptions = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw a contact sheet: some images of every class with its name, as PNG."""
    from neurosyn.registry import blame
    from neurosyn.report.contact_sheet import write_contact_sheet
    from neurosyn.support.progress import StageProgress

    source = _source(kind, options)
    target = out or Path(f"{Path(kind).stem}-{split}.png")
    with StageProgress(2, quiet=quiet) as progress:
        with progress.stage("load") as notes, blame("datasets", kind, "load"):
            images = source.load(split, progress.update)
            notes.append(f"{len(images):,} {split} images of {source.info.name}")
        with progress.stage("draw") as notes:
            title = f"{source.info.name}: {len(images):,} {split} images, {len(source.info.classes)} classes"
            shown = write_contact_sheet(target, images, source.info.classes, title, each=each, seed=seed)
            notes.append(f"{shown:,} of them")
    if json:
        print_json({"file": str(target), "dataset": source.info.name, "split": split, "images": shown})
    else:
        typer.echo(str(target))


@app.command()
def check(
    scenario: ScenarioPath,
    profile: Profile = None,
    overrides: Overrides = None,
    read: Annotated[bool, typer.Option("--read", help="Read every image, too, and count those of each class.")] = False,
    json: Json = False,
) -> None:
    """Show the data that a scenario uses on this machine, the reason, their classes and numbers."""
    source = _source_of(scenario, profile, overrides)
    info = source.info
    counts = _counts(source) if read else None
    if json:
        print_json(
            {
                "name": info.name,
                "official": info.official,
                "stand_in": source.used_stand_in,
                "reason": source.reason,
                "classes": list(info.classes),
                "shape": list(info.shape),
                "sizes": info.sizes,
                "images_of_classes": counts,
            }
        )
        return
    typer.echo(info.name + (f" because {source.reason}" if source.used_stand_in else ""))
    shown = ", ".join(info.classes[:20]) + (", …" if len(info.classes) > 20 else "")
    typer.echo(f"{len(info.classes)} classes: {shown}")
    typer.echo(f"images of {' × '.join(map(str, info.shape))}" + "".join(f", {n:,} {s}" for s, n in info.sizes.items()))
    for split, numbers in (counts or {}).items():
        typer.echo(f"{split}: {', '.join(f'{number:,} {name}' for name, number in numbers.items())}")


def _counts(source: DataSource) -> dict[str, dict[str, int]]:
    """Return the images of each split by class, after reading all of them."""
    import numpy as np

    from neurosyn.registry import blame

    counts: dict[str, dict[str, int]] = {}
    splits: tuple[SplitName, ...] = ("train", "test")
    for split in splits:
        if source.dataset.available(source.context, split) is not None:
            continue
        with blame("datasets", type(source.dataset).__name__, "load"):
            numbers = np.bincount(source.load(split).labels, minlength=len(source.info.classes))
        counts[split] = dict(zip(source.info.classes, numbers.tolist(), strict=True))
    return counts


def _source(name: str, options: list[str] | None) -> DataSource:
    """Return a data set by kind, or the one that a scenario would use here; `options` are the set's, or overrides."""
    from neurosyn.data.folder import data_context
    from neurosyn.data.source import DataSource

    if name.endswith(".toml"):
        return _source_of(Path(name), None, options)
    dataset, context = _dataset(name, options), data_context()
    return DataSource(dataset.info(context), dataset, context)


def _source_of(scenario: Path, profile: str | None, overrides: list[str] | None) -> DataSource:
    """Return the data that a scenario uses here."""
    from neurosyn.run.inputs import RunInputs
    from neurosyn.scenario.scenario import load_scenario

    return RunInputs(load_scenario(scenario, profile=profile, changes=parse_assignments(overrides))).source


def _dataset(kind: str, options: list[str] | None = None) -> Dataset:
    from neurosyn.errors import ScenarioError
    from neurosyn.options import OptionsError
    from neurosyn.registry import registry
    from neurosyn.scenario.document import read_document
    from neurosyn.scenario.tables import contracts

    # As in a scenario's table, so that paths that begin with ./ are relative to the working folder.
    changes = {f"data.{key}": value for key, value in parse_assignments(options).items()}
    table = {**read_document({}, changes=changes).values.get("data", {}), "kind": kind}
    try:
        dataset: Dataset = registry.build("datasets", table, f"data set {kind}", *contracts("datasets"))
    except OptionsError as error:
        missing = [str(mistake.path[0]) for mistake in error.mistakes if mistake.type == "missing"]
        if not missing:
            raise
        raise ScenarioError(
            f"data set {kind}: needs options ({', '.join(missing)}); give them with --set KEY=VALUE, or see "
            "`neurosyn data check SCENARIO`"
        ) from error
    return dataset
