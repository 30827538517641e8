"""Assumptions where nothing is published: options with their values, the chip's description, and rules of the model.

Every result prints this list. What can be a number is an option of `neurosyn.chip.options.ChipOptions`; the rules are
fixed, since recorded programs or other parts of the model rest on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.options import TIMES, ChipOptions

__all__ = ["HOST_SIDES", "RULES", "Rule", "assumptions", "not_counted"]

HOST_SIDES = {
    "input_side": "chips have links on all four sides; which of them the host uses is not published [A]",
    "output_side": "as for the input side [A]",
    "host_ports": "boards have several chips at their border; which of them the host sends to is not published [A]",
}
"""Options of the host's sides, with what their defaults rest on."""


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
        "{bits} bits with sign are published, what a sum beyond them gives is not [A]",
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
        "are integrated {slots} ticks later",
        "the scheduler is a ring of {slots} rows{published}; a row that was read is read again at its next turn [A]",
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
)

_TRANSDUCTION = {
    "off-chip transduction": "turning frames into input spikes happens before the chip; neither its time nor its "
    "energy is part of any number",
}
_SMALLER_CORE = Rule(
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
_EXPECTED = {
    "leakage": "leakage",
    "row_read": "reading the cores' rows",
    "synaptic_event": "synaptic events",
    "hop": "hops",
    "crossing": "links between chips",
    "port": "the border of the board",
}
"""Quantities that a chip consumes energy by; a neuron's update and a spike may be part of these."""


def assumptions(
    chip: ChipOptions, core: tuple[int, int] | None = None, *, ranc_reset_type: int | None = None
) -> list[dict[str, Any]]:
    """Return all assumptions as plain JSON values: ``name``, ``value``, ``unit``, ``basis``, ``option`` (or a rule).

    Parameters
    ----------
    chip
        Options of the chip.
    core
        Axons and neurons of a core of the program; by default those of the chip.
    ranc_reset_type
        Reset type of a program of RANC; None for others.
    """
    description = chip.description
    rules = [*_general_rules(description), *_of_description(description)]
    reference, size = description.reference, (description.core.axons, description.core.neurons)
    if core not in (None, size):
        value = _SMALLER_CORE.value.replace("256 × 256", f"{size[0]} × {size[1]}")
        published = f"published for cores of {reference.axons} axons and {reference.neurons} neurons only [A]"
        rules.append(Rule(_SMALLER_CORE.name, value, published))
    rules += [] if ranc_reset_type is None else [_RANC_RESET[ranc_reset_type]]
    listed = [(rule.name, rule.value, rule.basis) for rule in rules]
    return _options(chip) + [
        {"name": name, "value": value, "basis": basis, "unit": "", "option": False} for name, value, basis in listed
    ]


def not_counted(chip: ChipDescription) -> dict[str, str]:
    """Return the effects that no number of a chip contains, though a user may expect them, each with the reason."""
    if not chip.has_energy:
        return _TRANSDUCTION | {"energy": f"no energies of {chip.title} are known; none is reported"}
    missing = [
        words for name, words in _EXPECTED.items() if getattr(chip if name == "leakage" else chip.energy, name) is None
    ]
    reason = f"the description of {chip.title} has no energy for it"
    return _TRANSDUCTION | {f"energy of {words}" if words != "leakage" else words: reason for words in missing}


def _options(chip: ChipOptions) -> list[dict[str, Any]]:
    """Return the options whose values are assumed."""
    description, unknown = chip.description, chip.unknown_times()
    basis: dict[str, str] = {}
    for option, name in TIMES.items():
        if description.time is None:
            basis |= {} if option in unknown else {option: "given by the scenario; the description has none [A]"}
        else:
            time = getattr(description.time, name)
            scaled = description.scale(time)
            basis[option] = f"{time.source} [{time.tag}]" + (f"; scaled by {scaled:.4g} [A]" if scaled != 1 else "")
        if option == "link_cycle_ps":
            basis["fifo_depth"] = f"{description.fifo.source} [{description.fifo.tag}]"
    return [
        {
            "name": f"chip.{name}",
            "value": getattr(chip, name),
            "unit": "ps" if name.endswith("_ps") else "",
            "basis": text,
            "option": True,
        }
        for name, text in (basis | HOST_SIDES).items()
    ]


def _general_rules(chip: ChipDescription) -> list[Rule]:
    slots, bits = chip.network.delay_slots, chip.core.potential_bits
    published = "" if "network.delay_slots" in chip.assumed else " [P]"
    words = {"slots": slots, "bits": bits, "published": published}
    return [Rule(rule.name, rule.value.format(**words), rule.basis.format(**words)) for rule in RULES]


def _of_description(chip: ChipDescription) -> list[Rule]:
    """Return the rules that follow from a description: values that it assumes, and those scaled to another size."""
    rules = [Rule(rule.name, rule.value, rule.basis) for rule in chip.rules]
    rules += [
        Rule(key, str(getattr(getattr(chip, key.split(".")[0]), key.split(".")[1])), f"{basis} [A]")
        for key, basis in chip.assumed.items()
    ]
    quantities = chip.quantities()
    rules += [
        Rule(key, quantity.text(), f"{quantity.source} [A]")
        for key, quantity in quantities.items()
        if quantity.tag == "A" and not key.startswith("time.")
    ]
    changed = {name: sizes for name, sizes in chip.sizes().items() if sizes[0] != sizes[1]}
    if changed:
        factors = {key: chip.scale(quantity) for key, quantity in quantities.items()}
        scaled = [f"{key} × {factor:.4g}" for key, factor in factors.items() if factor != 1]
        kept = [key for key, factor in factors.items() if factor == 1]
        value = "; ".join(filter(None, (", ".join(scaled), f"unscaled: {', '.join(kept)}" if kept else "")))
        sizes = ", ".join(f"{name} {there:g} → {here:g}" for name, (here, there) in changed.items())
        rules.append(Rule("extrapolation", value, f"{sizes}; by `scales_with` of the description [A]"))
    if chip.is_hypothetical:
        rules.append(Rule("hypothetical chip", chip.title, "was never built; its numbers are no measurements [A]"))
    return rules
