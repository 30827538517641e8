"""Options of a scenario that are given and have no effect in a run."""

from __future__ import annotations

from collections.abc import Iterable

from neurosyn.chip.options import TIMES, ChipOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.options import Options
from neurosyn.trace.options import TraceOptions

__all__ = ["unused_options"]

_TIMES = (*TIMES, "fifo_depth")
_NOT_TIMED = "nothing was timed"


def unused_options(chip: ChipOptions, simulate: SimulateOptions, trace: TraceOptions | None) -> dict[str, str]:
    """Return the options without effect whose values are not the defaults, each with the reason.

    Parameters
    ----------
    chip, simulate
        The options of a run.
    trace
        Those of its trace; None without one.
    """
    timed = simulate.timing != "none"
    unused: dict[str, str] = {}
    if not timed:
        unused |= dict.fromkeys(_changed("chip", chip, _TIMES), _NOT_TIMED)
        unused |= dict.fromkeys(_changed("simulate", simulate, ("timed_frames",)), _NOT_TIMED)
    if trace is None:
        return unused
    chooses = ("ticks", "cores", "layers")
    if trace.level in ("summary", "tick"):
        unused |= dict.fromkeys(_changed("trace", trace, chooses), f"level {trace.level} has no such rows")
    elif trace.level == "auto" and not timed:
        reason = f"level auto keeps rows of timed ticks, and {_NOT_TIMED}"
        unused |= dict.fromkeys(_changed("trace", trace, chooses), reason)
    if trace.level != "auto" or not timed:
        reason = "it limits timed ticks at level auto"
        unused |= dict.fromkeys(_changed("trace", trace, ("max_rows",)), reason)
    return unused


def _changed(table: str, options: Options, names: Iterable[str]) -> list[str]:
    # Of a chip, the defaults are those of its description.
    defaults = ChipOptions(description=options.description) if isinstance(options, ChipOptions) else type(options)()
    return [f"{table}.{name}" for name in names if getattr(options, name) != getattr(defaults, name)]
