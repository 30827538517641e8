"""Progress of a run on stderr: its stages, their progress and their duration."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["StageProgress"]

_LOG = logging.getLogger("neurosyn.support.progress")
_PLAIN_INTERVAL_S = 10.0
"""Interval of progress lines without a terminal, in seconds."""
_FIRST_S = 2.0
"""Time from a stage's beginning to its first progress line, in seconds."""


class StageProgress:
    """Stages of a run on stderr: bars on a terminal, lines elsewhere.

    Parameters
    ----------
    stages
        Number of stages.
    quiet
        Print nothing.
    stream
        Output stream; stderr by default.
    """

    def __init__(self, stages: int, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stages = stages
        self._number = 0
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._printed = 0.0
        self._done: int | None = None
        self._from = (0, 0.0)

    def __enter__(self) -> Self:
        if not self._quiet and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.fields[note]}"),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
                console=Console(file=self._stream),
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def line(self, text: str) -> None:
        """Print a line above the bars."""
        _LOG.info("%s", text)
        if self._quiet:
            return
        try:
            if self._bars is not None:
                self._bars.console.print(text, highlight=False, markup=False)
            else:
                print(text, file=self._stream, flush=True)
        except OSError:
            # The reader of the stream is gone (`2>&1 | head`); the run continues silently.
            self._quiet = True

    def again(self, stages: int) -> Self:
        """Restart the numbering of stages, for the next of several runs."""
        self._stages, self._number = stages, 0
        return self

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """Show a stage while the block runs; the texts appended to the yielded list are printed at its end."""
        self._number += 1
        self._name = name
        began = time.monotonic()
        self._printed = began + _FIRST_S - _PLAIN_INTERVAL_S
        self._done = None
        head = f"[{self._number}/{self._stages}] {name:<9}"
        _LOG.debug("%s begins", name)
        if self._bars is not None:
            self._task = self._bars.add_task(head, total=None, note="", rate="")
        result: list[str] = []
        try:
            yield result
        finally:
            if self._bars is not None and self._task is not None:
                self._bars.remove_task(self._task)
                self._task = None
        self.line(f"{head} {'; '.join(result)}  ({time.monotonic() - began:.1f} s)")

    def update(self, done: int, total: int, note: str = "", seconds_left: float | None = None) -> None:
        """Show the progress of the current stage.

        The rate is taken from the first call on, so that one-time work before it, such as compiling, does not count.
        If `done` falls, a new part of the stage has begun and the rate starts again.

        Parameters
        ----------
        done, total
            Amount done so far, and amount in all.
        note
            The unit, or a remark.
        seconds_left
            Remaining time in seconds; None to extrapolate the rate.
        """
        if self._quiet:
            return
        now = time.monotonic()
        if self._done is None or done < self._done:
            self._from = (done, now)
        self._done = done
        first, since = self._from
        rate = (done - first) / (now - since) if done > first and now > since else None
        rate_text = "" if rate is None else _rate_text(rate)
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=done, total=total, note=note, rate=rate_text)
            return
        if now - self._printed >= _PLAIN_INTERVAL_S and done:
            self._printed = now
            left = (total - done) / rate if seconds_left is None and rate is not None else seconds_left
            left_text = "" if left is None else f"about {_duration(left)} left"
            words = [f"      {self._name}: {done:,} of {total:,} {note}", rate_text, left_text]
            self.line(", ".join(word for word in words if word))


def _rate_text(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s" if rate >= 0.1 else f"{_duration(1 / rate)} each"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, hours = round(seconds / 60), int(seconds // 3600)
    return f"{minutes} min" if not hours else f"{hours} h {round(seconds / 60) % 60} min"
