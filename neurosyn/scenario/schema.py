"""The JSON Schema of scenario files, made from the options of every plugin that can be imported."""

from __future__ import annotations

from typing import Any

from neurosyn.errors import PluginError
from neurosyn.options import Options
from neurosyn.registry import registry
from neurosyn.scenario.tables import TABLES, Table

__all__ = ["scenario_schema"]


def scenario_schema() -> dict[str, Any]:
    """Return the schema that editors use to complete and check a scenario."""
    properties: dict[str, Any] = {
        "name": {"type": "string", "description": "name of the run folder"},
        "title": {"type": "string", "description": "title of reports"},
        "seed": {"type": "integer", "minimum": 0, "description": "the seed of each stage is derived from it"},
        "plugins": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Python files with plugins; reading the scenario runs them",
        },
        "extends": {"type": "string", "description": "scenario file that this one changes"},
        "profiles": {"type": "object", "description": "named sets of changes for --profile"},
    }
    for key, table in TABLES.items():
        properties[key] = _table(table)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "neurosyn scenario",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _table(table: Table) -> dict[str, Any]:
    if table.group is None:
        schema = table.options_class(None).model_json_schema()
        schema["description"] = table.about
        return schema
    shared: dict[str, Any] = {}
    if table.extra is not None:
        shared |= table.extra().model_json_schema().get("properties", {})
    for name, group in table.nested.items():
        choice = {"type": "object", "required": ["kind"], "anyOf": _choices(group, {"name": {"type": "string"}})}
        shared[name] = {"anyOf": [choice, {"type": "array", "items": choice}]}
    if table.variant is not None:
        shared[table.variant] = {
            "type": "object",
            "description": "changes to this table when the stand-in of the data is in use",
            "anyOf": _choices(table.group, shared),
        }
    if table.many:
        element = {"type": "object", "required": ["kind"], "anyOf": _choices(table.group, {"name": {"type": "string"}})}
        return {"type": "array", "description": table.about, "items": element}
    return {"type": "object", "description": table.about, "anyOf": _choices(table.group, shared)}


def _choices(group: str, shared: dict[str, Any]) -> list[dict[str, Any]]:
    choices = []
    for name in registry.names(group):
        try:
            cls: Any = registry.get(group, name)
        except PluginError:
            continue
        if not (isinstance(cls, type) and issubclass(cls, Options)):
            continue
        schema = cls.model_json_schema()
        schema.setdefault("properties", {})
        schema["properties"] = {"kind": {"const": name}} | schema["properties"] | shared
        schema["title"] = name
        schema["additionalProperties"] = False
        choices.append(schema)
    return choices
