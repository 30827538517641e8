"""Stages of populations: the ticks between the entry of a step and its integration by each population."""

from __future__ import annotations

from neurosyn.errors import ChipLimitError
from neurosyn.importing.network import INPUT, SpikingNetwork

__all__ = ["LONGEST_DELAY", "find_stages"]

LONGEST_DELAY = 15
"""Ticks that a core's scheduler holds a spike. [P] Akopyan et al. 2015."""


def find_stages(network: SpikingNetwork, where: str) -> list[int]:
    """Return the stage of each population: the least with which every spike takes at least one tick.

    Synapses of d steps from stage a to stage b take b − a + d ticks; the splitter cores have stage 0.

    Raises
    ------
    ChipLimitError
        If feedback is faster than the chip, or a delay is longer than a core's scheduler holds.
    """
    populations = network.populations
    stages = [1] * len(populations)
    edges = [(s.source, target, s.delay) for target, p in enumerate(populations) for s in p.synapses]
    for _ in range(len(populations) + 1):
        changed = False
        for source, target, delay in edges:
            least = (0 if source == INPUT else stages[source]) + 1 - delay
            if least > stages[target]:
                stages[target], changed = least, True
        if not changed:
            break
    else:
        names = ", ".join(f"'{populations[target].name}'" for source, target, _ in edges if source >= target)
        raise ChipLimitError(
            f"{where}: feedback to {names} acts after one step, but passes more than one layer, each of which takes a "
            "tick; add a Delay of as many steps as the loop has layers, or train without it"
        )
    for source, target, delay in edges:
        ticks = stages[target] - (0 if source == INPUT else stages[source]) + delay
        if ticks > LONGEST_DELAY:
            name = "the input" if source == INPUT else f"'{populations[source].name}'"
            raise ChipLimitError(
                f"{where}: from {name} to '{populations[target].name}' spikes wait {ticks} ticks; a core holds them "
                f"for {LONGEST_DELAY}; use shorter delays or fewer layers between them"
            )
    return stages
