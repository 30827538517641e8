"""Every key of a chip's description, changed: the effects that it must have, and no others."""

import numpy as np
import pytest

from neurosyn.chip.assumptions import assumptions
from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import TIMES, ChipOptions
from neurosyn.chip.packet import pack
from neurosyn.chip.shipped import SHIPPED, TRUENORTH, complete_table, shipped_chip
from neurosyn.compiler.compile import count_cores
from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import ChipLimitError
from neurosyn.network.layer import MapShape
from neurosyn.network.network import build_network

NETWORK = build_network(
    [
        {"kind": "conv2d", "features": 8, "kernel": 5, "groups": 1},
        {"kind": "dense", "features": 40},
        {"kind": "readout"},
    ],
    MapShape(8, 8, 4),
    10,
    0,
)
EVENTS = ("core_tick", "synaptic_event", "spike", "hop", "crossing", "port")
CORE = {"core_tick", "hop", "leakage", "area", "listed", "bits"}
"""Effects of bits in the core's memory: row reads, and what grows with the core."""


def flat(table, before=()):
    for key, value in table.items():
        if isinstance(value, dict) and key not in ("scales_with", "assumed"):
            yield from flat(value, (*before, key))
        else:
            yield (*before, key), value


def changed(keys, value, base="truenorth"):
    changes = {}
    table = changes
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value
    return {"extends": base, "name": "same", "title": "same"} | changes


def effects(chip):
    """Return whatever follows from a description, one number or text for each effect."""
    description, model, low = chip.description, EnergyModel.of(chip), EnergyModel(0.8, chip.description)
    limits, size = description.limits, description.size
    word = pack(np.array([1]), np.array([2]), np.array([3]), np.array([4]), size) if size.packet_bits <= 32 else None
    row = {
        "cores": count_cores(NETWORK, CompileOptions().for_chip(description)),
        "types": limits.axon_types,
        "weight": limits.weight,
        "leak": limits.leak,
        "threshold": limits.threshold,
        "potential": (limits.potential_min, limits.potential_max),
        "delay": limits.longest_delay,
        "reach": reaches(chip),
        "board": Mesh.holding(28_000, description.network.side, description.network.reach),
        "word": None if word is None else word.tolist(),
        "voltage": chip.voltage,
        "range": description.voltage.range,
        "leakage": model.leakage_pj(10**6),
        "fifo": chip.fifo_depth,
        "area": None if description.area is None else description.area.core_mm2 * description.scale(description.area),
        "listed": assumptions(ChipOptions(description=description)),
        "identity": (description.name, description.title, description.source, description.process),
        "hypothetical": description.is_hypothetical,
        "bits": description.sizes(),
        "shown": {name: (entry.source, entry.tag) for name, entry in description.quantities().items()},
    }
    row |= {name: (getattr(model, f"{name}_pj"), getattr(low, f"{name}_pj")) for name in EVENTS}
    return row | {option: getattr(chip, option) for option in TIMES}


def reaches(chip):
    """Return the farthest of some distances that a packet reaches."""
    farthest = 0
    for distance in (200, 255, 300):
        try:
            Mesh(1, 8).check_reach(np.array([[0, 0]]), np.array([[distance, 0]]), reach=chip.board.reach)
        except ChipLimitError:
            break
        farthest = distance
    return farthest


KEYS = {
    ("name",): ("other", {"identity"}),
    ("title",): ("Other", {"identity"}),
    ("source",): ("a report", {"identity"}),
    ("process",): ("14 nm", {"identity"}),
    ("is_hypothetical",): (True, {"hypothetical", "listed"}),
    ("voltage", "nominal"): (0.9, {"voltage", "core_tick", "synaptic_event", "hop", "leakage"}),
    ("voltage", "range"): ([0.7, 1.0], {"range"}),
    ("core", "axons"): (512, CORE | {"cores", "word"}),
    ("core", "neurons"): (100, CORE | {"cores"}),
    ("core", "axon_types"): (8, CORE | {"types"}),
    ("core", "weight_bits"): (6, CORE | {"weight"}),
    ("core", "leak_bits"): (10, CORE | {"leak"}),
    ("core", "threshold_bits"): (12, CORE | {"threshold"}),
    ("core", "potential_bits"): (16, CORE | {"potential"}),
    ("core", "other_bits"): (30, {"bits"}),
    ("network", "side"): (32, {"board"}),
    ("network", "delay_slots"): (8, CORE | {"delay", "word"}),
    ("network", "reach"): (100, CORE | {"reach", "board", "word"}),
    ("network", "packet_bits"): (40, {"hop", "crossing", "port", "word", "listed", "bits"}),
    ("reference", "axons"): (200, CORE),
    # A row is read for each neuron.
    ("reference", "neurons"): (100, CORE - {"core_tick"}),
    ("reference", "axon_types"): (8, CORE),
    ("reference", "weight_bits"): (6, CORE),
    ("reference", "leak_bits"): (10, CORE),
    ("reference", "threshold_bits"): (12, CORE),
    ("reference", "potential_bits"): (16, CORE),
    ("reference", "delay_slots"): (8, CORE),
    ("reference", "reach"): (100, CORE),
    ("reference", "packet_bits"): (40, {"hop", "crossing", "port", "listed", "bits"}),
    ("fifo", "depth"): (2, {"fifo", "listed"}),
    ("fifo", "source"): ("a measurement", {"listed"}),
    ("fifo", "tag"): ("P", {"listed"}),
    ("leakage", "mw"): (40.0, {"leakage"}),
    ("leakage", "cores"): (1024, {"leakage"}),
    ("leakage", "volts"): (0.8, {"leakage"}),
    ("leakage", "per_volt"): (3.0, {"leakage"}),
    ("area", "core_mm2"): (0.1, {"area"}),
    ("assumed",): ({"core.leak_bits": "a guess"}, {"listed"}),
    ("rules",): ([{"name": "rule", "value": "value", "basis": "basis [A]"}], {"listed"}),
}
"""A value for each key of TrueNorth's description, and its effects."""

ENERGIES = {"row_read": "core_tick", "synaptic_event": "synaptic_event", "hop": "hop", "crossing": "crossing"}
ENERGIES |= {"port": "port"}
for name, event in ENERGIES.items():
    KEYS["energy", name, "pj"] = (77.0, {event})
    # What does not depend on the supply voltage has no use for the voltage that it was published at.
    KEYS["energy", name, "volts"] = (0.9, set() if name in ("crossing", "port") else {event})
    KEYS["energy", name, "voltage_exponent"] = (1.5, {event})
QUANTITIES = [*(("energy", name) for name in ENERGIES), ("leakage",), ("area",)]
for keys in QUANTITIES:
    KEYS[*keys, "tag"] = ("A", {"shown", "listed"})
    KEYS[*keys, "source"] = ("a measurement", {"shown"})
for option, name in TIMES.items():
    KEYS["time", name, "ps"] = (9_999, {option, "listed"})
    KEYS["time", name, "source"] = ("a measurement", {"shown", "listed"})
    KEYS["time", name, "tag"] = ("P", {"shown", "listed"})
RULES = [*QUANTITIES, *(("time", name) for name in TIMES.values())]
"""Tables with a key ``scales_with``, whose effects show on a chip of another size alone."""
EFFECTS = {("energy", name): event for name, event in ENERGIES.items()} | {("leakage",): "leakage", ("area",): "area"}
EFFECTS |= {("time", name): option for option, name in TIMES.items()}


def differences(before, after):
    one, other = (effects(ChipOptions(description=table)) for table in (before, after))
    return {name for name in one if one[name] != other[name]}


def test_every_key_of_truenorth_is_changed_here():
    scaling = {(*keys, "scales_with") for keys in RULES}
    assert {keys for keys, _ in flat(complete_table("truenorth"))} | {("assumed",)} == KEYS.keys() | scaling


@pytest.mark.parametrize("keys", KEYS, ids=".".join)
def test_a_changed_key_has_its_effects_and_no_others(keys):
    value, expected = KEYS[keys]
    same = {"extends": "truenorth", "name": "same", "title": "same"}
    assert differences(same, changed(keys, value)) == expected


@pytest.mark.parametrize("keys", RULES, ids=".".join)
def test_a_scaling_rule_acts_on_its_quantity_alone(keys):
    larger = {"extends": "truenorth", "core": {"axons": 512}, "name": "same", "title": "same"}
    rule = {"neurons": 1.0, "axons": 0.25}
    differs = differences(larger, changed((*keys, "scales_with"), rule, larger))
    assert differs == {EFFECTS[keys], "listed"}


@pytest.mark.parametrize(("name", "event"), [("spike", "spike"), ("neuron_update", "core_tick")])
def test_energies_that_truenorth_lacks_act(name, event):
    energy = {"pj": 3.0, "volts": 1.0, "voltage_exponent": 2.0, "scales_with": {}, "source": "a guess", "tag": "A"}
    same = {"extends": "truenorth", "name": "same", "title": "same"}
    assert differences(same, changed(("energy", name), energy)) == {event, "shown", "listed"}


def test_shipped_descriptions_say_what_they_lack():
    assert shipped_chip("truenorth") == TRUENORTH
    assert [name for name in SHIPPED if not shipped_chip(name).has_energy] == ["ranc"]
    assert [name for name in SHIPPED if shipped_chip(name).time is None] == ["core45nm", "ranc"]
    assert [name for name in SHIPPED if shipped_chip(name).is_hypothetical] == ["hypothetical5nm"]
    for name in SHIPPED:
        chip = shipped_chip(name)
        assert chip.name == name
        assert all(chip.scale(quantity) == 1.0 for quantity in chip.quantities().values())


def test_a_larger_core_scales_energies_by_the_rules():
    model = EnergyModel.of(ChipOptions(description={"extends": "truenorth", "core": {"axons": 512}}))
    # 256 axons more, and one bit more for the axon's number: 667 bits a row in place of 410.
    assert model.core_tick_pj == pytest.approx(8170 * 667 / 410, abs=1e-3)
    assert model.hop_pj == pytest.approx(3.84 * (667 / 410) ** 0.5, abs=1e-3)
    assert model.leakage_pj(10**9) / EnergyModel().leakage_pj(10**9) == pytest.approx(667 / 410, rel=1e-6)
    assert model.synaptic_event_pj == EnergyModel().synaptic_event_pj
