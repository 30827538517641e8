"""Generator of plugin packages: a module, its entry point, its test and a README.

``templates/`` has a module and a test for each kind of plugin, with the placeholders ``$name`` and ``$cls``.
"""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path
from string import Template

from neurosyn.errors import PluginError, ScenarioError, did_you_mean
from neurosyn.registry import registry
from neurosyn.support.files import write_text

__all__ = ["KINDS", "write_package"]

KINDS = {
    "layer": "layers",
    "topology": "topologies",
    "trainer": "trainers",
    "dataset": "datasets",
    "encoder": "encoders",
    "placer": "placers",
    "probe": "probes",
}
"""Kinds of plugins, and the plugin group of each."""
_USE = {
    "layer": '[network]\nkind = "layers"\nlayers = [\n  { kind = "transduction", features = 8 },\n'
    '  { kind = "$name" },\n  { kind = "readout" },\n]',
    "topology": '[network]\nkind = "$name"',
    "trainer": '[train]\nkind = "$name"',
    "dataset": '[data]\nkind = "$name"',
    "encoder": '[encoder]\nkind = "$name"',
    "placer": '[place]\nkind = "$name"',
    "probe": '[[probes]]\nkind = "$name"',
}


def write_package(kind: str, name: str, folder: Path | None = None) -> Path:
    """Write an installable package with one working plugin.

    Parameters
    ----------
    kind
        One of `KINDS`, or its group.
    name
        Name of the plugin in scenarios: lower-case letters, digits and ``_``.
    folder
        Folder of the package, by default ``neurosyn-NAME``. It must not exist, or be empty.

    Returns
    -------
    Path
        The folder, written whole or not at all.

    Raises
    ------
    PluginError
        If the kind is unknown, or the name is taken.
    ScenarioError
        If the name or the folder cannot be used.
    """
    kind = {group: kind for kind, group in KINDS.items()}.get(kind, kind)
    if kind not in KINDS:
        raise PluginError(f"{kind}: is no kind of plugin{did_you_mean(kind, KINDS)} (there are: {', '.join(KINDS)})")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise ScenarioError(
            f"{name}: cannot be the name of a plugin; use at most 40 lower-case letters, digits and '_', a letter first"
        )
    group = KINDS[kind]
    if name in registry.names(group):
        raise PluginError(
            f"{group}/{name}: exists already, from {registry.find(group, name).origin}; choose another name"
        )
    folder = folder or Path(f"neurosyn-{name.replace('_', '-')}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ScenarioError(f"{folder}: exists already; choose another folder with --out")
    words = {
        "kind": kind,
        "group": group,
        "name": name,
        "cls": "".join(part.capitalize() for part in name.split("_")),
        "module": f"neurosyn_{name}",
        "distribution": f"neurosyn-{name.replace('_', '-')}",
        "use": Template(_USE[kind]).substitute(name=name),
    }
    parts = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"neurosyn_{name}.py": f"{kind}.py",
        f"tests/test_{name}.py": f"test_{kind}.py",
    }
    templates = files("neurosyn.scaffold") / "templates"
    # A fixed name: the next call removes what a killed one left.
    partial = folder.absolute().with_name(f".{folder.absolute().name}.neurosyn-partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for path, template in parts.items():
            text = (templates / f"{template}.in").read_text(encoding="utf-8")
            write_text(partial / path, Template(text).substitute(words))
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
