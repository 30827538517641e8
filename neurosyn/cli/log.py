"""Log of a command's steps with their times, for ``--verbose`` and ``--log-file``."""

from __future__ import annotations

import contextlib
import logging
import platform
import shlex
import sys
from pathlib import Path

__all__ = ["LOG", "end_log", "log_to_file", "show_details"]

LOG = logging.getLogger("neurosyn")
# Without a handler, Python would print the warnings itself.
LOG.addHandler(logging.NullHandler())


class _FileHandler(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore the error: the run goes on without its log when the disk is full."""


class _DetailHandler(logging.StreamHandler):  # type: ignore[type-arg]
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore the error: the run goes on when stderr is closed."""


def log_to_file(path: Path) -> None:
    """Append every further step to a file.

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
    """Show debug messages on stderr, which are only logged by default."""
    handler = _DetailHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("neurosyn: %(message)s"))
    handler.addFilter(lambda record: record.levelno == logging.DEBUG)
    _add(handler)


def end_log(code: int) -> None:
    """Log the exit code, and close the log file."""
    LOG.info("ended with code %d", code)
    for handler in [handler for handler in LOG.handlers if not isinstance(handler, logging.NullHandler)]:
        LOG.removeHandler(handler)
        # A log on a full disk is no reason to end the run with an error.
        with contextlib.suppress(OSError):
            handler.close()


def _add(handler: logging.Handler) -> None:
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
