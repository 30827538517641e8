"""Assumptions where nothing is published: options with their values, and rules of the model.

Every result prints this list. What can be a number is an option of `neurosyn.chip.options.ChipOptions`; the rules are
fixed, since recorded programs or other parts of the model rest on them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from neurosyn.chip.options import ASSUMED, ChipOptions

__all__ = ["CORE_SIZE", "NOT_COUNTED", "RULES", "Rule", "assumptions"]

CORE_SIZE = (256, 256)
"""Axons and neurons of a core of TrueNorth. [P]"""


@dataclass(frozen=True)
class Rule:
    """Assumption that is no option: its subject, the assumption and its basis."""

    name: str
    value: str
    basis: str


RULES = (
    Rule(
        "potential overflow",
        "saturates at every addition",
        "20 bits with sign are published, what a sum beyond them gives is not [A]",
    ),
    Rule(
        "random numbers",
        "32-bit Galois register, polynomial 0x04C11DB7, eight steps for each eight bits of a draw",
        "one 32-bit seed per core is published, the polynomial is not: that of CRC-32, of maximal length [A]",
    ),
    Rule(
        "order of draws",
        "by neuron: stochastic synapses in order of axons, then the leak, then the threshold",
        "the neuron's order of operations is published, its draws are not [A]",
    ),
    Rule(
        "stochastic synapses and leaks",
        "act with probability (|s| + 1)/256",
        "recorded outputs show this comparison for the threshold [V]; taken to be the same here [A]",
    ),
    Rule(
        "late packets",
        "are integrated 16 ticks later",
        "the scheduler is a ring of 16 rows [P]; a row that was read is read again at its next turn [A]",
    ),
    Rule(
        "core overruns",
        "the next walk over the neurons begins when the last has ended",
        "the chip is correct only at longer ticks; what happens at shorter ones is not published [A]",
    ),
    Rule(
        "buffers of the routers",
        "a FIFO for each input of each module, serving first come first, ties by port number",
        "modules, merges and back-pressure are published, the arbitration is not [A]",
    ),
    Rule(
        "handshakes",
        "a place in a FIFO is free again one link cycle after its packet has left",
        "asynchronous logic, of which two handshake intervals are published [A]",
    ),
    Rule(
        "deliveries to the own core",
        "pass the router's local module, and count no hop",
        "same-core spikes use the local port [P]; its energy is within the fitted model [A]",
    ),
    Rule(
        "host ports",
        "one link into each chip on the input side and one out of each on the output side, as fast as those between "
        "chips; packets keep to the row (column) of the core, and their way counts from or to the last router on it; "
        "what waits at the host has no limit",
        "spikes enter and leave through the chips' merge–split links [P]; on which sides is not published [A]",
    ),
    Rule(
        "host packets",
        "queue at the host's ports when the tick begins",
        "an external spike of tick t is integrated in tick t + 1 [V]; when it is sent is not published [A]",
    ),
    Rule(
        "order of fields in a packet",
        "dx, dy, delivery tick, axon, debug",
        "fields and widths are published [P], their order is not [A]; it changes no result",
    ),
    Rule(
        "energy beyond the chip's edge",
        "26 pJ/bit from chip to chip and 2 pJ/bit at the board's border, at any supply voltage of the cores",
        "published at the pads' fixed 1.8 V [P]; taken to be fixed for the border, too [A]",
    ),
    Rule(
        "energy model",
        "leakage of the cores in use, reads of their rows in every tick, synaptic events, hops",
        "two parameters of the leakage and the energy of a synaptic event are fitted to the published totals, which it "
        "meets within ±8.5 % [D]",
    ),
)

NOT_COUNTED = {
    "off-chip transduction": "turning frames into input spikes happens before the chip; neither its time nor its "
    "energy is part of any number",
}
"""Effects that no number contains, though a user may expect them."""


_OTHER_CORE = Rule(
    "cores of another size",
    "energies and leakage of a core of 256 × 256, and the walk's time for each neuron, are applied unscaled",
    "published for cores of 256 axons and 256 neurons only [A]",
)
_RANC_RESET = {
    number: Rule(
        "RANC's reset type",
        f"{number}: {condition} the negative threshold",
        "stands in RANC's config.json, not in the program: its README gives 0, its shipped configuration 1; the option "
        "--ranc-reset-type chooses [A]",
    )
    for number, condition in enumerate(("below (V < θ)", "at or below (V ≤ θ)"))
}


def assumptions(
    chip: ChipOptions, core: tuple[int, int] = CORE_SIZE, *, ranc_reset_type: int | None = None
) -> list[dict[str, Any]]:
    """Return all assumptions as plain JSON values: ``name``, ``value``, ``unit``, ``basis``, ``option`` (or a rule).

    Parameters
    ----------
    chip
        Options of the chip.
    core
        Axons and neurons of a core.
    ranc_reset_type
        Reset type of a program of RANC; None for others.
    """
    options = [
        {
            "name": f"chip.{name}",
            "value": getattr(chip, name),
            "unit": "ps" if name.endswith("_ps") else "",
            "basis": basis,
            "option": True,
        }
        for name, basis in ASSUMED.items()
    ]
    rules = [
        *RULES,
        *([_OTHER_CORE] if core != CORE_SIZE else []),
        *([] if ranc_reset_type is None else [_RANC_RESET[ranc_reset_type]]),
    ]
    return options + [asdict(rule) | {"unit": "", "option": False} for rule in rules]
