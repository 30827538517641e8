"""Conformance check of a plugin of any group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neurosyn.errors import PluginError
from neurosyn.registry import Plugin
from neurosyn.testing.conformance.datasets import check_dataset
from neurosyn.testing.conformance.encoders import check_encoder
from neurosyn.testing.conformance.layers import check_layer
from neurosyn.testing.conformance.placers import check_placer
from neurosyn.testing.conformance.probes import check_probe
from neurosyn.testing.conformance.topologies import check_topology
from neurosyn.testing.conformance.trainers import check_trainer

__all__ = ["check_plugin"]

_CHECKS: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "layers": check_layer,
    "topologies": check_topology,
    "trainers": check_trainer,
    "datasets": check_dataset,
    "encoders": check_encoder,
    "placers": check_placer,
    "probes": check_probe,
}


def check_plugin(plugin: Plugin, options: dict[str, Any]) -> None:
    """Import a registered plugin and check it.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    PluginError
        If it cannot be imported, or its group has no contract to check.
    """
    if plugin.group not in _CHECKS:
        raise PluginError(
            f"plugin {plugin.group}/{plugin.name}: there is no check for {plugin.group}, only for {', '.join(_CHECKS)}"
        )
    _CHECKS[plugin.group](plugin.load(), options)
