"""Texts of the terminal: plain words, without the marks of the documentation's markup."""

import re

import pytest
import typer.main

from neurosyn.cli.app import app
from neurosyn.cli.output import plain
from neurosyn.registry import registry

MARKUP = re.compile(r"``|::|\.\. \w+|:\w+:`|`_")


def commands(path, command):
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
    for name, child in (children or {}).items():
        yield from commands(f"{path} {name}", child)


COMMANDS = dict(commands("neurosyn", typer.main.get_command(app)))


def test_the_marks_of_markup_are_found_and_removed():
    text = """Weights of ``conv2d``, as::

        a = b

    with ``two
    lines``."""
    assert MARKUP.search(text)
    assert plain(text) == "Weights of `conv2d`, as:\n\n    a = b\n\nwith `two\nlines`."
    assert plain("Text\n\n::\n\n  code") == "Text\n\n\n\n  code"
    assert plain(None) == ""


@pytest.mark.parametrize("path", COMMANDS)
def test_help_has_no_markup(path):
    command = COMMANDS[path]
    texts = [command.help or "", *(getattr(parameter, "help", None) or "" for parameter in command.params)]
    assert texts[0]
    assert [text for text in texts if MARKUP.search(text)] == []


def test_plugins_are_described_without_markup(neurosyn):
    listed = neurosyn("plugins", "list").out
    assert "conv2d" in listed
    assert not MARKUP.search(listed)
    for entry in registry:
        if entry.origin == "neurosyn":
            shown = neurosyn("plugins", "show", entry.group, entry.name).out
            assert entry.name in shown
            assert not MARKUP.search(shown), shown
