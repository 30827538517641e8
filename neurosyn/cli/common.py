"""Options that every command has, those of plugins too.

``--quiet``, ``--verbose``, ``--log-file`` and ``--no-plugins-from-scenario``.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from neurosyn.cli.log import log_to_file, show_details
from neurosyn.scenario.plugin_files import NO_PLUGINS

__all__ = ["add_common_options"]


def add_common_options(command: Any) -> None:
    """Add the common options to a command, or to every command of a group, unless it has them."""
    below = getattr(command, "commands", None)
    if below is not None:
        for other in below.values():
            add_common_options(other)
        return
    present = {name for parameter in command.params for name in parameter.opts}
    command.params += [option for option in _common_options() if not present.intersection(option.opts)]


def _show(value: bool) -> None:
    if value:
        show_details()


def _log(value: Path | None) -> None:
    if value is not None:
        log_to_file(value)


def _refuse_plugins(value: bool) -> None:
    if value:
        os.environ[NO_PLUGINS] = "1"


@cache
def _common_options() -> tuple[Any, ...]:
    """Return the options, made by Typer since their classes change between its releases."""

    def common(
        quiet: Annotated[
            bool, typer.Option("--quiet", "-q", help="No progress on stderr.", expose_value=False)
        ] = False,
        verbose: Annotated[
            bool,
            typer.Option(
                "--verbose", "-v", help="Show details on stderr.", expose_value=False, is_eager=True, callback=_show
            ),
        ] = False,
        log_file: Annotated[
            Path | None,
            typer.Option(
                "--log-file",
                metavar="FILE",
                help="Append every step, with its time, to FILE.",
                expose_value=False,
                is_eager=True,
                callback=_log,
            ),
        ] = None,
        no_plugins: Annotated[
            bool,
            typer.Option(
                "--no-plugins-from-scenario",
                help="Refuse scenarios that name Python files, which would be run.",
                envvar=NO_PLUGINS,
                expose_value=False,
                is_eager=True,
                callback=_refuse_plugins,
            ),
        ] = False,
    ) -> None:
        pass

    maker = typer.Typer(add_completion=False)
    maker.command()(common)
    options = typer.main.get_command(maker).params
    return tuple(option for option in options if "--help" not in option.opts)
