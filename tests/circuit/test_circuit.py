"""Circuits by hand: spikes computed by hand against the reference engine, limits, and the program's arrays."""

import doctest
import re

import numpy as np
import pytest

import neurosyn as ns
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.circuit import circuit as circuit_module
from neurosyn.errors import ChipLimitError, DataError, ScenarioError
from neurosyn.formats.program_file import load_program
from tests.circuit.playing import play


def small_circuit():
    circuit = ns.Circuit()
    core, other = circuit.core(), circuit.core(layer="output")
    neuron = core.neuron(weights=(2, -1, 0, 0), threshold=3, leak=-1)
    core.connect(core.axon(), neuron)
    core.connect(core.axon(type=1), neuron)
    neuron.to(other, 5, delay=2)
    other.connect(5, other.neuron(weights=(1,)).to_pin(0))
    circuit.input(core, 0)
    circuit.input(core, 1)
    return circuit


@pytest.mark.parametrize("timing", ["none", "simpy", "compiled"])
def test_spikes_by_hand(timing):
    # V after ticks 1, 2, 3: 1, 2, spike (3); the relay two ticks later. Then 1, 0 (inhibited: 1 − 1 − 1 < 0), 1, 2.
    inputs = {0: [0, 1, 2, 5, 7, 8], 1: [6]}
    with ns.Simulator(small_circuit().build(), timing=timing, backend="numpy") as sim:
        for line, ticks in inputs.items():
            sim.inject(lines=line, tick=ticks)
        potentials = [int(sim.step().potential(core=0)[0]) for _ in range(10)]
        assert potentials == [0, 1, 2, 0, 0, 0, 1, 0, 1, 2]
        assert sim.spikes[["tick", "core", "dest_core", "dest_axon"]].values.tolist() == [
            [3, 0, 1, 5],
            [5, 1, OUTPUT, 0],
        ]


def test_the_program():
    program = small_circuit().build()
    assert (program.cores, program.axons, program.neurons, program.pins) == (2, 256, 256, 1)
    assert program.layer_names == ("circuit", "output")
    assert program.axon_types[0, :3].tolist() == [0, 1, 0]
    assert program.delay[0, :2].tolist() == [2, 1]
    assert (program.dest_core[:, 1:] == NO_DESTINATION).all()
    assert np.bitwise_count(program.crossbars).sum() == 3
    assert program.input_axon.tolist() == [0, 1]


def test_the_program_is_saved_and_read(tmp_path):
    program = small_circuit().build()
    ns.save_program(program, tmp_path / "circuit.npz")
    assert play(load_program(tmp_path / "circuit.npz"), {0: [0, 1, 2]}, 8) == {0: [5]}


def test_neurons_that_are_not_written_are_silent():
    circuit = small_circuit()
    with ns.Simulator(circuit.build(), timing="none", backend="numpy") as sim:
        sim.inject(core=0, axon=np.arange(256), tick=0)
        assert sim.step(20).spikes.empty


def test_equal_cores_share_a_crossbar():
    circuit = ns.Circuit()
    for _ in range(3):
        core = circuit.core()
        core.connect(0, core.neuron(weights=(1,)))
    program = circuit.build()
    assert len(program.crossbars) == 1
    assert len(program.neuron_types) == 2
    assert program.seeds.tolist() == [1, 2, 3]


def test_all_neurons_of_a_core():
    circuit = ns.Circuit()
    core = circuit.core()
    for pin in range(256):
        core.connect(core.axon(), core.neuron(weights=(1,)).to_pin(pin))
        circuit.input(core, pin)
    assert play(circuit.build(), {255: [0], 3: [1]}, 4) == {255: [1], 3: [2]}


MISTAKES = [
    (lambda c, k: k.neuron(weights=(0, 256)), "core 0, neuron 0: weight 1 is 256; the range is -255…255"),
    (lambda c, k: k.neuron(weights=[1] * 5), "weights has 5 values; the chip has 4 axon types"),
    (lambda c, k: k.neuron(threshold=2**18), "threshold is 262144; the range is 0…262143"),
    (lambda c, k: k.neuron(leak=-256), "leak is -256; the range is -255…255"),
    (lambda c, k: k.neuron(initial=2**19), "initial is 524288"),
    (lambda c, k: k.neuron(reset_mode=3), "reset_mode is 3; the range is 0…2"),
    (lambda c, k: k.axon(256), "core 0: axon is 256; the range is 0…255"),
    (lambda c, k: k.axon(type=4), "core 0, axon 0: type is 4; the range is 0…3"),
    (lambda c, k: (k.axon(2, type=1), k.axon(2, type=0)), "has type 1 and is given type 0; an axon has one type"),
    (lambda c, k: [k.axon() for _ in range(257)], "has 256 axons, all of them in use; use another core"),
    (lambda c, k: [k.neuron() for _ in range(257)], "has 256 neurons, all of them in use; use another core"),
    (lambda c, k: k.neuron().to(k, 0, delay=16), "delay is 16; the range is 1…15"),
    (lambda c, k: k.neuron().to(k, 0).to_pin(0), "has a destination already, and a neuron has one"),
    (lambda c, k: k.neuron().to_pin(256), "sends to pin 256; pins go up to 255"),
    (lambda c, k: k.neuron().to_pin(-1), "pin is -1"),
    (lambda c, k: k.connect(0, ns.Circuit().core().neuron()), "has no synapse with Neuron 0 of core 0"),
    (lambda c, k: k.neuron().to(ns.Circuit().core(), 0), "Axon 0 of core 0 of another circuit"),
    (lambda c, k: c.input(ns.Circuit().core(), 0), "input line 0: goes to Axon 0 of core 0 of another circuit"),
    (lambda c, k: c.input(c.core(), k.axon()), "Axon 0 of core 0 is no axon of core 1"),
    (lambda c, k: c.core(seed=-1), "core 1: seed is -1"),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake(mistake, message):
    circuit = ns.Circuit()
    mistake(circuit, circuit.core())
    with pytest.raises(ChipLimitError, match=re.escape(message)) as error:
        circuit.build()
    assert str(error.value).startswith("circuit: 1 mistake; correct and build again\n  ")


def test_all_mistakes_at_once_each_with_its_line():
    circuit = ns.Circuit()
    core = circuit.core()
    core.neuron(weights=(300, -300), leak=256).to(core, 256)
    lines = circuit.mistakes
    assert len(lines) == 4
    assert all(re.match(r"test_circuit\.py:\d+: core 0", line) for line in lines)
    with pytest.raises(ChipLimitError) as error:
        circuit.build()
    assert str(error.value).splitlines()[1:] == [f"  {line}" for line in lines]
    assert repr(circuit).count("\n  mistake: ") == 4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda core: core.neuron(threshold=1.5),
        lambda core: core.neuron(weights=3),
        lambda core: core.neuron(weights=("a",)),
        lambda core: core.connect("a", core.neuron()),
        lambda core: core.connect(0, 0),
        lambda core: core.neuron().to(core),
        lambda core: core.neuron().to(1, 2),
        lambda core: core.axon(0.5),
    ],
)
def test_wrong_kinds_of_values_are_errors_at_once(wrong):
    with pytest.raises(DataError, match=r"give"):
        wrong(ns.Circuit().core())


def test_a_circuit_without_cores():
    with pytest.raises(DataError, match=r"has no cores; add one with core\(\)"):
        ns.Circuit().build()


def test_another_chip():
    chip = {"description": {"extends": "truenorth", "core": {"axons": 8, "neurons": 4, "axon_types": 2}}}
    circuit = ns.Circuit(chip=chip)
    core = circuit.core()
    core.connect(core.axon(7, type=1), core.neuron(weights=(0, 3), threshold=3).to_pin(0))
    circuit.input(core, 7)
    program = circuit.build()
    assert (program.axons, program.neurons, program.limits.axon_types) == (8, 4, 2)
    with ns.Simulator(program, chip=chip, timing="none", backend="numpy") as sim:
        sim.inject(lines=0)
        assert sim.step(3).spikes.tick.tolist() == [1]
    core.axon(8)
    assert "the range is 0…7" in circuit.mistakes[0]


def test_a_wrong_chip():
    with pytest.raises(ScenarioError, match=r"circuit: chip"):
        ns.Circuit(chip={"descriptions": "ranc"})


def test_the_example_of_the_class():
    outcome = doctest.testmod(circuit_module)
    assert outcome.attempted > 6
    assert not outcome.failed


def test_repr():
    assert repr(small_circuit()) == "Circuit: 2 cores, 2 neurons, 3 synapses, 2 input lines"
