"""``neurosyn chip``: list, show, check, new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json

app = typer.Typer(no_args_is_help=True, help="Descriptions of chips: list, show, check and write them.")

_Chip = Annotated[
    str,
    typer.Argument(metavar="CHIP", help="Name of a shipped description, or a TOML file.", show_default=False),
]
_Changes = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one value, e.g. core.axons=512; repeatable."),
]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the descriptions that ship."""
    from neurosyn.chip.shipped import SHIPPED, shipped_chip

    rows = []
    for name in SHIPPED:
        chip = shipped_chip(name)
        rows.append(
            {
                "name": name,
                "title": chip.title,
                "process": chip.process,
                "axons": chip.core.axons,
                "neurons": chip.core.neurons,
                "axon_types": chip.core.axon_types,
                "side": chip.network.side,
                "has_times": chip.time is not None,
                "has_energies": chip.has_energy,
                "hypothetical": chip.is_hypothetical,
            }
        )
    if json:
        print_json({"chips": rows})
    else:
        print_table([key.replace("_", " ") for key in rows[0]], [list(row.values()) for row in rows])


@app.command()
def show(chip: _Chip, overrides: _Changes = None, json: Json = False) -> None:
    """Show a chip: its sizes, and each time and energy scaled to them, with source and tag.

    Tags: P published, IBM read in files of IBM's tools, V verified, D derived by arithmetic, A assumed.
    """
    described = _load(chip, overrides)
    description = described.description
    quantities = [
        {
            "quantity": key,
            "published": quantity.text(),
            "factor": description.scale(quantity),
            "scales_with": quantity.scales_with,
            "tag": quantity.tag,
            "source": quantity.source,
        }
        for key, quantity in description.quantities().items()
    ]
    sizes = description.sizes()
    if json:
        print_json({"description": description.to_table(), "sizes": sizes, "quantities": quantities})
        return
    typer.echo(f"{description.name}: {description.title}, {description.process}")
    typer.echo(f"source: {description.source}")
    if description.is_hypothetical:
        typer.echo("HYPOTHETICAL: never built, its numbers are assumed")
    core, network, voltage = description.core, description.network, description.voltage
    rows: list[tuple[str, Any, str]] = [
        (f"core.{name}", value, _tag(description.assumed, f"core.{name}")) for name, value in core
    ]
    rows += [(f"network.{name}", value, _tag(description.assumed, f"network.{name}")) for name, value in network]
    rows += [("voltage", f"{voltage.nominal:g} V, {voltage.range[0]:g} … {voltage.range[1]:g} V", "")]
    rows += [("fifo.depth", description.fifo.depth, f"{description.fifo.source} [{description.fifo.tag}]")]
    print_table(("size", "value", "assumed"), rows)
    print_table(("bits", "this chip", "reference"), [(name, here, there) for name, (here, there) in sizes.items()])
    print_table(
        ("quantity", "for the reference", "× here", "tag", "source"),
        [[row[key] for key in ("quantity", "published", "factor", "tag", "source")] for row in quantities],
    )
    for name in ("time", "leakage", "area"):
        if getattr(description, name) is None:
            typer.echo(f"no {name}: none is reported" if name != "time" else 'no times: simulate.timing = "none" alone')
    if not description.has_energy:
        typer.echo("no energies: none are reported")


@app.command()
def check(chip: _Chip, overrides: _Changes = None, json: Json = False) -> None:
    """Check a description and list every mistake with its line (exit code 2 if there are any)."""
    description = _load(chip, overrides).description
    scaled = [key for key, quantity in description.quantities().items() if description.scale(quantity) != 1]
    if json:
        print_json({"chip": chip, "name": description.name, "ok": True, "extrapolated": scaled})
        return
    core = description.core
    typer.echo(f"{chip}: no mistakes; {description.name}, cores of {core.axons} × {core.neurons}")
    if scaled:
        typer.echo(f"extrapolated from another size by scales_with: {', '.join(scaled)}")


@app.command()
def new(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="The description to write, e.g. mychip.toml.", show_default=False)
    ],
    source: Annotated[
        str, typer.Option("--from", metavar="NAME", help="Shipped description to begin with.")
    ] = "hypothetical5nm",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    json: Json = False,
) -> None:
    """Write a description to change: a copy of a shipped one, with its comments."""
    from neurosyn.chip.shipped import shipped_text
    from neurosyn.errors import ScenarioError
    from neurosyn.support.files import write_text

    if path.suffix != ".toml":
        raise ScenarioError(f"{path}: the name of a description ends in .toml; choose e.g. {path.stem}.toml")
    if path.exists() and not force:
        raise ScenarioError(f"{path}: is there already; choose another name, or replace it with --force")
    text = shipped_text(source).replace(f'name = "{source}"', f'name = "{path.stem}"', 1)
    write_text(path, text)
    if json:
        print_json({"chip": str(path), "from": source})
        return
    typer.echo(str(path))
    typer.echo(f"next:  neurosyn chip check {path}", err=True)
    typer.echo(f"       neurosyn simulate SCENARIO --set chip.description={path}", err=True)


def _load(chip: str, overrides: list[str] | None) -> Any:
    from neurosyn.scenario.changes import parse_assignments
    from neurosyn.scenario.scenario import load_options

    changes = {f"chip.description.{key}": value for key, value in parse_assignments(overrides).items()}
    return load_options(("chip",), {"chip.description": chip} | changes)["chip"]


def _tag(assumed: dict[str, str], key: str) -> str:
    return f"{assumed[key]} [A]" if key in assumed else ""
