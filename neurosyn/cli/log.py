"""What ``--verbose`` shows and ``--log-file`` keeps: every step of a command, with its time."""

from __future__ import annotations

import contextlib
import logging
import platform
import shlex
import sys
from pathlib import Path

__all__ = ["LOG", "end_log", "log_to_file", "show_details"]

LOG = logging.getLogger("neurosyn")
# Else Python would print warnings that nobody asked to log.
LOG.addHandler(logging.NullHandler())


class _FileHandler(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Leave the run alone: a full disk is no reason to end it."""


class _DetailHandler(logging.StreamHandler):  # type: ignore[type-arg]
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Leave the run alone: nobody reads stderr any more."""


def log_to_file(path: Path) -> None:
    """Append everything that happens from now on to a file.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    handler = _FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    _add(handler)
    from neurosyn.version import __version__

    LOG.info("neurosyn %s, Python %s, %s", __version__, platform.python_version(), platform.platform())
    LOG.info("in %s: neurosyn %s", Path.cwd(), shlex.join(sys.argv[1:]))


def show_details() -> None:
    """Show on stderr what is only logged otherwise; the rest is there anyway."""
    handler = _DetailHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("neurosyn: %(message)s"))
    handler.addFilter(lambda record: record.levelno == logging.DEBUG)
    _add(handler)


def end_log(code: int) -> None:
    """Say how the command ended, and close what was opened."""
    LOG.info("ended with code %d", code)
    for handler in [handler for handler in LOG.handlers if not isinstance(handler, logging.NullHandler)]:
        LOG.removeHandler(handler)
        # A log on a full disk is no reason to end the run with an error.
        with contextlib.suppress(OSError):
            handler.close()


def _add(handler: logging.Handler) -> None:
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
