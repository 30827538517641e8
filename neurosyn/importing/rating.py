"""Rating of every node of a NIR graph: exact, approximate or refused, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from neurosyn.formats.nir.reader import NirGraph
from neurosyn.importing.flattening import flatten_graph
from neurosyn.importing.mapping import Mapping as NetworkMapping
from neurosyn.importing.network import NEURONS, POOLS, refused_nodes
from neurosyn.importing.rounding import Loss

__all__ = ["NodeRating", "rate_mapping", "rate_types"]

Rating = Literal["exact", "approximate", "refused", "unrated"]


class NodeRating(TypedDict):
    """A node's rating.

    ``cores`` are those of a layer of neurons, with its relays; None for nodes that have none of their own.
    """

    name: str
    type: str
    rating: Rating
    reason: str
    cores: int | None


def rate_types(graph: NirGraph, where: str) -> list[NodeRating]:
    """Return ratings by type alone, for a graph that is refused: the other nodes stay unrated."""
    flat = flatten_graph(graph, where)
    refused = refused_nodes(flat)
    return [
        {
            "name": name, "type": flat.nodes[name].kind, "rating": "refused" if name in refused else "unrated",
            "reason": refused.get(name, ""), "cores": None,
        }
        for name in flat.walk
    ]  # fmt: skip


def rate_mapping(
    graph: NirGraph, mapping: NetworkMapping, where: str, cores: Mapping[str, int] | None = None
) -> list[NodeRating]:
    """Return the rating of every node.

    Parameters
    ----------
    graph
    mapping
    where
        The file.
    cores
        Number of cores of each layer of the program.
    """
    flat = flatten_graph(graph, where)
    network = mapping.network
    remarks = network.remarks
    ratings: list[NodeRating] = []
    for name in flat.walk:
        node = flat.nodes[name]
        reasons = list(remarks.get(name, ()))
        exact, of_node = True, None
        member = network.members.get(name)
        if member is not None:
            loss = mapping.losses[member]
            relays = _relays(mapping, member)
            is_neurons = node.kind in NEURONS or network.populations[member].name == name
            if is_neurons:
                exact = not loss.reasons and relays is None
                reasons += loss.reasons
                if relays is not None:
                    count = network.populations[relays].size
                    reasons.append(f"its fan-in is split among {count:,} relays, which round partial sums")
                if cores is not None:
                    layers = [network.populations[k].name for k in (relays, member) if k is not None]
                    of_node = sum(cores.get(layer, 0) for layer in layers)
            elif node.kind in POOLS:
                reasons.append("folded into the next layer")
            elif node.kind not in ("Flatten", "Delay", "Input", "Output"):
                exact, text = _rate_weights(loss if relays is None else mapping.losses[relays])
                reasons.append(text)
        ratings.append(
            {
                "name": name, "type": node.kind, "rating": "exact" if exact else "approximate",
                "reason": "; ".join(reasons), "cores": of_node,
            }
        )  # fmt: skip
    return ratings


def _relays(mapping: NetworkMapping, member: int) -> int | None:
    """Return the population of relays that a split population has before it."""
    population = mapping.network.populations[member]
    for synapses in population.synapses:
        source = synapses.source
        if source >= 0 and mapping.network.populations[source].name == f"{population.name} parts":
            return source
    return None


def _rate_weights(loss: Loss) -> tuple[bool, str]:
    axons = f"{loss.width} axons an input"
    if loss.signal_to_noise_db is None:
        return True, f"weights are on a lattice, {axons}"
    return False, f"weights rounded, {axons}; signal to noise {loss.signal_to_noise_db:.1f} dB"
