"""Errors that a plugin raises; each has an exit code."""

from __future__ import annotations

from neurosyn.errors import (
    BackendError,
    ChipLimitError,
    DataError,
    NeurosynError,
    PluginError,
    ScenarioError,
    did_you_mean,
)

__all__ = [
    "BackendError",
    "ChipLimitError",
    "DataError",
    "NeurosynError",
    "PluginError",
    "ScenarioError",
    "did_you_mean",
]
