"""Parts of the pages that are made from the code, between ``<!-- from code: NAME -->`` and ``<!-- end of NAME -->``.

``python -m docs.extensions`` writes them, so that they can be read wherever the Markdown is; a test compares them with
the code.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.extensions import commands, flow, options, python_names, trace_tables

__all__ = ["MAKERS", "MARK", "ROOT", "outdated", "renewed"]

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"^<!-- from code: (\w+) -->$.*?^<!-- end of \1 -->$", re.MULTILINE | re.DOTALL)

_module, _names = python_names.module_docstring, python_names.names
MAKERS: dict[str, Callable[[], str]] = {
    "assumed": options.assumed,
    "circuit_elements": functools.partial(_names, "neurosyn.circuit.elements", "Core", "Neuron", "Axon"),
    "circuit_parts": lambda: _module("neurosyn.circuit.parts") + "\n" + _names("neurosyn.circuit.parts"),
    "commands": commands.commands,
    "contracts": flow.contracts,
    "errors": functools.partial(_module, "neurosyn.errors"),
    "front_door": functools.partial(_names, "neurosyn"),
    "model_file": functools.partial(_module, "neurosyn.model.model_file"),
    "neuron_type": options.neuron_type,
    "packages": flow.packages,
    "plugin_door": functools.partial(python_names.submodules, "neurosyn.plugins", skip=("Field",)),
    "plugins": options.plugins,
    "program_file": functools.partial(_module, "neurosyn.formats.program_file"),
    "ranc_file": functools.partial(_module, "neurosyn.formats.ranc.reader"),
    "scenario": options.scenario,
    "spike_pins": functools.partial(_module, "neurosyn.formats.spikes.connector_pins"),
    "spike_tables": functools.partial(_module, "neurosyn.formats.spikes.tables"),
    "spike_text": functools.partial(_module, "neurosyn.formats.spikes.text"),
    "spike_words": functools.partial(_module, "neurosyn.formats.spikes.raw_words"),
    "test_kit": functools.partial(_names, "neurosyn.testing"),
    "trace_tables": trace_tables.trace_tables,
}


def renewed(text: str) -> str:
    """Return a page with its marked parts as the code has them now."""
    return MARK.sub(
        lambda match: f"<!-- from code: {match[1]} -->\n\n{MAKERS[match[1]]().strip()}\n\n<!-- end of {match[1]} -->",
        text,
    )


def outdated() -> Iterator[tuple[Path, str]]:
    """Yield each page that differs from the code, with the text that it should have; likewise the picture."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (current := renewed(text)) != text:
            yield page, current
    picture = ROOT / flow.PICTURE
    drawn = flow.draw()
    if not picture.is_file() or picture.read_text(encoding="utf-8") != drawn:
        yield picture, drawn
