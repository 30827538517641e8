"""Options of the chip (table ``[chip]`` of a scenario): the board, the voltage and every assumed time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neurosyn.chip.mesh import Board, HostPorts, Mesh, Side
from neurosyn.options import Options

__all__ = ["ASSUMED", "NOMINAL_TICK_PS", "ChipOptions"]

NOMINAL_TICK_PS = 1_000_000_000
"""1 ms: the tick that speed and power refer to where nothing was timed. [P] Merolla et al. 2014."""

_LONGEST_PS = 10_000_000_000
"""10 ms, ten of the chip's usual ticks: sums of such times over the packets of a run fit 64 bits."""
_Chips = Annotated[int, Field(ge=1, le=64)]
"""Chips along a side of the board: 64 × 64 of them have 16,777,216 cores."""


class ChipOptions(Options):
    """The board and its physical parameters (table ``[chip]``).

    Times are integers in picoseconds. What is assumed rather than published is listed in `ASSUMED` and printed with
    every result.
    """

    chips: tuple[_Chips, _Chips] | None = Field(
        default=None, description="rows and columns of chips on the board; as few as the program needs if absent"
    )
    voltage: float = Field(default=1.0, ge=0.65, le=1.1, description="supply voltage in volts")
    neuron_time_ps: int = Field(
        default=186_000,
        ge=0,
        le=_LONGEST_PS,
        description="token controller: time per neuron; 47.6 µs ÷ 256 at the fastest tick shown",
    )
    synaptic_event_time_ps: int = Field(
        default=53_000,
        ge=0,
        le=_LONGEST_PS,
        description="token controller: time per synaptic event; fitted to published rates. 14320 is a published "
        "handshake interval",
    )
    hop_latency_ps: int = Field(
        default=7_160, ge=1, le=_LONGEST_PS, description="router: time from leaving one FIFO to being in the next"
    )
    link_cycle_ps: int = Field(
        default=7_160, ge=1, le=_LONGEST_PS, description="router: time between two packets on one link"
    )
    fifo_depth: int = Field(default=4, ge=1, le=4096, description="router: packets that an input FIFO holds")
    edge_cycle_ps: int = Field(
        default=50_000,
        ge=1,
        le=_LONGEST_PS,
        description="merge–split link: time between two packets; 160 Mspikes/s over 8 links",
    )
    edge_latency_ps: int = Field(
        default=50_000, ge=1, le=_LONGEST_PS, description="merge–split link: time of one crossing"
    )
    input_side: Side = Field(default="west", description="side where frames enter")
    output_side: Side = Field(default="east", description="side where spikes leave")
    host_ports: HostPorts = Field(
        default="side",
        description="side: a link from the host into each chip on the input side; border: into each chip at the "
        "border of the board",
    )

    @property
    def mesh(self) -> Mesh:
        """The mesh of the board; one chip if the options give none."""
        return Mesh(*(self.chips or (1, 1)))

    @property
    def board(self) -> Board:
        """The mesh with the host at its sides."""
        return self.board_of(self.mesh)

    def board_of(self, mesh: Mesh) -> Board:
        """Return a mesh with the host at its sides."""
        return Board(mesh, self.input_side, self.output_side, self.host_ports)

    def fitted(self, cores: int) -> ChipOptions:
        """Return the options for a program of `cores` cores: with the chips that it needs, unless chips are given."""
        if self.chips is not None:
            return self
        mesh = Mesh.holding(cores)
        return self.model_copy(update={"chips": (mesh.rows, mesh.columns)})


ASSUMED: dict[str, str] = {
    "neuron_time_ps": "upper bound from the fastest published tick (47.6 µs ÷ 256) [D]",
    "synaptic_event_time_ps": "fitted to the published rates of eight networks, with the activity that their power "
    "implies; a published handshake interval is 14.32 ns [D]",
    "hop_latency_ps": "the faster published handshake interval [A]",
    "link_cycle_ps": "the faster published handshake interval [A]",
    "fifo_depth": "finite FIFOs and back-pressure are published, their depth is not [A]",
    "edge_cycle_ps": "160 Mspikes/s over 4 sides × 2 directions [A]",
    "edge_latency_ps": "one link cycle [A]",
    "input_side": "chips have links on all four sides; which of them the host uses is not published [A]",
    "output_side": "as for the input side [A]",
    "host_ports": "boards have several chips at their border; which of them the host sends to is not published [A]",
}
"""Options of `ChipOptions` whose values are not published, with what each default rests on."""
