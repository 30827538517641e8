"""Tables that `compile`, `place`, `sweep` and `faults` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from neurosyn.cli.output import print_table
from neurosyn.support.formatting import number

if TYPE_CHECKING:
    from neurosyn.analysis.result import Analysis

__all__ = ["print_estimates", "print_faults", "print_placement", "print_sweep", "print_utilisation"]

_NETWORK = {
    "layer": "name",
    "output": "output",
    "banks": "banks",
    "sites": "sites",
    "fan-in": "fan_in",
    "features": "features",
    "neurons": "neurons",
    "weights": "weights",
    "multiplications": "multiplications",
}
_USE = {
    "layer": "layer",
    "cores": "cores",
    "axons": "axons_mean",
    "neurons": "neurons_mean",
    "density": "density",
    "groups": "groups",
    "tile": "tile",
    "copies": "copies",
    "limited by": "bound",
    "at least": "fewest",
    "for its": "fewest_for",
}
"""Headings, and the keys of the rows; axons and neurons are means over a layer's cores. Whatever the mapping, a layer
takes at least so many cores for its axons, neurons or synapses."""


_NODES = {name: name for name in ("name", "type", "rating", "cores", "reason")}
"""The same of a network with state."""


def print_utilisation(result: dict[str, Any]) -> None:
    """Print the network and how its layers use the cores."""
    network, use = result["network"], result["utilisation"]
    columns = _NETWORK if network and "rating" not in network[0] else _NODES
    print_table(list(columns), [[row[key] for key in columns.values()] for row in network], title="Network")
    rows = [[_cell(key, row.get(key)) for key in _USE.values()] for row in use["layers"]]
    rows.append([_cell(key, use["total"].get(key)) for key in _USE.values()])
    rows[-1][0] = "all"
    print_table(list(_USE), rows, title="Use of the cores (means over a layer's cores)")
    total = use["total"]
    if total.get("published"):
        print_table(
            ("cores", "published", "difference", "at least"),
            [[_cell("cores", total["cores"]), f"{total['published']:,}", *_compared(total)]],
            title="Beside the publication",
        )
    print_table(
        ("neurons used", "synapses on", "different crossbars", "input lines", "output pins", "ticks deep"),
        [[total[key] for key in ("neurons", "synapses", "crossbars", "input_lines", "pins", "depth")]],
    )


def print_estimates(rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Print what a network would need on other chips; `keys` are those that vary."""
    known = {key: heading for key, heading in _ESTIMATES.items() if any(row.get(key) is not None for row in rows)}
    cells = [[row[key] for key in keys] + [_estimate(key, row.get(key)) for key in known] for row in rows]
    print_table([*keys, *known.values()], cells, title="Estimates, not results: random weights, expected activity")
    for row in rows:
        if row["problem"]:
            typer.echo(f"{', '.join(f'{key}={row[key]}' for key in keys)}: {row['problem']}")


def print_faults(shares: Any) -> None:
    """Print mean and spread of the accuracy over the chips that were drawn for each share of a fault."""
    rows = []
    for row in shares.to_dict("records"):
        spread = "" if row["chips"] == 1 else f"± {row['spread']:.2%}"
        energy = "" if row["energy_per_frame_uj"] != row["energy_per_frame_uj"] else f"{row['energy_per_frame_uj']:.4g}"
        fault = row["fault"].replace("_", " ") + (", placed around" if row["remapped"] else "")
        accuracy = (f"{row['accuracy']:.2%}", spread, f"{row['lowest']:.2%}")
        rows.append([fault, f"{row['share']:.4g}", row["chips"], *accuracy, f"{row['mismatched_frames']:,.1f}", energy])
    print_table(["fault", "share", "chips", "accuracy", "spread", "lowest", "frames that differ", "µJ a frame"], rows)


def print_sweep(space: Analysis, keys: list[str]) -> None:
    """Print a row for each run of a sweep, the values of `keys` first, under the best runs."""
    for key, value in space.headline.items():
        typer.echo(f"{key.replace('_', ' '):<16}  {value}")
    table = space.table()
    known = {key: heading for key, heading in _SWEPT.items() if key in table and table[key].notna().any()}
    rows = []
    for _, run in table.iterrows():
        if run["state"] == "finished":
            numbers = [_swept(key, run[key]) for key in known]
            rows.append([*(str(run[key]) for key in keys), *numbers, "front" if run["pareto"] else ""])
        else:
            rows.append([*(str(run[key]) for key in keys), *(None for _ in known), run["state"]])
    print_table([*(_short(key) for key in keys), *known.values(), ""], rows)
    for note in space.notes:
        typer.echo(note)


_SWEPT = {
    "accuracy": "accuracy",
    "frames_per_second": "frames/s",
    "tick_period_us": "tick µs",
    "energy_per_frame_uj": "µJ a frame",
    "power_mw": "mW",
    "hops_per_packet": "hops",
    "cores": "cores",
}


def _short(key: str) -> str:
    return ".".join(key.removeprefix("chip.description.").split(".")[-2:])


def _swept(key: str, value: Any) -> Any:
    if value is None or value != value:
        return None
    if key == "accuracy":
        return f"{value:.2%}"
    return int(value) if key == "cores" else number(value, 3 if key == "hops_per_packet" else 4)


_ESTIMATES = {
    "cores": "cores",
    "chips": "chips",
    "axons_used": "axons used",
    "neurons_used": "neurons used",
    "tick_us": "tick µs",
    "frames_per_second": "frames/s",
    "power_mw": "mW",
    "energy_per_frame_uj": "µJ a frame",
    "area_mm2": "mm²",
}


def _estimate(key: str, value: Any) -> Any:
    return f"{value:.0%}" if value is not None and key.endswith("_used") else value


def _compared(total: dict[str, Any]) -> tuple[str, str | None]:
    """Return how many more cores there are than published, and the lower bound."""
    more = total["cores"] - total["published"]
    return f"{more:+,} ({more / total['published']:+.1%})", _cell("fewest", total["fewest"])


def print_placement(result: dict[str, Any]) -> None:
    """Print the mean routes of the scenario's placer and of the plain one."""
    rows = [(name, f"{hops:.2f}") for name, hops in result["mean_hops"].items()]
    print_table(("placer", "mean hops"), rows, title=f"{result['cores']:,} cores placed")


def _cell(key: str, value: Any) -> str | None:
    if value is None:
        return None
    if key == "density":
        return f"{value:.1%}"
    if key == "tile":
        return "×".join(map(str, value))
    if key in ("axons_mean", "neurons_mean"):
        return f"{value:.0f}"
    return ", ".join(value) if isinstance(value, list) else f"{value:,}" if isinstance(value, int) else str(value)
