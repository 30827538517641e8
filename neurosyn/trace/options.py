"""Options of the trace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from neurosyn.options import Options

__all__ = ["TraceLevel", "TraceOptions"]

TraceLevel = Literal["auto", "summary", "tick", "spike", "packet"]
_Number = Annotated[int, Field(ge=0)]


class TraceOptions(Options):
    """Amount that is recorded of a run (table ``[trace]``).

    Windows, cores and layers choose among the rows of ``spikes``, ``packets`` and ``core_ticks``; the other tables
    always cover everything, so that their sums are those of the run.
    """

    level: TraceLevel = Field(
        default="auto",
        description="summary: per core, link and layer; tick: and per tick; spike: and each spike, and each core in "
        "each tick; packet: and each packet of the ticks that were timed; auto: packet for ticks that were timed as "
        "far as max_rows, else tick",
    )
    ticks: tuple[tuple[_Number, _Number], ...] | None = Field(
        default=None,
        description="windows of ticks, each [first, last], whose spikes, packets and cores are kept; all if absent",
    )
    cores: tuple[_Number, ...] | None = Field(
        default=None,
        description="cores whose spikes and packets, sent or received, are kept; with layers, all if absent",
    )
    layers: tuple[str, ...] | None = Field(
        default=None, description="layers whose cores are chosen, too, by their names in the layer table"
    )
    max_rows: int = Field(
        default=2_000_000, ge=0, description="auto: spikes and packets after which those of further ticks are left out"
    )
    compression_level: int = Field(default=3, ge=1, le=19, description="zstd: 1 is fastest, 19 smallest")
    row_group: int = Field(
        default=262_144, ge=1_024, le=16_777_216, description="rows held in memory before they are written"
    )

    @model_validator(mode="after")
    def _windows_end_after_they_begin(self) -> TraceOptions:
        for first, last in self.ticks or ():
            if last < first:
                raise ValueError(f"ticks: the window [{first}, {last}] ends before it begins")
        return self

    def in_window(self, tick: int) -> bool:
        """Whether a tick lies in one of the windows."""
        return self.ticks is None or any(first <= tick <= last for first, last in self.ticks)

    def keeps_ticks(self) -> bool:
        """Whether there is a row for each tick."""
        return self.level != "summary"

    def keeps_spikes(self, timed: bool, rows: int) -> bool:
        """Whether the spikes of a tick are kept when `rows` spikes and packets have been kept before."""
        return self.level in ("spike", "packet") or self._has_room(timed, rows)

    def keeps_packets(self, timed: bool, rows: int) -> bool:
        """Whether the packets of a tick are kept when `rows` have been before; a tick without timing has none."""
        return self._has_room(timed, rows) or (timed and self.level == "packet")

    def keeps_core_ticks(self, timed: bool, rows: int) -> bool:
        """Whether the rows of a tick's cores are kept when `rows` of them have been kept before."""
        return self.level in ("spike", "packet") or self._has_room(timed, rows)

    def _has_room(self, timed: bool, rows: int) -> bool:
        return self.level == "auto" and timed and rows < self.max_rows
