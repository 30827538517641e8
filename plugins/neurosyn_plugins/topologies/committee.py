"""Topology ``committee``: several networks of one kind side by side, which vote in the read-out."""

from __future__ import annotations

from pydantic import Field

from neurosyn.plugins import LayerSpec, MapShape, Topology, registry

__all__ = ["Committee"]


class Committee(Topology):
    """Members that see the same input spikes and never mix; the score of a class is the mean of the members' scores.

    Each member has the layers of topology `member` and weights of its own on the chip; a transduction before the chip
    is shared, so that the members' input enters the chip once. A trainer that goes by the loss of the whole network, as
    ``eedn`` does, trains the members together for their common vote, each from random weights of its own; ``ridge`` and
    ``logistic`` fit every member by itself.
    """

    member: LayerSpec = Field(
        default={"kind": "eedn_tiny"}, description="topology of a member: a table with `kind` and its options"
    )
    members: int = Field(default=3, ge=1, le=256, description="networks side by side")

    @property
    def copies(self) -> int:
        """Number of copies of the on-chip layers."""
        return self.members * self._topology().copies

    def layers(self, inputs: MapShape, n_classes: int) -> list[LayerSpec]:
        """Return the layers of a member from first to last.

        Raises
        ------
        ScenarioError
            If `member` names no topology, or its options are wrong.
        """
        return self._topology().layers(inputs, n_classes)

    def _topology(self) -> Topology:
        topology: Topology = registry.build("topologies", self.member, "network: member", Topology)
        return topology
