"""Options of an import: what NIR does not say, and how numbers become those of the chip."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurosyn.options import Options

__all__ = ["Bits", "Fire", "ImportOptions", "Reset"]

Bits = Literal["auto", "trinary", "3bit", "4bit"]
Reset = Literal["subtract", "zero", "late"]
Fire = Literal["gt", "ge"]


class ImportOptions(Options):
    """How a NIR graph is understood and mapped."""

    dt: float | None = Field(
        default=None,
        gt=0,
        description="time of a step in seconds; if absent, the one with which weights count as they stand",
    )
    reset: Reset = Field(
        default="zero",
        description="after a spike: zero sets v_reset, subtract subtracts the threshold, late does so one step later",
    )
    fire: Fire = Field(default="gt", description="a neuron fires at v > threshold (gt) or v >= threshold (ge)")
    bits: Bits = Field(
        default="auto",
        description="axons for each input: trinary 2, 3bit 3, 4bit 4; auto takes as many as a core has room for",
    )
    split: bool = Field(
        default=True, description="split a fan-in above a core's among partial-sum relays; else it is refused"
    )
