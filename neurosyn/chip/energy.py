"""Energy and power of a chip, from counts of events and the energies of its description.

For TrueNorth (`neurosyn.chip.shipped`)::

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
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.description import ChipDescription, Energy
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.shipped import TRUENORTH

__all__ = ["EnergyModel", "Events", "Parts"]

_GRAIN = 2.0**10


def _rounded(picojoules: float) -> float:
    return round(picojoules * _GRAIN) / _GRAIN


@dataclass(frozen=True, kw_only=True)
class Events:
    """Counts of events that consume energy.

    Attributes
    ----------
    ticks : int
    synaptic_events : int
    spikes : int
        Neurons that fired.
    hops : int
        Links between routers, over all packets.
    crossings : int
        Links between chips among the routes of all packets.
    ports : int
        Packets that entered the board plus packets that left it.
    """

    ticks: int = field(kw_only=False)
    synaptic_events: int = 0
    spikes: int = 0
    hops: int = 0
    crossings: int = 0
    ports: int = 0


@dataclass(frozen=True)
class Parts:
    """An energy or a power by cause; the total is the sum of the parts and nothing else.

    Attributes
    ----------
    leakage, memory, synaptic, network, chip_to_chip, io : float
        What flows without activity; reading the cores' rows and updating their neurons; synaptic events and spikes;
        hops on the chips; links between chips; the periphery of the board.
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
    """Energy of a chip's events at a supply voltage; quantities that its description lacks are 0.

    Parameters
    ----------
    voltage : float
        In V.
    description : ChipDescription
        TrueNorth by default.

    Attributes
    ----------
    core_tick_pj, synaptic_event_pj, spike_pj, hop_pj, crossing_pj, port_pj : float
        Energy of reading a core's rows and updating its neurons in one tick, a synaptic event, a neuron that fires, a
        hop, a chip-to-chip link, and of entering or leaving the board, in pJ.
    is_known : bool
        True if the description has an energy at all.
    """

    def __init__(self, voltage: float = 1.0, description: ChipDescription = TRUENORTH) -> None:
        self.voltage = voltage
        self.description = description
        energy, neurons = description.energy, description.core.neurons
        self.is_known = description.has_energy
        self.core_tick_pj = self._event_pj(energy.row_read, neurons) + self._event_pj(energy.neuron_update, neurons)
        self.synaptic_event_pj = self._event_pj(energy.synaptic_event)
        self.spike_pj = self._event_pj(energy.spike)
        self.hop_pj = self._event_pj(energy.hop)
        self.crossing_pj = self._event_pj(energy.crossing)
        self.port_pj = self._event_pj(energy.port)

    @classmethod
    def of(cls, chip: ChipOptions) -> EnergyModel:
        """Return the energies of a chip at its supply voltage."""
        return cls(chip.voltage, chip.description)

    def _event_pj(self, energy: Energy | None, times: int = 1) -> float:
        if energy is None:
            return 0.0
        picojoules: float = energy.pj * times * (self.voltage / energy.volts) ** energy.voltage_exponent
        return _rounded(picojoules * self.description.scale(energy))

    def leakage_pj(self, tick_ps: int) -> float:
        """Return the leakage of one core during a tick of `tick_ps`, in pJ."""
        leakage = self.description.leakage
        if leakage is None:
            return 0.0
        milliwatts = leakage.mw * math.exp(leakage.per_volt * (self.voltage - leakage.volts)) / leakage.cores
        return _rounded(milliwatts * self.description.scale(leakage) * 1e-3 * tick_ps)

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
            synaptic=self.synaptic_event_pj * events.synaptic_events + self.spike_pj * events.spikes,
            network=self.hop_pj * events.hops,
            chip_to_chip=self.crossing_pj * events.crossings,
            io=self.port_pj * events.ports,
        )

    def power_mw(self, events: Events, cores: int, tick_ps: int) -> Parts:
        """Return the mean power while these events happen, in mW."""
        # 1 pJ/ps = 1 W
        return self.energy_pj(events, cores, tick_ps).times(1e3 / (events.ticks * tick_ps))
