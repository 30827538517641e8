"""The commands with their arguments and options, from the command line itself."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import typer.main

from docs.extensions.markdown import summary, table

__all__ = ["commands"]


def commands() -> str:
    """Return every command with its arguments and options."""
    from neurosyn.cli.app import app

    return "\n".join(_command("neurosyn", typer.main.get_command(app)))


def _command(path: str, command: Any) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children is None:
        positional = [p for p in command.params if p.param_type_name == "argument"]
        words = " ".join(_argument(p) for p in positional)
        yield f"## `{path}`\n\n{summary(command.help)}\n\n```text\n{path} [OPTIONS] {words}".rstrip() + "\n```\n"
        rows = [(_argument(p), getattr(p, "help", None) or "") for p in positional]
        rows += [(_option(p), _help(p)) for p in command.params if p.param_type_name == "option"]
        if rows:
            yield table(("argument or option", "meaning"), [(f"`{name}`", text) for name, text in rows])
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
