"""The command line.

stdout is for results, stderr for people; exit codes are those of `neurosyn.errors`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from neurosyn.cli.log import LOG, end_log
from neurosyn.cli.streams import prepare_streams

if TYPE_CHECKING:
    from neurosyn.errors import NeurosynError

__all__ = ["main"]

_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room and repeat the command"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "change its permissions or choose another place"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG), "check the path"),
}


def main() -> None:
    """Run the command line; turn errors into a line on stderr and the right exit code."""
    prepare_streams()
    # Figures are drawn to files; a backend that the environment names for windows may not exist here.
    os.environ["MPLBACKEND"] = "agg"
    warnings.showwarning = _show_warning
    code = 0
    try:
        _run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        raise
    finally:
        end_log(code)


def _run() -> None:
    from neurosyn.errors import DataError, InterruptedRunError, NeurosynError, ScenarioError

    arguments = [argument for argument in sys.argv[1:] if argument != "--traceback"]
    try:
        with _termination_interrupts():
            _call(arguments)
    except KeyboardInterrupt as error:
        _exit(InterruptedRunError(), error)
    except BrokenPipeError:
        # The reader of a pipe has had enough (`neurosyn … | head`).
        _leave(0)
    except NeurosynError as error:
        _exit(error)
    except UnicodeEncodeError as error:
        _exit(ScenarioError(f"a path is not UTF-8 text ({error}); rename the folder or file"), error)
    except OSError as error:
        _exit(DataError(_explain(error)), error)
    except MemoryError as error:
        _exit(NeurosynError("out of memory; simulate fewer frames, use a smaller batch or free some"), error)
    except Exception as error:
        _exit_as_click(error)
        _exit(NeurosynError(f"internal error: {type(error).__name__}: {error}; report it with --traceback"), error)


def _call(arguments: list[str]) -> None:
    from neurosyn.cli.app import app
    from neurosyn.errors import ScenarioError

    for argument in arguments:
        # Python has surrogates in place of such bytes; the run's files, which hold paths and values, are UTF-8.
        if any("\ud800" <= character <= "\udfff" for character in argument):
            raise ScenarioError(f"{argument!r}: is not UTF-8 text; rename the file or folder, or correct the value")
    code = app(prog_name="neurosyn", standalone_mode=False, args=arguments)
    # A full disk behind a redirection is noticed here, not when Python ends.
    sys.stdout.flush()
    if isinstance(code, int):
        sys.exit(code)


@contextlib.contextmanager
def _termination_interrupts() -> Iterator[None]:
    """Let SIGTERM and a lost terminal do what Ctrl-C does: the work stops where it can be resumed."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # a job in the background ignores Ctrl-C, but not this
            raise KeyboardInterrupt
        handler(number, frame)

    def repeat(lost: sys.UnraisableHookArgs) -> None:
        """Repeat an interruption that fell into a finaliser or a callback from C, where Python drops what is raised."""
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            hook(lost)
            return
        number = signal.SIGTERM if signal.SIGTERM in previous else signal.SIGINT
        # A little later: what is raised in here is dropped, too.
        timer = threading.Timer(0.01, signal.pthread_kill, (threading.main_thread().ident, number))
        timer.daemon = True
        timers.append(timer)
        timer.start()

    previous: dict[int, Any] = {}
    timers: list[threading.Timer] = []
    hook = sys.unraisablehook
    if threading.current_thread() is threading.main_thread():
        sys.unraisablehook = repeat
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # `nohup` ignores SIGHUP; that stays.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                previous[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        if sys.unraisablehook is repeat:
            sys.unraisablehook = hook
        # A later signal would interrupt the caller, not the work.
        for timer in timers:
            timer.cancel()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _exit(error: NeurosynError, cause: BaseException | None = None) -> None:
    """End with the line and the exit code of an error; with ``--traceback``, show where it arose."""
    if "--traceback" in sys.argv:
        import traceback

        traceback.print_exception(cause or error)
    LOG.error("%s", error, exc_info=cause or error)
    _say(str(error))
    _leave(error.exit_code)


def _leave(code: int) -> None:
    try:
        sys.stdout.flush()
    except OSError:
        # Else Python would try once more when it ends, and complain.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _explain(error: OSError) -> str:
    """Return the file, the system's message and the remedy."""
    where = error.filename2 or error.filename
    message = error.strerror or str(error)
    remedy = _REMEDIES.get(error.errno or 0)
    parts = [
        f"{os.fsdecode(where)}: " if isinstance(where, (str, bytes)) else "",
        message,
        f"; {remedy}" if remedy else "",
    ]
    return "".join(parts)


def _exit_as_click(error: Any) -> None:
    """End as Click would if `error` is one of its own: wrong usage, ``--help``, an abort.

    Recognised by name, since some releases of Typer include a copy of Click.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if "Exit" in names:
        sys.exit(error.exit_code)
    if "ClickException" in names:
        error.show(file=sys.stderr)
        sys.exit(error.exit_code)
    if "Abort" in names:
        _say("no answer on stdin")
        sys.exit(1)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        for line in text.splitlines():
            print(f"neurosyn: {line}", file=sys.stderr)  # noqa: T201


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    LOG.warning("%s", message)
    _say(f"warning: {message}")
