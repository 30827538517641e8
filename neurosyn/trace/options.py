"""What a scenario may say about the trace."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurosyn.options import Options

__all__ = ["TraceLevel", "TraceOptions"]

TraceLevel = Literal["auto", "summary", "tick", "spike", "packet"]


class TraceOptions(Options):
    """How much of a run is recorded (table ``[trace]``)."""

    level: TraceLevel = Field(
        default="auto",
        description="summary: per core, link and layer; tick: and per tick; spike: and each spike; packet: and each "
        "packet of the ticks that were timed; auto: packet for ticks that were timed as far as max_rows, else tick",
    )
    max_rows: int = Field(
        default=2_000_000, ge=0, description="auto: spikes and packets after which those of further ticks are left out"
    )
    compression_level: int = Field(default=3, ge=1, le=19, description="zstd: 1 is fastest, 19 smallest")
    row_group: int = Field(
        default=262_144, ge=1_024, le=16_777_216, description="rows held in memory before they are written"
    )

    def keeps_ticks(self) -> bool:
        """Whether there is a row for each tick."""
        return self.level != "summary"

    def keeps_spikes(self, timed: bool, rows: int) -> bool:
        """Whether the spikes of a tick are kept if so many spikes and packets have been."""
        return self.level in ("spike", "packet") or self._has_room(timed, rows)

    def keeps_packets(self, timed: bool, rows: int) -> bool:
        """Whether the packets of a tick are kept; a tick without timing has none to keep."""
        return self._has_room(timed, rows) or (timed and self.level == "packet")

    def _has_room(self, timed: bool, rows: int) -> bool:
        return self.level == "auto" and timed and rows < self.max_rows
