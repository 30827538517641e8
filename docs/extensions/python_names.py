"""The classes and functions of a public module, from their signatures and docstrings."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

from docs.extensions.markdown import docstring
from docs.extensions.options import option_table
from neurosyn.options import Options

__all__ = ["module_docstring", "names", "submodules"]

_WIDTH = 90
_GENERATED = re.compile(r"_|model_|set_\w+_request$|get_metadata_routing$")
"""Members that pydantic and scikit-learn add to every class."""


def module_docstring(module: str) -> str:
    """Return the docstring of a module."""
    return docstring(importlib.import_module(module).__doc__) + "\n"


def submodules(package: str, skip: tuple[str, ...] = ()) -> str:
    """Return the submodules of a package, each with the classes and functions that it exports."""
    parts = []
    for entry in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        exported = ", ".join(f"`{name}`" for name in importlib.import_module(entry.name).__all__)
        parts.append(f"### `{entry.name}`\n\n{module_docstring(entry.name)}\nNames: {exported}.\n")
        parts.append(names(entry.name, skip=skip, level=4))
    return "\n".join(parts)


def names(module: str, *chosen: str, skip: tuple[str, ...] = (), level: int = 3) -> str:
    """Return the classes and functions that a module exports, or the chosen ones, under headings of a level."""
    door = importlib.import_module(module)
    parts: list[str] = []
    for name in chosen or door.__all__:
        value = getattr(door, name)
        if name in skip or name.startswith("__"):
            continue
        if inspect.isclass(value):
            parts += _class(name, value, "#" * level)
        elif inspect.isroutine(value):
            parts.append(f"{'#' * level} `{name}`\n\n{_call(name, value)}\n{docstring(value.__doc__)}\n")
    return "\n".join(parts)


def _class(name: str, cls: type[Any], mark: str) -> Iterator[str]:
    fields = issubclass(cls, Options)
    signature = "" if fields or issubclass(cls, Exception) else _call(name, cls) + "\n"
    yield f"{mark} `{name}`\n\n{signature}{docstring(cls.__doc__)}\n"
    if fields and cls.__annotations__ and cls.model_json_schema().get("properties"):
        yield option_table(cls)
    described = set(re.findall(r"^- `([\w, `]+)`", docstring(cls.__doc__), re.MULTILINE))
    members = {key: value for key, value in vars(cls).items() if not _GENERATED.match(key) and key not in described}
    properties = [
        f"- `{key}`{_returned(value)}: {_line(value)}" for key, value in members.items() if _is_property(value)
    ]
    if properties:
        yield "**Properties**\n\n" + "\n".join(properties) + "\n"
    for key, value in members.items():
        function = inspect.unwrap(getattr(cls, key)) if callable(getattr(cls, key, None)) else None
        if (
            inspect.isroutine(function)
            and isinstance(value, classmethod | staticmethod | type(_class))
            and function.__doc__
        ):
            yield f"{mark}# `{name}.{key}`\n\n{_call(key, getattr(cls, key))}\n{docstring(function.__doc__)}\n"


def _is_property(value: Any) -> bool:
    return isinstance(value, property | functools.cached_property)


def _line(value: Any) -> str:
    """Return a property's docstring in one line."""
    return " ".join(docstring(value.__doc__).replace("**Raises**\n\n-", "Raises").split())


def _returned(value: Any) -> str:
    getter = getattr(value, "fget", None) or value.func
    return f" (`{_annotation(inspect.signature(getter).return_annotation)}`)"


def _call(name: str, function: Any) -> str:
    """Return a signature as a block, one parameter a line where it is long."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        return ""
    words, separated = [], False
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not separated:
            words.append("*")
        separated |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        words.append(_parameter(parameter))
    arrow = signature.return_annotation
    returned = "" if inspect.isclass(function) or arrow is signature.empty else f" -> {_annotation(arrow)}"
    line = f"{name}({', '.join(words)}){returned}"
    if len(line) > _WIDTH:
        line = f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){returned}"
    return f"```py\n{line}\n```\n"


def _parameter(parameter: inspect.Parameter) -> str:
    star = (
        "*" if parameter.kind is parameter.VAR_POSITIONAL else "**" if parameter.kind is parameter.VAR_KEYWORD else ""
    )
    text = star + parameter.name
    if parameter.annotation is not parameter.empty:
        text += f": {_annotation(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        default = parameter.default
        written = "..." if callable(default) or repr(default).startswith("<") else repr(default)
        text += f" = {written}" if ":" in text else f"={written}"
    return text


def _annotation(annotation: Any) -> str:
    """Return an annotation as it is written in the source, without the modules' names."""
    text = annotation if isinstance(annotation, str) else str(inspect.formatannotation(annotation))
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text)
