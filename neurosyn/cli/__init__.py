"""The command line.

stdout is for results, stderr for people; exit codes are those of `neurosyn.errors`.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Run the command line, turn errors for people into a line on stderr and the right exit code."""
    from neurosyn.cli.app import app
    from neurosyn.errors import EXIT_INTERRUPTED, NeurosynError

    warnings.showwarning = _show_warning
    show_traceback = "--traceback" in sys.argv
    try:
        app(prog_name="neurosyn", standalone_mode=False, args=[a for a in sys.argv[1:] if a != "--traceback"])
    except NeurosynError as error:
        if show_traceback:
            raise
        _say(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from the last stage or checkpoint that was finished")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has had enough (`neurosyn … | head`).
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        _exit_as_click(error)
        if show_traceback:
            raise
        _say(f"internal error: {type(error).__name__}: {error}; run again with --traceback and report it")
        sys.exit(1)


def _exit_as_click(error: Any) -> None:
    """End as Click would if `error` is one of its own: wrong usage, ``--help``, an abort.

    Told by name, since some releases of Typer bring a Click of their own.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if "Exit" in names:
        sys.exit(error.exit_code)
    if "ClickException" in names:
        error.show(file=sys.stderr)
        sys.exit(error.exit_code)
    if "Abort" in names:
        _say("interrupted")
        sys.exit(130)


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"neurosyn: {line}", file=sys.stderr)  # noqa: T201


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    _say(f"warning: {message}")
