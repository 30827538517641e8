"""Limits of a core's neurons and schedulers: axon types, delays, bits of weights, leaks, thresholds and potentials."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Limits that every program of a chip keeps.

    Attributes
    ----------
    axon_types : int
        Kinds of axon, each with a weight of its own in every neuron.
    weight_bits, leak_bits : int
        Bits of a weight and of a leak, sign included; they are a sign and a magnitude.
    threshold_bits : int
        Bits of the thresholds α and β, which have no sign.
    potential_bits : int
        Bits of the membrane potential, sign included, in two's complement.
    delay_slots : int
        Rows of the scheduler's ring: delays go from 1 to `delay_slots` − 1 ticks.
    """

    axon_types: int
    weight_bits: int
    leak_bits: int
    threshold_bits: int
    potential_bits: int
    delay_slots: int

    @property
    def weight(self) -> int:
        """Largest magnitude of a weight."""
        return int(2 ** (self.weight_bits - 1) - 1)

    @property
    def leak(self) -> int:
        """Largest magnitude of a leak."""
        return int(2 ** (self.leak_bits - 1) - 1)

    @property
    def threshold(self) -> int:
        """Largest threshold."""
        return int(2**self.threshold_bits - 1)

    @property
    def potential_min(self) -> int:
        """Lowest potential."""
        return -int(2 ** (self.potential_bits - 1))

    @property
    def potential_max(self) -> int:
        """Highest potential."""
        return int(2 ** (self.potential_bits - 1) - 1)

    @property
    def longest_delay(self) -> int:
        """Largest delay in ticks."""
        return self.delay_slots - 1
