"""What a scenario may say about compiling."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurosyn.options import Options

__all__ = ["CompileOptions"]


class CompileOptions(Options):
    """How a network becomes cores (table ``[compile]``)."""

    axons: int = Field(default=256, ge=2, le=65_536, description="axons of a core; 256 on TrueNorth")
    neurons: int = Field(default=256, ge=2, le=65_536, description="neurons of a core; 256 on TrueNorth")
    copies: Literal["uniform", "exact"] = Field(
        default="uniform",
        description="neuron copies of a feature: 'uniform' gives every position as many as the busiest one needs, so "
        "that all cores of a group are alike; 'exact' leaves out copies that no core would listen to",
    )
    pack: Literal["plain", "tight"] = Field(
        default="plain",
        description="'plain': all cores of a layer alike, as IBM's are; 'tight': fewer cores, of any shape, with exact "
        "copies",
    )
    published_cores: int | None = Field(
        default=None, ge=1, description="cores that a publication reports for this network, for comparison"
    )
    activity: float = Field(
        default=0.5, ge=0, le=1, description="spikes a tick to expect where training recorded no activity"
    )
