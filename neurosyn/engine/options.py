"""What a scenario may say about the simulation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from neurosyn.options import Options

__all__ = ["SimulateOptions", "Timing"]

Timing = Literal["compiled", "simpy", "none"]
"""``simpy``: every packet hop is an event of the reference; ``compiled``: the same times from compiled code; ``none``:
function and event counts only."""

_PS_PER_US = 1_000_000


def _auto_or_time(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        # One message in place of one for each member of the union.
        raise ValueError('must be "auto" or a time in µs from 0.000001 to 1,000,000') from None


class SimulateOptions(Options):
    """How the program is simulated (table ``[simulate]``)."""

    timing: Timing = Field(
        default="simpy",
        description="simpy: every packet hop of the timed frames; compiled: the same, fast; "
        "none: function and event counts",
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
    timed_frames: int = Field(
        default=2, ge=1, description="ticks that are timed once the pipeline is full; a frame enters at each"
    )
    backend: Literal["auto", "numpy", "numba", "cupy"] = Field(
        default="auto",
        description="what integrates the crossbars; the results are the same. auto: cupy on a CUDA device, else numba",
    )

    @property
    def tick_ps(self) -> int | None:
        """The tick period in picoseconds; None for auto."""
        return None if self.tick == "auto" else round(self.tick * _PS_PER_US)
