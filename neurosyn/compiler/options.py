"""Options of the compiler."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurosyn.options import Options

__all__ = ["CompileOptions"]


class CompileOptions(Options):
    """Options of the compiler (table ``[compile]``)."""

    axons: int = Field(default=256, ge=2, le=65_536, description="axons of a core; 256 on TrueNorth")
    neurons: int = Field(default=256, ge=2, le=65_536, description="neurons of a core; 256 on TrueNorth")
    copies: Literal["uniform", "exact"] = Field(
        default="uniform",
        description="neuron copies of a feature: 'uniform' gives every position the number that the busiest one needs, "
        "so that all cores of a group are alike; 'exact' leaves out copies without a destination",
    )
    pack: Literal["plain", "tight"] = Field(
        default="plain",
        description="'plain': all cores of a layer have the same shape, as IBM's; 'tight': fewer cores, of different "
        "shapes, with exact copies",
    )
    published_cores: int | None = Field(
        default=None, ge=1, description="number of cores published for this network, for comparison"
    )
    activity: float = Field(
        default=0.5, ge=0, le=1, description="expected spikes of a neuron per tick where training recorded no activity"
    )
