"""Python files that a scenario names as plugins: they are code, and reading the scenario runs them."""

from __future__ import annotations

import os

from neurosyn.errors import ScenarioError

__all__ = ["NO_PLUGINS", "require_allowed"]

NO_PLUGINS = "NEUROSYN_NO_PLUGINS_FROM_SCENARIO"
"""Environment variable that forbids them: anything but empty or ``0``."""


def require_allowed(names: list[str], where: str) -> None:
    """Refuse plugin files where the environment or ``--no-plugins-from-scenario`` forbids them.

    Raises
    ------
    ScenarioError
        Before any of the files is run.
    """
    if names and os.environ.get(NO_PLUGINS, "") not in ("", "0"):
        raise ScenarioError(
            f"{where}: plugins: would run {', '.join(names)}, which --no-plugins-from-scenario or {NO_PLUGINS} "
            "forbids; read the files, then allow them, or install the plugin as a package"
        )
