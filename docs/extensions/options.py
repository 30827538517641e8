"""Tables of options, plugins, assumptions and neuron types, from the classes and constants that define them."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np

from docs.extensions.markdown import summary, table
from neurosyn.chip import program
from neurosyn.chip.assumptions import assumptions, not_counted
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.options import Options
from neurosyn.registry import GROUPS, registry
from neurosyn.scenario.tables import TABLES

__all__ = ["assumed", "neuron_type", "option_table", "plugins", "scenario"]

_SINGULAR = {
    "layers": "Layer",
    "topologies": "Topology",
    "trainers": "Trainer",
    "datasets": "Data set",
    "encoders": "Encoder",
    "placers": "Placer",
    "probes": "Probe",
    "commands": "Command",
}


def scenario() -> str:
    """Return the tables of a scenario with their options."""
    parts = []
    for key, contents in TABLES.items():
        title = f"[[{key}]]" if contents.many else f"[{key}]"
        parts.append(f"## `{title}`\n\n{contents.about[0].upper()}{contents.about[1:]}.\n")
        if contents.group is None:
            parts.append(option_table(contents.options_class(None)))
        else:
            kinds = ", ".join(_link(contents.group, name) for name in _shipped(contents.group))
            default = f"; `{contents.kind}` if absent" if contents.kind else ""
            parts.append(f"`kind` is one of {kinds}{default}. The other keys are its options.\n")
        if contents.extra is not None:
            parts.append(f"Beside these, with every `kind`:\n\n{option_table(contents.extra())}")
        for name, group in contents.nested.items():
            parts.append(f"`{key}.{name}`: a table whose `kind` is one of the {group}, or a list of such tables.\n")
        if contents.variant:
            parts.append(
                f"`{key}.{contents.variant}`: changes to this table where the stand-in of the data is in use.\n"
            )
    return "\n".join(parts)


def plugins() -> str:
    """Return every plugin that ships, with its options."""
    parts = []
    for group in GROUPS:
        names = _shipped(group)
        if names:
            parts.append(f"## {group.capitalize()}\n")
        for name in names:
            cls: Any = registry.get(group, name)
            options = option_table(cls) if issubclass(cls, Options) else ""
            parts.append(f"### {_SINGULAR[group]} `{name}`\n\n{summary(inspect.getdoc(cls))}\n\n{options}")
    return "\n".join(parts)


def assumed() -> str:
    """Return the assumptions, as each result lists them, and what is not counted."""
    rows = [
        (
            f"`{rule['name']}`" if rule["option"] else rule["name"],
            f"{rule['value']} {rule['unit']}".strip(),
            rule["basis"],
        )
        for rule in assumptions(ChipOptions())
    ]
    omitted = "\n".join(f"- **{name}**: {text}." for name, text in not_counted(TRUENORTH).items())
    return f"{table(('assumption', 'value', 'basis'), rows)}\nNot counted:\n\n{omitted}\n"


def neuron_type() -> str:
    """Return the fields of a neuron type, with the comments of its definition."""
    field = re.compile(r'\("(\w+)", "([^"]+)"(?:, \((\d+),\))?\),  # (.+)')
    rows = [
        (f"`{name}`", f"{np.dtype(code)}{f' ({size},)' if size else ''}", meaning)
        for name, code, size, meaning in field.findall(inspect.getsource(program))
    ]
    assert [name.strip("`") for name, *_ in rows] == list(program.NEURON_TYPE.names or ())
    return table(("field", "type", "meaning"), rows)


def option_table(cls: type[Options]) -> str:
    """Return the options of a class: name, type, default, meaning."""
    schema = cls.model_json_schema()
    rows = []
    for name, option in schema.get("properties", {}).items():
        default = "*required*" if name in schema.get("required", []) else f"`{_toml(option.get('default'))}`"
        rows.append((f"`{name}`", _kind(option, schema), default, option.get("description", "")))
    return table(("option", "type", "default", "meaning"), rows) if rows else "It has no options.\n"


def _link(group: str, name: str) -> str:
    return f"[`{name}`](plugins.md#{_SINGULAR[group].lower().replace(' ', '-')}-{name})"


def _shipped(group: str) -> list[str]:
    """Return the names of neurosyn's own plugins; others that are installed here do not belong in its reference."""
    return [plugin.name for plugin in registry if plugin.group == group and plugin.origin == "neurosyn"]


def _kind(option: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in option:
        return _kind(schema["$defs"][option["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in option:
        return " or ".join(_kind(choice, schema) for choice in option["anyOf"] if choice.get("type") != "null")
    if "enum" in option:
        return ", ".join(f"`{value}`" for value in option["enum"])
    if "const" in option:
        return f"`{option['const']}`"
    kind = str(option.get("type", "table"))
    if kind == "array":
        inner = option.get("items") or (option.get("prefixItems") or [{}])[0]
        return f"list of {_kind(inner, schema)}"
    low = option.get("minimum", option.get("exclusiveMinimum"))
    high = option.get("maximum", option.get("exclusiveMaximum"))
    limits = {(True, True): f" {low} … {high}", (True, False): f" from {low}", (False, True): f" up to {high}"}
    return kind + limits.get((low is not None, high is not None), "")


def _toml(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
