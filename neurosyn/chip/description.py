"""Description of a chip: its core, network, times and energies as data, each with its source and tag.

A description is a TOML file (`neurosyn.chip.shipped` has those that ship) or a table of the scenario. The effect of a
chip's size is written in it: table ``reference`` is the size that its times and energies were published for, and the
``scales_with`` of each has the powers of the sizes that lead from there to the size of the chip. A core has these
sizes::

    row_bits    = axons + types·(weight_bits + 1) + leak_bits + 2·threshold_bits + potential_bits
                  + bits of a destination (steps along x and y, axon) and of a delay + other_bits
    core_bits   = neurons · row_bits
    packet_bits, axons, neurons

With ``scales_with = {core_bits = 0.5}`` a quantity grows like the side of a core.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neurosyn.chip.limits import Limits
from neurosyn.options import Options, WrongKeyError

__all__ = [
    "LONGEST_PS",
    "Area",
    "ChipDescription",
    "Core",
    "DescribedRule",
    "Energies",
    "Energy",
    "Fifo",
    "Leakage",
    "NetworkOnChip",
    "Size",
    "Tag",
    "Time",
    "Times",
    "Voltage",
]

LONGEST_PS = 10_000_000_000
"""10 ms, ten of TrueNorth's usual ticks: sums of such times over the packets of a run fit 64 bits."""

Tag = Literal["P", "IBM", "V", "D", "A"]
"""Published, read in files of IBM's tools, verified, derived by arithmetic, assumed."""

_SIZES = ("axons", "neurons", "row_bits", "core_bits", "packet_bits")
_Exponent = Annotated[float, Field(ge=-4, le=4)]
_Scaling = dict[Literal["axons", "neurons", "row_bits", "core_bits", "packet_bits"], _Exponent]
_Positive = Annotated[float, Field(ge=0, le=1e12)]
_LARGEST_SUM_BITS = 31
"""Potentials and sums of weights are computed in 32 bits with sign."""

_SCALES = Field(description="powers of the chip's sizes, relative to the reference, e.g. {row_bits = 1}; {} for none")
_SOURCE = Field(min_length=1, description="where the value comes from")
_TAG = Field(description="P published, IBM from IBM's files, V verified, D derived, A assumed")


class Voltage(Options):
    """Supply voltage (table ``voltage``)."""

    nominal: float = Field(gt=0, le=10, description="supply voltage of runs that give none, in volts")
    range: tuple[float, float] = Field(description="lowest and highest supply voltage, in volts")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not 0 < self.range[0] <= self.nominal <= self.range[1] <= 10:
            raise WrongKeyError(("nominal",), f"{self.nominal} V must lie in the range {list(self.range)}")
        return self


class _CoreSize(Options):
    axons: int = Field(ge=2, le=65_535, description="axons of a core")
    neurons: int = Field(ge=2, le=65_535, description="neurons of a core")
    axon_types: int = Field(ge=2, le=8, description="kinds of axon, each with a weight of its own in every neuron")
    weight_bits: int = Field(ge=2, le=16, description="bits of a weight, with sign")
    leak_bits: int = Field(ge=2, le=16, description="bits of a leak, with sign")
    threshold_bits: int = Field(ge=1, le=28, description="bits of a threshold, without sign")
    potential_bits: int = Field(ge=4, le=28, description="bits of a membrane potential, with sign")


class _PacketSize(Options):
    delay_slots: int = Field(ge=2, le=64, description="rows of the scheduler: delays of 1 to this number less 1 ticks")
    reach: int = Field(ge=1, le=4095, description="cores along x and along y that a packet reaches")
    packet_bits: int = Field(ge=8, le=128, description="bits of a packet")


class Core(_CoreSize):
    """The core (table ``core``)."""

    other_bits: int = Field(ge=0, le=4096, description="other bits of a neuron's row in the core's memory")


class NetworkOnChip(_PacketSize):
    """The chip's network (table ``network``)."""

    side: int = Field(ge=1, le=256, description="cores along a side of a chip, which is square")


class Size(_CoreSize, _PacketSize):
    """Numbers that determine the bits of a core and of a packet (table ``reference``)."""

    @property
    def way_bits(self) -> int:
        """Bits of a packet's steps along an axis, with sign."""
        return _bits(2 * self.reach + 1)

    @property
    def axon_bits(self) -> int:
        """Bits of an axon's number."""
        return _bits(self.axons)

    @property
    def tick_bits(self) -> int:
        """Bits of a row of the scheduler."""
        return _bits(self.delay_slots)

    @property
    def least_packet_bits(self) -> int:
        """Bits that a packet needs: steps along x and y, tick of delivery, axon."""
        return 2 * self.way_bits + self.tick_bits + self.axon_bits

    def to_dict(self, other_bits: int) -> dict[str, float]:
        """Return the sizes that ``scales_with`` may name."""
        row = self.axons + self.axon_types * (self.weight_bits + 1) + self.leak_bits + 2 * self.threshold_bits
        row += self.potential_bits + self.least_packet_bits + other_bits
        return {
            "axons": self.axons,
            "neurons": self.neurons,
            "row_bits": row,
            "core_bits": row * self.neurons,
            "packet_bits": self.packet_bits,
        }


class _Sourced(Options):
    scales_with: _Scaling = _SCALES
    source: str = _SOURCE
    tag: Tag = _TAG


class Time(_Sourced):
    """A time."""

    ps: int = Field(ge=0, le=LONGEST_PS, description="picoseconds, for the reference")

    def text(self) -> str:
        """Return the value with its unit."""
        return f"{self.ps:,} ps"


class Times(Options):
    """Times of the token controller, of routers and of links (table ``time``)."""

    neuron: Time = Field(description="token controller: time per neuron")
    synaptic_event: Time = Field(description="token controller: time per synaptic event")
    hop_latency: Time = Field(description="router: time from leaving one FIFO to being in the next")
    link_cycle: Time = Field(description="router: time between two packets on one link")
    edge_cycle: Time = Field(description="link between chips: time between two packets")
    edge_latency: Time = Field(description="link between chips: time of one crossing")


class Fifo(Options):
    """Input FIFOs of the routers (table ``fifo``)."""

    depth: int = Field(ge=1, le=4096, description="packets that an input FIFO holds")
    source: str = _SOURCE
    tag: Tag = _TAG


class Energy(_Sourced):
    """An energy per event: pj · (V / volts)^voltage_exponent at the supply voltage V."""

    pj: _Positive = Field(description="picojoules at `volts`, for the reference")
    volts: float = Field(gt=0, le=10, description="supply voltage that `pj` is for")
    voltage_exponent: float = Field(ge=0, le=4, description="2 for switched capacitances, 0 for a supply of its own")

    def text(self) -> str:
        """Return the value with its unit and voltage rule."""
        power = self.voltage_exponent
        rule = "at any voltage" if power == 0 else f"at {self.volts:g} V, with the voltage to the power of {power:g}"
        return f"{self.pj:g} pJ {rule}"


class Energies(Options):
    """Energies of events (table ``energy``); those that are not known are left out."""

    row_read: Energy | None = Field(default=None, description="reading a neuron's row, each in every tick")
    neuron_update: Energy | None = Field(default=None, description="updating a neuron, each in every tick")
    synaptic_event: Energy | None = Field(default=None, description="an active axon whose synapse is on")
    spike: Energy | None = Field(default=None, description="a neuron that fires")
    hop: Energy | None = Field(default=None, description="a packet from one router to the next")
    crossing: Energy | None = Field(default=None, description="a packet from chip to chip")
    port: Energy | None = Field(default=None, description="a packet that enters or leaves the board")


class Leakage(_Sourced):
    """Leakage: mw / cores · exp(per_volt · (V − volts)) for each core in use (table ``leakage``)."""

    mw: _Positive = Field(description="milliwatts of `cores` cores at `volts`, for the reference")
    cores: int = Field(ge=1, le=1 << 24, description="cores that `mw` is for")
    volts: float = Field(gt=0, le=10, description="supply voltage that `mw` is for")
    per_volt: float = Field(ge=0, le=50, description="exponent in 1/V; 0 for a leakage that does not depend on V")

    def text(self) -> str:
        """Return the value with its unit and voltage rule."""
        return f"{self.mw:g} mW for {self.cores:,} cores · exp({self.per_volt:g}·(V − {self.volts:g}))"


class Area(_Sourced):
    """Area of a core (table ``area``)."""

    core_mm2: float = Field(gt=0, le=1e4, description="square millimetres of a core, for the reference")

    def text(self) -> str:
        """Return the value with its unit."""
        return f"{self.core_mm2:g} mm² a core"


class DescribedRule(Options):
    """Assumption of the description that is no number (tables ``rules``)."""

    name: str = Field(min_length=1)
    value: str = Field(min_length=1)
    basis: str = Field(min_length=1)


class ChipDescription(Options):
    """A chip as data."""

    name: str = Field(min_length=1, max_length=200, description="name in results")
    title: str = Field(min_length=1, max_length=200, description="name for headings")
    source: str = Field(min_length=1, description="publications that the numbers come from")
    process: str = Field(min_length=1, description="manufacturing process")
    is_hypothetical: bool = Field(description="true for a chip that was never built; every result says so")
    voltage: Voltage
    core: Core
    network: NetworkOnChip
    reference: Size = Field(description="size that times, energies, leakage and area were published for")
    time: Times | None = Field(default=None, description="without it, runs in time need every time as an option")
    fifo: Fifo
    energy: Energies = Field(default=Energies(), description="without it, no energy is reported")
    leakage: Leakage | None = Field(default=None, description="without it, no energy is reported but that of events")
    area: Area | None = Field(default=None, description="without it, no area is reported")
    assumed: dict[str, str] = Field(
        default={}, description='keys of core and network that are assumed, e.g. "core.leak_bits", each with its basis'
    )
    rules: tuple[DescribedRule, ...] = Field(default=(), description="assumptions that are no numbers")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        size = self.size
        if self.network.packet_bits < size.least_packet_bits:
            raise WrongKeyError(
                self._widest_field(),
                f"a packet that reaches {size.reach} cores, with {size.axons} axons and {size.delay_slots} delay "
                f"slots, needs {size.least_packet_bits} bits; network.packet_bits is {self.network.packet_bits}",
            )
        limits = self.limits
        largest = self.core.axons * limits.weight + limits.potential_max
        if largest.bit_length() > _LARGEST_SUM_BITS:
            raise WrongKeyError(
                ("core", "axons"),
                f"is {self.core.axons}; with core.weight_bits of {self.core.weight_bits} and core.potential_bits of "
                f"{self.core.potential_bits} sums have {largest.bit_length() + 1} bits, at most 32 are computed",
            )
        for key in self.assumed:
            table, _, name = key.partition(".")
            if table not in ("core", "network") or name not in type(getattr(self, table)).model_fields:
                raise WrongKeyError(("assumed", key), "is no key of core or network, such as core.leak_bits")
        return self

    def _widest_field(self) -> tuple[str, str]:
        """Return the key for which packets are too short: one beyond the reference's, unless they are shorter, too."""
        grown = (("core", "axons"), ("network", "reach"), ("network", "delay_slots"))
        here, there = self.size, self.reference
        beyond = [key for key in grown if getattr(here, key[1]) > getattr(there, key[1])]
        return beyond[0] if beyond and here.packet_bits >= there.packet_bits else ("network", "packet_bits")

    @property
    def size(self) -> Size:
        """Size of the chip's cores and packets."""
        core, network = self.core.model_dump(exclude={"other_bits"}), self.network
        return Size(**core, delay_slots=network.delay_slots, reach=network.reach, packet_bits=network.packet_bits)

    @property
    def limits(self) -> Limits:
        """Limits of the programs that the chip can hold."""
        core = self.core.model_dump(exclude={"axons", "neurons", "other_bits"})
        return Limits(**core, delay_slots=self.network.delay_slots)

    @property
    def has_energy(self) -> bool:
        """True if an energy of the chip is known."""
        return self.leakage is not None or any(entry is not None for entry in vars(self.energy).values())

    def sizes(self) -> dict[str, tuple[float, float]]:
        """Return each size that ``scales_with`` may name: that of the chip and that of the reference."""
        here, there = self.size.to_dict(self.core.other_bits), self.reference.to_dict(self.core.other_bits)
        return {name: (here[name], there[name]) for name in _SIZES}

    def quantities(self) -> dict[str, Time | Energy | Leakage | Area]:
        """Return the times, energies, leakage and area that are known, by their keys."""
        entries = {f"time.{name}": time for name, time in self.time} if self.time is not None else {}
        entries |= {f"energy.{name}": energy for name, energy in self.energy}
        entries |= {"leakage": self.leakage, "area": self.area}
        return {name: entry for name, entry in entries.items() if entry is not None}

    def scale(self, quantity: Time | Energy | Leakage | Area) -> float:
        """Return the factor from a quantity for the reference to that of this chip; exactly 1 where nothing differs."""
        sizes = self.sizes()
        factors = ((sizes[name], power) for name, power in quantity.scales_with.items())
        return float(math.prod((here / there) ** power for (here, there), power in factors if here != there))

    def time_ps(self, name: str) -> int | None:
        """Return a time of table ``time`` for the size of this chip, in ps; None if the chip has none."""
        if self.time is None:
            return None
        time: Time = getattr(self.time, name)
        return round(time.ps * self.scale(time))


def _bits(values: int) -> int:
    """Return the bits that tell so many values apart."""
    return max(1, (values - 1).bit_length())
