"""Energy and power of a chip, from counts of events.

::

    P = 36.5 mW · exp(4.5·(V − 0.75)) · cores/4096                                             leakage
      + V² · (8.17 nJ · cores · ticks/s + 1.9 pJ · synaptic events/s + 3.84 pJ · hops/s)       activity, V in volts
      + 32 bits · 26 pJ/bit · chip-to-chip crossings/s                                         links between chips
      + 32 bits · 2 pJ/bit · packets entering or leaving the board/s                           its periphery

The first two lines fit every published total within ±8.5 %: leakage (two parameters) and the synaptic coefficient are
fitted, the row reads and the hop follow from published energies [D]. The links run at the fixed 1.8 V of the pads, so
their energy does not depend on V; the same is assumed for the periphery [A].

An energy per event is rounded to 2⁻¹⁰ pJ. Sums of such numbers are exact in double precision, in any order, up to 8 J:
the ledger of cores, packets or ticks adds up to the total to the last digit, however it is split.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CORE_TICK_PJ",
    "CROSSING_PJ",
    "HOP_PJ",
    "LEAKAGE_MW",
    "LEAKAGE_PER_VOLT",
    "LEAKAGE_VOLTAGE",
    "PORT_PJ",
    "SYNAPTIC_EVENT_PJ",
    "EnergyModel",
    "Events",
    "Parts",
]

LEAKAGE_MW = 36.5
"""Leakage of 4,096 cores at `LEAKAGE_VOLTAGE`, in mW. [D] fitted to the published totals of Merolla et al. 2014."""
LEAKAGE_VOLTAGE = 0.75
"""In V. [D] where the fit of the leakage is anchored."""
LEAKAGE_PER_VOLT = 4.5
"""Exponent of the leakage, in 1/V. [D] fitted to the published totals of Merolla et al. 2014."""
CORE_TICK_PJ = 8170.0
"""Reading the 256 rows of a core in one tick, at 1 V, in pJ. [D] 4.9 nJ at 0.775 V, Merolla et al. 2014, S5."""
SYNAPTIC_EVENT_PJ = 1.9
"""A synaptic event at 1 V, in pJ. [D] fitted to the published totals of Merolla et al. 2014."""
HOP_PJ = 3.84
"""A packet from one router to the next at 1 V, in pJ. [D] 2.3 pJ at 0.775 V, Merolla et al. 2014, S5."""
CROSSING_PJ = 32 * 26.0
"""A packet from chip to chip, in pJ: 32 bits at 26 pJ/bit and 1.8 V. [P] Merolla et al. 2014, S5."""
PORT_PJ = 32 * 2.0
"""A packet that enters or leaves the board, in pJ: 32 bits at 2 pJ/bit. [P] Merolla et al. 2014, S5; fixed [A]."""

_GRAIN = 2.0**10
_CHIP_CORES = 4096


def _rounded(picojoules: float) -> float:
    return round(picojoules * _GRAIN) / _GRAIN


@dataclass(frozen=True)
class Events:
    """Counts of events that consume energy.

    Attributes
    ----------
    ticks : int
    synaptic_events : int
    hops : int
        Links between routers, over all packets.
    crossings : int
        Links between chips among the routes of all packets.
    ports : int
        Packets that entered the board plus packets that left it.
    """

    ticks: int
    synaptic_events: int = 0
    hops: int = 0
    crossings: int = 0
    ports: int = 0


@dataclass(frozen=True)
class Parts:
    """An energy or a power by cause; the total is the sum of the parts and nothing else.

    Attributes
    ----------
    leakage, memory, synaptic, network, chip_to_chip, io : float
        What flows without activity; reading the cores' rows; synaptic events; hops on the chips; links between chips;
        the periphery of the board.
    """

    leakage: float
    memory: float
    synaptic: float
    network: float
    chip_to_chip: float
    io: float

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return self.leakage + self.memory + self.synaptic + self.network + self.chip_to_chip + self.io

    def times(self, factor: float) -> Parts:
        """Return every part multiplied by a factor."""
        return Parts(**{part.name: factor * getattr(self, part.name) for part in fields(self)})


class EnergyModel:
    """Energy of events at a supply voltage.

    Parameters
    ----------
    voltage : float
        In V.

    Attributes
    ----------
    core_tick_pj, synaptic_event_pj, hop_pj, crossing_pj, port_pj : float
        Energy of reading a core's rows in one tick, a synaptic event, a hop, a chip-to-chip link, and of entering or
        leaving the board, in pJ.
    """

    def __init__(self, voltage: float = 1.0) -> None:
        self.voltage = voltage
        self.core_tick_pj = _rounded(CORE_TICK_PJ * voltage**2)
        self.synaptic_event_pj = _rounded(SYNAPTIC_EVENT_PJ * voltage**2)
        self.hop_pj = _rounded(HOP_PJ * voltage**2)
        self.crossing_pj = CROSSING_PJ
        self.port_pj = PORT_PJ

    def leakage_pj(self, tick_ps: int) -> float:
        """Return the leakage of one core during a tick of `tick_ps`, in pJ."""
        milliwatts = LEAKAGE_MW * math.exp(LEAKAGE_PER_VOLT * (self.voltage - LEAKAGE_VOLTAGE)) / _CHIP_CORES
        return _rounded(milliwatts * 1e-3 * tick_ps)

    def packets_pj(self, hops: NDArray[Any], crossings: NDArray[Any], ports: NDArray[Any]) -> NDArray[np.float64]:
        """Return the energy of each packet, from its links and the borders of the board that it passes, in pJ."""
        energy: NDArray[np.float64] = self.hop_pj * hops + self.crossing_pj * crossings + self.port_pj * ports
        return energy

    def energy_pj(self, events: Events, cores: int, tick_ps: int) -> Parts:
        """Return the energy of events on a number of used cores, with ticks of `tick_ps`, in pJ."""
        core_ticks = cores * events.ticks
        return Parts(
            leakage=self.leakage_pj(tick_ps) * core_ticks,
            memory=self.core_tick_pj * core_ticks,
            synaptic=self.synaptic_event_pj * events.synaptic_events,
            network=self.hop_pj * events.hops,
            chip_to_chip=self.crossing_pj * events.crossings,
            io=self.port_pj * events.ports,
        )

    def power_mw(self, events: Events, cores: int, tick_ps: int) -> Parts:
        """Return the mean power while these events happen, in mW."""
        # 1 pJ/ps = 1 W
        return self.energy_pj(events, cores, tick_ps).times(1e3 / (events.ticks * tick_ps))
