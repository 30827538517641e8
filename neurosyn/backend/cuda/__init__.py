"""CUDA C kernels, and the one text that they are compiled from.

The files need no header, so NVRTC compiles them wherever it runs, with or without a GPU; they follow one another in one
translation unit. What the host side must know as well is not written in them but given as options.

========== =============================================================================================
neuron.cu  one neuron in one thread: synapses, leak, threshold, register; what the kernels below share
draws.cu   `lay_out_draws`: where in its core's stream of random numbers each neuron begins
tick.cu    `play_tick`: one tick of all cores, crossbar to reset
frames.cu  `evaluate_frames`: many frames of a stateless program at once, spikes packed into words
========== =============================================================================================

*Exactness.* A thread has the same integers as `neurosyn.chip.neuron`, in the same order where it matters. Within a core
the order of draws matters, too; but how many draws a neuron makes depends on what is active, not on what is drawn, and
the register is linear over bits. So a prefix sum of the counts and a jump by so many leaps give every neuron the state
that it would have found in its turn, and cores with random numbers are as parallel as the others.
"""

from __future__ import annotations

from pathlib import Path

from neurosyn.chip.crossbar import AXON_TYPES
from neurosyn.chip.lfsr import LEAP_BITS
from neurosyn.chip.limits import Limits
from neurosyn.chip.shipped import TRUENORTH

__all__ = ["BLOCK", "FRAMES", "KERNELS", "options", "source"]

BLOCK = 256
"""Threads in a block, one for each neuron: those of a TrueNorth core."""
FRAMES = 16
"""Frames for which a thread reads its neuron's synapses once."""
KERNELS = ("count_bits", "lay_out_draws", "play_tick", "evaluate_frames")


def options(limits: Limits = TRUENORTH.limits, weights: int = AXON_TYPES) -> tuple[str, ...]:
    """Return the options of the compiler, for programs with the limits of a chip and so many weights a neuron."""
    return (
        f"-DBLOCK={BLOCK}",
        f"-DFRAMES={FRAMES}",
        f"-DAXON_TYPES={weights}",
        f"-DPOTENTIAL_MIN=({limits.potential_min})",
        f"-DPOTENTIAL_MAX={limits.potential_max}",
        f"-DLEAP_BITS={LEAP_BITS}",
    )


_FILES = ("neuron.cu", "draws.cu", "tick.cu", "frames.cu")


def source() -> str:
    """Return the text of all kernels."""
    folder = Path(__file__).parent
    return "\n".join(f'#line 1 "{name}"\n{(folder / name).read_text(encoding="utf-8")}' for name in _FILES)
