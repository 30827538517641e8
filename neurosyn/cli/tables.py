"""Tables that `compile` and `place` show to people."""

from __future__ import annotations

from typing import Any

from neurosyn.cli.output import print_table

__all__ = ["print_placement", "print_utilisation"]


def print_utilisation(result: dict[str, Any]) -> None:
    """Print the network and how its layers use the cores."""
    network, use = result["network"], result["utilisation"]
    print_table(list(network[0]), [tuple(row.values()) for row in network], title="Network")
    print_table(list(use["layers"][0]), [tuple(row.values()) for row in use["layers"]], title="Use of the cores")
    print_table(("total", "value"), list(use["total"].items()))


def print_placement(result: dict[str, Any]) -> None:
    """Print the mean routes of the scenario's placer and of the plain one."""
    rows = [(name, round(hops, 2)) for name, hops in result["mean_hops"].items()]
    print_table(("placer", "mean hops"), rows, title=f"{result['cores']:,} cores placed")
