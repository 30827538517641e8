"""Pages of the reference that are made from the code: ``<!-- from code: NAME -->`` becomes Markdown on reading.

What is written can thus neither be out of date nor forgotten: commands come from the command line itself, options from
the classes that validate them, formats from the modules that read them.
"""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Iterator
from typing import Any

import typer.main
from sphinx.application import Sphinx

from neurosyn.chip.assumptions import NOT_COUNTED, assumptions
from neurosyn.chip.options import ChipOptions
from neurosyn.options import Options
from neurosyn.registry import GROUPS, registry
from neurosyn.scenario.tables import TABLES, load_class

_MARK = re.compile(r"^<!-- from code: (\w+) -->$", re.MULTILINE)


def commands() -> str:
    """Return every command with its arguments and options."""
    from neurosyn.cli.app import app

    return "\n".join(_command("neurosyn", typer.main.get_command(app)))


def _command(path: str, command: Any) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children is None:
        positional = [p for p in command.params if p.param_type_name == "argument"]
        words = " ".join(_argument(p) for p in positional)
        yield f"## `{path}`\n\n{_prose(command.help)}\n\n```text\n{path} [OPTIONS] {words}".rstrip() + "\n```\n"
        rows = [(_argument(p), getattr(p, "help", None) or "") for p in positional]
        rows += [(_option(p), _help(p)) for p in command.params if p.param_type_name == "option"]
        if rows:
            yield _table(("argument or option", "meaning"), [(f"`{name}`", text) for name, text in rows])
        return
    for name, child in children.items():
        if not child.hidden:
            yield from _command(f"{path} {name}", child)


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name.upper()).strip("[]")
    name += "…" if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    opts = sorted(parameter.opts, key=lambda opt: (opt.startswith("--"), opt))
    text = ", ".join(opts)
    if parameter.secondary_opts:
        text += " / " + ", ".join(parameter.secondary_opts)
    if parameter.is_flag:
        return text
    return f"{text} {parameter.metavar or _choices(parameter) or parameter.name.upper()}"


def _choices(parameter: Any) -> str:
    """Return the values to choose from; releases of Typer keep them in different places."""
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    written = typing.get_args(annotation) if typing.get_origin(annotation) is typing.Literal else ()
    return "|".join(map(str, written or getattr(getattr(parameter, "type", None), "choices", ())))


def _help(parameter: Any) -> str:
    text = parameter.help or ""
    plain = isinstance(parameter.default, str | int | float) and not isinstance(parameter.default, bool)
    return f"{text} Default: {parameter.default}." if plain and "efault" not in text else text


def scenario() -> str:
    """Return the tables of a scenario with their options."""
    parts = []
    for key, table in TABLES.items():
        title = f"[[{key}]]" if table.many else f"[{key}]"
        parts.append(f"## `{title}`\n\n{table.about[0].upper()}{table.about[1:]}.\n")
        if table.group is None:
            parts.append(_options(table.options_class(None)))
        else:
            kinds = ", ".join(f"[`{name}`](plugins.md#{_anchor(table.group, name)})" for name in _shipped(table.group))
            default = f"; `{table.kind}` if absent" if table.kind else ""
            parts.append(f"`kind` is one of {kinds}{default}. The other keys are its options.\n")
        if table.extra is not None:
            parts.append(f"Beside these, whatever `kind` is:\n\n{_options(load_class(table.extra))}")
        for name, group in table.nested.items():
            parts.append(f"`{key}.{name}`: a table whose `kind` is one of the {group}, or a list of such tables.\n")
        if table.variant:
            parts.append(f"`{key}.{table.variant}`: what is different where the stand-in of the data is in use.\n")
    return "\n".join(parts)


def plugins() -> str:
    """Return every plugin that ships, with its options."""
    parts = []
    for group in GROUPS:
        if not _shipped(group):
            continue
        parts.append(f"## {group.capitalize()}\n")
        for name in _shipped(group):
            cls: Any = registry.get(group, name)
            about = _prose(inspect.getdoc(cls))
            options = _options(cls) if issubclass(cls, Options) else ""
            parts.append(f"({_anchor(group, name)})=\n\n### `{name}`\n\n{about}\n\n{options}")
    return "\n".join(parts)


def _anchor(group: str, name: str) -> str:
    return f"{group}-{name}".replace("_", "-")


def _shipped(group: str) -> list[str]:
    """Names of the plugins of neurosyn itself: what else is installed here is not its reference."""
    return [found.name for found in registry if found.group == group and found.origin == "neurosyn"]


def _options(cls: type[Options]) -> str:
    schema = cls.model_json_schema()
    rows = []
    for name, field in schema.get("properties", {}).items():
        default = "*required*" if name in schema.get("required", []) else f"`{_toml(field.get('default'))}`"
        rows.append((f"`{name}`", _kind(field, schema), default, field.get("description", "")))
    if not rows:
        return "It has no options.\n"
    return _table(("option", "type", "default", "meaning"), rows)


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in field:
        return _kind(schema["$defs"][field["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in field:
        return " or ".join(_kind(one, schema) for one in field["anyOf"] if one.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kind = field.get("type", "table")
    if kind == "array":
        inner = field.get("items") or (field.get("prefixItems") or [{}])[0]
        return f"list of {_kind(inner, schema)}"
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    limits = {(True, True): f" {low} … {high}", (True, False): f" from {low}", (False, True): f" up to {high}"}
    return kind + limits.get((low is not None, high is not None), "")


def _toml(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def assumed() -> str:
    """Return what is assumed, as each result lists it, and what is not counted."""
    rows = [
        (f"`{one['name']}`" if one["option"] else one["name"], f"{one['value']} {one['unit']}".strip(), one["basis"])
        for one in assumptions(ChipOptions())
    ]
    omitted = "\n".join(f"- **{name}**: {text}." for name, text in NOT_COUNTED.items())
    return f"{_table(('what', 'value', 'what it rests on'), rows)}\nNot counted:\n\n{omitted}\n"


def _of_module(name: str) -> str:
    return f"```{{eval-rst}}\n{inspect.getdoc(importlib.import_module(name))}\n```\n"


def program_file() -> str:
    """Return the format of programs."""
    return _of_module("neurosyn.formats.program_file")


def model_file() -> str:
    """Return the format of models."""
    return _of_module("neurosyn.model.model_file")


def errors() -> str:
    """Return the errors and their exit codes."""
    return _of_module("neurosyn.errors")


def plugin_door() -> str:
    """Return the classes and functions that plugins take from `neurosyn.plugins`."""
    return _documented("neurosyn.plugins", skip=("Field",))


def test_kit() -> str:
    """Return what plugin authors test with."""
    return _documented("neurosyn.testing")


def front_door() -> str:
    """Return what ``import neurosyn`` gives."""
    return _documented("neurosyn")


def _documented(module: str, skip: tuple[str, ...] = ()) -> str:
    door = importlib.import_module(module)
    parts = []
    for name in door.__all__:
        thing = getattr(door, name)
        if name in skip or name.startswith("__"):
            continue
        if inspect.isclass(thing):
            parts.append(f".. autoclass:: {module}.{name}\n   :members:\n")
        elif inspect.isroutine(thing):
            parts.append(f".. autofunction:: {module}.{name}\n")
    return "```{eval-rst}\n" + "\n".join(parts) + "```\n"


def _prose(text: str | None) -> str:
    """Turn a docstring into Markdown: numpydoc sections are for programmers, double backquotes for reST."""
    kept = re.split(r"\n\w[\w ]*\n-{3,}\n", inspect.cleandoc(text or ""))[0]
    return kept.replace("``", "`").replace("::\n", ":\n").strip()


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


_MAKERS = {
    maker.__name__: maker
    for maker in (
        commands,
        scenario,
        plugins,
        assumed,
        program_file,
        model_file,
        errors,
        front_door,
        plugin_door,
        test_kit,
    )
}


def _fill(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = _MARK.sub(lambda match: _MAKERS[match[1]](), source[0])


def _signature(_app: Sphinx, what: str, _name: str, thing: Any, *_rest: Any) -> tuple[str, None] | None:
    """Leave out what pydantic makes up for validated options: their fields are listed."""
    return ("", None) if what == "class" and isinstance(thing, type) and issubclass(thing, Options) else None


def _skip(_app: Sphinx, _what: str, name: str, _thing: Any, skip: bool, _options: Any) -> bool | None:
    """Leave out what pydantic and scikit-learn add to every class."""
    return True if re.match(r"model_|set_\w+_request$|get_metadata_routing$", name) else (skip or None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", _fill)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _skip)
    return {"version": "1", "parallel_read_safe": True}
