"""Exceptions of neurosyn and their exit codes.

::

    NeurosynError            1  a bug, or anything without a better class
    ├── ScenarioError        2  the scenario or the command's options
    ├── PluginError          3  a plugin is missing, broken or does not conform
    ├── ChipLimitError       4  the network does not fit the chip
    ├── DataError            5  data, model, program or trace files; the file system
    │   └── FolderInUseError 5  a folder that another process is working in
    ├── BackendError         6  a compute backend
    │   └── ForkedError      6  one that a forked process cannot use
    └── InterruptedRunError 130  Ctrl-C, SIGTERM; the message says whether the command resumes

Messages read ``where: what is wrong; what to do``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BackendError",
    "ChipLimitError",
    "DataError",
    "FolderInUseError",
    "ForkedError",
    "InterruptedRunError",
    "NeurosynError",
    "PluginError",
    "ScenarioError",
    "did_you_mean",
]


class NeurosynError(Exception):
    """Base class of errors that are shown to the user without a traceback."""

    exit_code = 1


class ScenarioError(NeurosynError):
    """The scenario file or an option on the command line is wrong."""

    exit_code = 2


class PluginError(NeurosynError):
    """A plugin is missing, cannot be imported or breaks its contract."""

    exit_code = 3


class ChipLimitError(NeurosynError):
    """A network or program exceeds a limit of the chip; the message gives layer, limit, value and remedy."""

    exit_code = 4


class DataError(NeurosynError):
    """A data set, model, program, spike or trace file is missing, damaged or inconsistent."""

    exit_code = 5


class FolderInUseError(DataError):
    """Another process is working in the folder of a run, a trace or a sweep."""


class BackendError(NeurosynError):
    """The requested compute backend is not available on this machine."""

    exit_code = 6


class ForkedError(BackendError):
    """The backend cannot be used in this process, which was forked from one that has used it."""


class InterruptedRunError(NeurosynError):
    """A command was stopped by Ctrl-C (128 + SIGINT) or SIGTERM.

    Parameters
    ----------
    resumes
        Whether the same command goes on where this one stopped.
    """

    exit_code = 130

    def __init__(self, *, resumes: bool = False) -> None:
        continues = "the same command continues after the last finished stage or checkpoint"
        begins = "nothing half-written is left, and the same command starts from the beginning"
        super().__init__(f"interrupted; {continues if resumes else begins}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known word nearest to `word`, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
