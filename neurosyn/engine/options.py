"""Options of the simulation (table ``[simulate]`` of a scenario)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from neurosyn.options import Options

__all__ = ["SimulateOptions", "TimingName"]

TimingName = Literal["compiled", "simpy", "none"]
"""``simpy``: every packet hop is an event of the reference; ``compiled``: the same times from compiled code; ``none``:
function and event counts only."""

_PS_PER_US = 1_000_000
_FRAMES_IN_SIMPY = 2
"""Frames that SimPy times by default: each tick takes seconds on a full chip."""


def _auto_or_time(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        # One message in place of one for each member of the union.
        raise ValueError('must be "auto" or a time in µs from 0.000001 to 1,000,000') from None


def _all_or_number(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        raise ValueError('must be "all" or a whole number from 1 on') from None


class SimulateOptions(Options):
    """How the program is simulated (table ``[simulate]``)."""

    timing: TimingName = Field(
        default="compiled",
        description="compiled: the time of every packet hop; simpy: the same by SimPy, the readable reference, "
        "hundreds of times slower; none: function and event counts",
    )
    tick: Annotated[
        Literal["auto"] | Annotated[float, Field(ge=1e-6, le=1e6)],
        WrapValidator(_auto_or_time),
    ] = Field(
        default="auto",
        description="tick period in µs; auto: the shortest with no late packet and no core that overruns, "
        "as far as the timed frames show",
    )
    frames: int | None = Field(default=None, ge=1, description="test frames to simulate; all if absent")
    timed_frames: Annotated[
        Literal["all"] | Annotated[int, Field(ge=1)] | None,
        WrapValidator(_all_or_number),
    ] = Field(
        default=None,
        description='frames whose ticks are timed once the pipeline is full: so many, or "all"; by default all with '
        "compiled timing, else 2",
    )
    backend: Literal["auto", "numpy", "numba", "cupy"] = Field(
        default="auto",
        description="what integrates the crossbars; the results are the same. auto: cupy on a CUDA device, else numba",
    )

    @property
    def tick_ps(self) -> int | None:
        """The tick period in picoseconds; None for auto."""
        return None if self.tick == "auto" else round(self.tick * _PS_PER_US)

    def frames_to_time(self, frames: int) -> int:
        """Return the number of frames that are timed, out of `frames`."""
        if self.timed_frames is not None:
            return frames if self.timed_frames == "all" else self.timed_frames
        return frames if self.timing == "compiled" else _FRAMES_IN_SIMPY
