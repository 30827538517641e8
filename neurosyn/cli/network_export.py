"""``neurosyn export``: a trained network as a NIR file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import Json

__all__ = ["export"]


def export(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|MODEL", help="A run folder, or a model file.", show_default=False)
    ],
    target: Annotated[Path, typer.Argument(metavar="FILE.nir", help="The NIR file to write.", show_default=False)],
    neurons: Annotated[
        Literal["lif", "threshold"],
        typer.Option("--neurons", help="LIF with tau = dt, or Threshold, which fewer frameworks read."),
    ] = "lif",
    inputs: Annotated[
        Path | None, typer.Option("--inputs", metavar="NPZ", help="Also write the input spikes of test frames.")
    ] = None,
    expected: Annotated[
        Path | None, typer.Option("--expected", metavar="NPZ", help="Also write the output counts of these frames.")
    ] = None,
    frames: Annotated[int, typer.Option("--frames", min=1, help="Number of these frames.")] = 100,
    json: Json = False,
) -> None:
    """Write the layers of a trained network that run on the chip as a NIR file, for other frameworks.

    `neurosyn import FILE.nir --inputs NPZ --expected NPZ` reads it back and compares.
    """
    from neurosyn.run.network_export import export_network

    result = export_network(source, target, neurons=neurons, inputs=inputs, expected=expected, frames=frames)
    if json:
        print_json(result)
        return
    typer.echo(f"{result['file']}: {len(result['nodes'])} nodes")
    for note in result["notes"]:
        typer.echo(note)
