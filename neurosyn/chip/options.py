"""Options of the chip (table ``[chip]`` of a scenario): its description, the board, the voltage and every time."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, field_validator, model_validator

from neurosyn.chip.description import LONGEST_PS, ChipDescription
from neurosyn.chip.mesh import Board, HostPorts, Mesh, Side
from neurosyn.chip.shipped import SHIPPED, TRUENORTH, complete_table, shipped_chip
from neurosyn.errors import ChipLimitError, ScenarioError
from neurosyn.options import Options, WrongKeyError

__all__ = ["NOMINAL_TICK_PS", "TIMES", "ChipOptions"]

NOMINAL_TICK_PS = 1_000_000_000
"""1 ms: the tick that speed and power refer to where nothing was timed. [P] Merolla et al. 2014."""

TIMES = {
    "neuron_time_ps": "neuron",
    "synaptic_event_time_ps": "synaptic_event",
    "hop_latency_ps": "hop_latency",
    "link_cycle_ps": "link_cycle",
    "edge_cycle_ps": "edge_cycle",
    "edge_latency_ps": "edge_latency",
}
"""Options that hold a time of the description, with the time's name there."""

_Chips = Annotated[int, Field(ge=1, le=64)]
"""Chips along a side of the board: 64 × 64 of TrueNorth's have 16,777,216 cores."""


def _described(value: Any) -> Any:
    """Return the table of a description that is given by name or as changes to another."""
    if isinstance(value, (str, dict)):
        try:
            return shipped_chip(value) if isinstance(value, str) else _with_tuples(complete_table(value))
        except ScenarioError as error:
            raise ValueError(str(error).removeprefix("chip: ")) from error
    return value


def _with_tuples(value: Any) -> Any:
    """Return values of a TOML table with arrays as tuples: what a validator returns is no JSON any more."""
    if isinstance(value, dict):
        return {key: _with_tuples(entry) for key, entry in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value


def _serialised(description: ChipDescription) -> str | dict[str, Any]:
    """Return the name of a shipped description, or else the whole table."""
    if description.name in SHIPPED and description == shipped_chip(description.name):
        return description.name
    return description.to_table()


_Description = Annotated[
    ChipDescription,
    BeforeValidator(_described),
    PlainSerializer(_serialised),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


def _time(name: str, least: int, description: str) -> Any:
    default = TRUENORTH.time_ps(TIMES[name])
    return Field(default=default, ge=least, le=LONGEST_PS, description=description)


class ChipOptions(Options):
    """The chip, the board and its physical parameters (table ``[chip]``).

    Times are integers in picoseconds; those that are not given are those of the description, as is the voltage. What is
    assumed rather than published is printed with every result.
    """

    description: _Description = Field(
        default=TRUENORTH,
        json_schema_extra={"default": TRUENORTH.name},
        description="the chip: the name of a shipped description, a TOML file, or a table of changes to one of these",
    )
    chips: tuple[_Chips, _Chips] | None = Field(
        default=None, description="rows and columns of chips on the board; as few as the program needs if absent"
    )
    voltage: float = Field(
        default=TRUENORTH.voltage.nominal, gt=0, le=10, description="supply voltage in volts, within the chip's range"
    )
    neuron_time_ps: int = _time(
        "neuron_time_ps", 0, "token controller: time per neuron; 47.6 µs ÷ 256 at the fastest tick shown"
    )
    synaptic_event_time_ps: int = _time(
        "synaptic_event_time_ps",
        0,
        "token controller: time per synaptic event; fitted to published rates. 14320 is a published handshake interval",
    )
    hop_latency_ps: int = _time("hop_latency_ps", 1, "router: time from leaving one FIFO to being in the next")
    link_cycle_ps: int = _time("link_cycle_ps", 1, "router: time between two packets on one link")
    fifo_depth: int = Field(
        default=TRUENORTH.fifo.depth, ge=1, le=4096, description="router: packets that an input FIFO holds"
    )
    edge_cycle_ps: int = _time(
        "edge_cycle_ps", 1, "merge–split link: time between two packets; 160 Mspikes/s over 8 links"
    )
    edge_latency_ps: int = _time("edge_latency_ps", 1, "merge–split link: time of one crossing")
    input_side: Side = Field(default="west", description="side where frames enter")
    output_side: Side = Field(default="east", description="side where spikes leave")
    host_ports: HostPorts = Field(
        default="side",
        description="side: a link from the host into each chip on the input side; border: into each chip at the "
        "border of the board",
    )

    @field_validator("description")
    @classmethod
    def _has_positive_times(cls, description: ChipDescription) -> ChipDescription:
        for option, name in TIMES.items():
            if description.time_ps(name) == 0 and option not in ("neuron_time_ps", "synaptic_event_time_ps"):
                raise WrongKeyError(("time", name, "ps"), "gives 0 ps; routers and links need 1 ps or more")
        return description

    @model_validator(mode="after")
    def _filled(self) -> Self:
        """Take what is not given from the description, and check the voltage."""
        chip = self.description
        of_description: dict[str, Any] = {"voltage": chip.voltage.nominal, "fifo_depth": chip.fifo.depth}
        of_description |= {option: chip.time_ps(name) for option, name in TIMES.items()}
        for option, value in of_description.items():
            if option not in self.model_fields_set and value is not None:
                self.__dict__[option] = value
        low, high = chip.voltage.range
        if not low <= self.voltage <= high:
            raise ValueError(
                f"voltage is {self.voltage} V; {chip.title} runs at {low}…{high} V; set chip.voltage, "
                f"e.g. {chip.voltage.nominal}"
            )
        return self

    def to_table(self) -> dict[str, Any]:
        """Return the options as a TOML table: those that are given, and those that no description has."""
        taken = {"voltage", "fifo_depth", *TIMES} - self.model_fields_set
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=taken)

    @property
    def mesh(self) -> Mesh:
        """The mesh of the board; one chip if the options give none."""
        return Mesh(*(self.chips or (1, 1)), side=self.description.network.side)

    @property
    def board(self) -> Board:
        """The mesh with the host at its sides."""
        return self.board_of(self.mesh)

    def board_of(self, mesh: Mesh) -> Board:
        """Return a mesh with the host at its sides."""
        return Board(mesh, self.input_side, self.output_side, self.host_ports, self.description.network.reach)

    def fitted(self, cores: int) -> ChipOptions:
        """Return the options for a program of `cores` cores: with the chips that it needs, unless chips are given."""
        if self.chips is not None:
            return self
        mesh = Mesh.holding(cores, self.description.network.side, self.description.network.reach)
        return self.model_copy(update={"chips": (mesh.rows, mesh.columns)})

    def unknown_times(self) -> list[str]:
        """Return the options of times that neither the scenario nor the description gives."""
        return (
            [] if self.description.time is not None else [name for name in TIMES if name not in self.model_fields_set]
        )

    def require_times(self) -> None:
        """Refuse to time a chip whose times are not known.

        Raises
        ------
        ChipLimitError
            Naming the options that are missing.
        """
        if unknown := self.unknown_times():
            raise ChipLimitError(
                f"chip: the description of {self.description.title} has no times; set "
                f'{", ".join(f"chip.{name}" for name in unknown)}, or simulate.timing = "none"'
            )
