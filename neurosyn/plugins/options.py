"""Options of plugins, validated by pydantic; the decorator that names a plugin; the registry of all plugins."""

from __future__ import annotations

from pydantic import Field

from neurosyn.options import Options
from neurosyn.registry import plugin, registry

__all__ = ["Field", "Options", "plugin", "registry"]
