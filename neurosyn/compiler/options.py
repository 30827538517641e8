"""Options of the compiler."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.options import Options

__all__ = ["CompileOptions"]


class CompileOptions(Options):
    """Options of the compiler (table ``[compile]``)."""

    axons: int = Field(
        default=TRUENORTH.core.axons,
        ge=2,
        le=65_535,
        description="axons of a core, in place of `chip.description.core.axons`; in a scenario it changes that",
    )
    neurons: int = Field(
        default=TRUENORTH.core.neurons,
        ge=2,
        le=65_535,
        description="neurons of a core, in place of `chip.description.core.neurons`; in a scenario it changes that",
    )
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
    complement: bool = Field(
        default=True,
        description="whether filters that spike in more than half of the ticks are replaced by their complements: the "
        "outputs are the same, with fewer spikes",
    )
    published_cores: int | None = Field(
        default=None, ge=1, description="number of cores published for this network, for comparison"
    )
    activity: float = Field(
        default=0.5, ge=0, le=1, description="expected spikes of a neuron per tick where training recorded no activity"
    )

    def for_chip(self, chip: ChipDescription) -> Self:
        """Return the options for the cores of a chip."""
        return self.model_copy(update={"axons": chip.core.axons, "neurons": chip.core.neurons})

    def to_table(self) -> dict[str, Any]:
        """Return the options as a TOML table, without the size of a core where it is the chip's."""
        sizes = {"axons", "neurons"} - self.model_fields_set
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=sizes)
