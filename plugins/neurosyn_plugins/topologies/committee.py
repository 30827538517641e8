"""Topology ``committee``: several networks of one kind side by side, which vote in the read-out."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationError

from neurosyn.plugins import LayerSpec, MapShape, PluginError, ScenarioError, Topology, registry

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
        """How many times the on-chip layers stand side by side."""
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
        options = dict(self.member)
        kind = options.pop("kind", None)
        if not isinstance(kind, str):
            raise ScenarioError(
                'network: member: has no `kind`; name a topology, as in member = { kind = "eedn_tiny" } '
                "(`neurosyn plugins list topologies`)"
            )
        cls: Any = registry.get("topologies", kind)
        try:
            topology = cls.from_table(options)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'options'}: {e['msg']}" for e in error.errors())
            raise ScenarioError(
                f"network: member ({kind}): {problems}; see `neurosyn plugins show topologies {kind}`"
            ) from error
        if not isinstance(topology, Topology):
            raise PluginError(f"plugin topologies/{kind}: is no Topology; correct the plugin")
        return topology
