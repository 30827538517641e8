"""``neurosyn models``: list, info."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosyn.cli.completion import complete_model
from neurosyn.cli.output import print_json, print_table
from neurosyn.cli.parameters import Json

app = typer.Typer(no_args_is_help=True, help="List and describe the trained models that ship.")

_NOT_RECORDED = "not recorded"


@app.command("list")
def list_(json: Json = False) -> None:
    """List the shipped models: task, data, accuracy, size, cores."""
    from neurosyn.model.shipped import shipped_models

    rows = [_row(name, path) for name, path in shipped_models().items()]
    if json:
        print_json(rows)
        return
    columns = ("model", "task", "data", "", "accuracy", "frames", "kB", "topology", "cores", "zero weights", "fan-in")
    print_table(columns, [_cells(row) for row in rows])
    typer.echo(
        "Accuracy: the trained network on test frames of the data named. `neurosyn models info NAME` has details."
    )
    typer.echo('Use one in a scenario: [train] model = "shipped:NAME"')


@app.command()
def info(
    model: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE",
            help="Shipped model, or a model file.",
            show_default=False,
            autocompletion=complete_model,
        ),
    ],
    json: Json = False,
) -> None:
    """Describe a model: data, accuracy, layers, weights, and the command, seed and data that made it."""
    from neurosyn.model.shipped import shipped_model
    from neurosyn.report.model_card import model_card

    is_file = model.endswith(".safetensors") or "/" in model
    path = Path(model) if is_file else shipped_model(model.removeprefix("shipped:"))
    card = model_card(path)
    reference = str(path) if is_file else f"shipped:{path.stem}"
    if json:
        print_json({**card, "use": reference})
        return
    for label, text in _facts(card):
        typer.echo(f"{label:<13} {text}")
    print_table(
        ("layer", "output", "inputs", "features", "neurons", "zero weights", "fan-in"),
        [_layer_cells(row) for row in card["layers"]],
    )
    typer.echo(f'Use it in a scenario with this network and encoder: [train] model = "{reference}"')
    if card["task"]:
        typer.echo(f"or:  neurosyn simulate scenarios/{card['task']}.toml --set train.model={reference}")


def _row(name: str, path: Path) -> dict[str, Any]:
    """Return a model's card; of one that cannot be read, its name and the cause."""
    from neurosyn.errors import NeurosynError
    from neurosyn.report.model_card import model_card

    try:
        card = model_card(path)
    except NeurosynError as error:
        return {"name": name, "error": str(error)}
    return {key: value for key, value in card.items() if key != "layers"}


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    if "error" in row:
        return (row["name"], None, f"BROKEN: {row['error']}", *[None] * 8)
    kind = "official" if row["official"] else "not official"
    fan_in = None if row["fan_in"] is None else f"{row['fan_in']:.1f}"
    size = round(row["bytes"] / 1000)
    accuracy, zeros = _percent(row["accuracy"], 2), _percent(row["zero_weights"])
    about = (row["name"], row["task"], row["dataset"], kind, accuracy, row["test_frames"], size)
    return (*about, row["topology"], row["cores"], zeros, fan_in)


def _layer_cells(row: dict[str, Any]) -> tuple[object, ...]:
    fan_in = None if row["mean_fan_in"] is None else f"{row['mean_fan_in']:.1f}"
    sizes = (row["name"], row["output"], row["fan_in"], row["features"], row["neurons"])
    return (*sizes, _percent(row["zero_weights"]), fan_in)


def _facts(card: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the rows shown above a model's layers."""
    official = "official data" if card["official"] else "NOT official data: not to be compared with published results"
    accuracy = _NOT_RECORDED
    if card["accuracy"] is not None:
        accuracy = f"{card['accuracy']:.2%} of {card['test_frames'] or 'some':,} test frames, as trained"
    fan_in = "" if card["fan_in"] is None else f"; {card['fan_in']:.1f} others of a neuron with 128 inputs"
    encoder = ", ".join(f"{key} {value}" for key, value in card["encoder"].items())
    trainer = card["trainer"] or {}
    seed = _NOT_RECORDED if card["seed"] is None else str(card["seed"])
    data = _NOT_RECORDED if card["data"] is None else json_format.dumps(card["data"], ensure_ascii=False)
    return [
        ("model", f"{card['name']}, {card['bytes']:,} bytes"),
        ("sha256", card["sha256"]),
        ("task", card["task"] or _NOT_RECORDED),
        ("data", f"{card['dataset'] or _NOT_RECORDED} ({official})"),
        ("accuracy", accuracy),
        ("network", f"{card['topology']}; {card['classes']} classes"),
        ("encoder", encoder),
        ("cores", f"{card['cores']:,}"),
        ("zero weights", f"{_percent(card['zero_weights'])}{fan_in}"),
        ("command", card["command"] or _NOT_RECORDED),
        ("seed", seed),
        ("data read", data),
        ("trainer", ", ".join(f"{key} {value}" for key, value in trainer.items()) or _NOT_RECORDED),
    ]


def _percent(share: float | None, decimals: int = 1) -> str | None:
    return None if share is None else f"{100 * share:.{decimals}f}%"
