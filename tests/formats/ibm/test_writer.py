"""Writing IBM's model files: round trips, and what the format cannot hold."""

import numpy as np
import pytest
from hypothesis import given, settings

from neurosyn.chip.program import NEURON_TYPE
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import ChipLimitError
from neurosyn.formats.ibm.reader import read_cpe
from neurosyn.formats.ibm.writer import write_cpe, write_line_map
from neurosyn.testing.programs import random_program
from neurosyn.testing.strategies import neuron_types, programs
from tests.formats.playing import play, rows, same_function


def sayable(row):
    """The row with a reset potential that the format can say."""
    reset = row[-1]
    return (*row[:-1], (1 if reset >= 0 else -1) * (2 ** (abs(reset) % 20) - 1))


SAYABLE = neuron_types().map(sayable)


@settings(max_examples=40, deadline=None)
@given(program=programs(SAYABLE, max_cores=3, max_axons=70, max_neurons=70))
def test_a_round_trip_gives_the_same_program_and_spikes(tmp_path_factory, program):
    path = tmp_path_factory.mktemp("cpe") / "program.json"
    write_cpe(program, path)
    again = read_cpe(path)
    if program.axons == program.neurons:
        assert same_function(program, again)
    spikes = InputSpikes.to_axons(
        np.repeat(np.arange(5), len(program.input_core)),
        np.tile(program.input_core, 5),
        np.tile(program.input_axon, 5),
    )
    played = rows(play(program, spikes, 6))
    assert rows(play(again, spikes, 6)) == played


def test_writing_what_was_read_keeps_numbers_of_cores(two_cores, tmp_path):
    write_cpe(two_cores, tmp_path / "again.json")
    again = read_cpe(tmp_path / "again.json")
    assert again.about["core_ids"] == [3, 7]
    assert same_function(again, two_cores)
    assert again.pins == two_cores.pins


def test_equal_crossbars_and_neurons_are_written_once(tmp_path):
    random = np.random.default_rng(0)
    program = random_program(random, np.zeros(3, NEURON_TYPE), cores=5, axons=16, neurons=16, crossbars=1)
    program.axon_types[:] = program.axon_types[0]
    program.neuron_type[:] = 1
    write_cpe(program, tmp_path / "p.json")
    text = (tmp_path / "p.json").read_text(encoding="ascii")
    assert text.count('"rows"') == 1
    assert text.count('"alpha"') == 1
    assert text.count('"types":["1x16"]') == 5


def test_reset_potentials_that_the_format_cannot_say_are_refused(tmp_path):
    types = np.zeros(1, NEURON_TYPE)
    types["reset"] = 5
    program = random_program(np.random.default_rng(0), types, cores=1, axons=8, neurons=8)
    with pytest.raises(ChipLimitError, match="a reset potential is 5"):
        write_cpe(program, tmp_path / "p.json")
    assert list(tmp_path.iterdir()) == []
    # Linear reset never reads it.
    program.neuron_types["reset_mode"] = 1
    write_cpe(program, tmp_path / "p.json")


def test_the_line_map_says_where_inputs_enter_and_what_pins_mean(tmp_path, two_cores):
    write_line_map(two_cores, tmp_path / "two.csv")
    lines = (tmp_path / "two.csv").read_text(encoding="ascii").splitlines()
    assert lines[:2] == ["kind,number,core,axon,class", "output,0,-32,0,-1"]
    assert lines[257] == "output,256,-33,0,-1"
    program = random_program(np.random.default_rng(1), np.zeros(1, NEURON_TYPE), cores=2, lines=2, pins=0)
    write_line_map(program, tmp_path / "p.csv")
    first = f"input,0,{program.input_core[0]},{program.input_axon[0]},"
    assert (tmp_path / "p.csv").read_text(encoding="ascii").splitlines()[1] == first
