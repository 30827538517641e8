"""Reading of IBM's model files, against a small one whose program is given here by hand."""

import re

import numpy as np
import pytest

from neurosyn.chip.crossbar import unpack_bits
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.errors import DataError
from neurosyn.formats import json_stream
from neurosyn.formats.ibm.reader import read_cpe
from neurosyn.formats.spikes.files import read_spikes
from tests.formats.playing import play, rows, same_function


def test_everything_is_where_the_file_says(two_cores):
    program = two_cores
    assert (program.cores, program.axons, program.neurons, program.pins) == (2, 8, 8, 512)
    # Core 3 comes first: cores are in the order of their numbers.
    assert program.about["core_ids"] == [3, 7]
    assert program.seeds.tolist() == [12345, 4294967295]
    assert program.axon_types.tolist() == [[0, 1, 0, 2, 3, 3, 3, 3], [0, 0, 0, 0, 3, 3, 3, 3]]
    on = unpack_bits(np.swapaxes(program.crossbars[program.crossbar], 1, 2), 8)
    assert np.argwhere(on[0].T).tolist() == [[0, 0], [0, 1], [1, 0], [2, 2], [3, 3], [7, 7]]
    assert (on[1] == np.eye(8, dtype=bool)).all()
    # Entries 2 and 3 of core 3 are for dendrites 3 and 2.
    assert program.dest_core.tolist() == [[OUTPUT] * 4 + [NO_DESTINATION] * 4, [0] * 4 + [NO_DESTINATION] * 4]
    assert program.dest_axon[0, :4].tolist() == [0, 1, 256 + 5, 256 + 255]
    assert program.dest_axon[1, :4].tolist() == [0, 1, 2, 3]
    assert program.delay.tolist() == [[1, 1, 4, 15, 1, 1, 1, 1], [1, 2, 3, 1, 1, 1, 1, 1]]
    assert program.initial_potential[0].tolist() == [0, 0, -5, 2, 0, 0, 0, 0]


def test_every_parameter_of_a_neuron_arrives(two_cores):
    kinds = two_cores.neuron_types[two_cores.neuron_type]
    row = [field.tolist() for field in kinds[0, 2]]
    assert row == [[3, 4, -5, 6], [True, False, True, False], -7, True, True, 262143, 9, 8, 2, False, 0]
    assert kinds[0, 3]["reset"] == -3
    assert kinds[1, 0]["weights"].tolist() == [1, 0, 0, -255]
    # Type 0 is not in the library: an unused neuron.
    assert not kinds[1, 4]["weights"].any()
    assert kinds[1, 4]["threshold"] > 0


def test_it_does_what_was_worked_out_by_hand(two_cores, data):
    # Core 7 passes axons 0, 1 and 3 on in tick 1, with delays 1, 2 and 1; axon 0 again in ticks 2 and 3.
    # Core 3: neuron 3 begins at 2 and leaks 1: 1, 0, then 0 + 5 − 1 = 4 in tick 2: fires.
    # Neuron 0: 2, then 2 + 2 − 1 = 3 in tick 3: fires, 0 stays. Neuron 1: 2, 4 fires, 1 stays, 3 fires in tick 4.
    spikes = read_spikes(data / "two_cores.sfti", two_cores)
    assert rows(play(two_cores, spikes)) == [(2, 0, 3, 511), (3, 0, 0, 0), (3, 0, 1, 1), (4, 0, 1, 1)]


@pytest.mark.parametrize("chunk", [17, 1000])
def test_pieces_of_any_size_give_the_same_program(monkeypatch, two_cores, data, chunk):
    monkeypatch.setattr(json_stream, "_CHUNK", chunk)
    assert same_function(read_cpe(data / "two_cores.json"), two_cores)


def test_neurons_may_be_objects_with_types_of_any_name(two_cores, data, tmp_path):
    text = (data / "two_cores.json").read_text(encoding="ascii")
    neurons = ",".join(
        f'{{"type":"{kind}","dendrite":{i},"destCore":{core},"destAxon":{axon},"delay":{delay}}}'
        for i, (kind, core, axon, delay) in enumerate(
            [("-12", 3, 0, 1), ("-12", 3, 1, 2), ("-12", 3, 2, 3), ("-12", 3, 3, 1)] + [("N00000000", -1, -1, 1)] * 4
        )
    )
    text = re.sub(r'"neurons":\{[^}]*"1x4","0x4"[^}]*\}', f'"neurons":[{neurons}]', text).replace("N00000001", "-12")
    path = tmp_path / "objects.json"
    path.write_text(text, encoding="ascii")
    assert same_function(read_cpe(path), two_cores)


def edited(data, tmp_path, old, new):
    text = (data / "two_cores.json").read_text(encoding="ascii")
    assert old in text
    path = tmp_path / "edited.json"
    path.write_text(text.replace(old, new, 1), encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "fragment"),
    [
        ('"coreCount":2', '"coreCount":3', 75, "has 2 cores, its model announces 3"),
        ('"coreCount":2', '"coreCount":4000000000', 4, "coreCount is 4000000000; the range is"),
        ('"coreCount":2', '"coreCount":16000000', 4, "more than 16,777,216 neurons"),
        ('"coreCount":2', '"coreCount":"2"', 4, "coreCount is '2', not an integer"),
        ('"crossbarSize":8', '"crossbarSize":16', 13, "has 8 rows; the model's crossbarSize is 16"),
        ('"crossbarSize":8', '"crossbarSize":1e3', 4, "crossbarSize is 1000.0, not an integer"),
        ('"neuronclass":"NeuronGeneral"', '"neuronclass":"Other"', 4, "only 'NeuronGeneral' is known"),
        ('"model"', '"modl"', 12, "'model' must come before"),
        ('"synapses":"80"', '"synapses":"8"', 13, "row 0 of the crossbar is not"),
        ('"synapses":"80"', '"synapses":"80 00"', 13, "row 0 of the crossbar has 2 bytes of synapses, not 1"),
        ('"type":"S3","synapses":"08"', '"type":"S4","synapses":"08"', 13, "row 4 of the crossbar is not"),
        ('"crossbarTypes":[', '"crossbarTypes":{', 12, "stands where a list should be"),
        ('"s0":1,', "", 31, "neuron type N00000001: it lacks 's0'"),
        ('"s3":255', '"s3":256', 31, "s3 is 256; the range is 0…255"),
        ('"sigma0":1', '"sigma0":0', 31, "sigma0 is 0; it must be 1 or -1"),
        ('"b0":false', '"b0":2', 31, "b0 is 2; the range is 0…1"),
        ('"alpha":1,', '"alpha":262144,', 31, "alpha is 262144; the range is 0…262143"),
        ('"TM":8', '"TM":19', 33, "TM is 19; the range is 0…18"),
        ('"gamma":2', '"gamma":3', 33, "gamma is 3; the range is 0…2"),
        ('"VR":2', '"VR":20', 34, "VR is 20; the range is 0…19"),
        ('"V":2', '"V":524288', 34, "V is 524288; the range is -524288…524287"),
        ("N0000000A", "N00000001", 32, "neuron type N00000001 occurs twice"),
        ('"class":"NeuronGeneral",', '"class":"X",', 31, "class is 'X'"),
        ('"id":7', '"id":3', 52, "core 3 occurs twice"),
        ('"id":7', '"id":-1', 37, "the id of a core is -1"),
        ('"id":7,', "", 37, "a core lacks 'id'"),
        ('"rngSeed":12345', '"rngSeed":4294967296', 52, "core 3: rngSeed is 4294967296"),
        ('"timeScaleExponent":0', '"timeScaleExponent":1', 37, "core 7: timeScaleExponent is 1"),
        ('"types":["1x4","0x4"]', '"types":["1x4","4294967296x4"]', 37, "core 7: types holds 4294967296"),
        ('"types":["1x4","0x4"]', '"types":["1x4","0x5"]', 37, "core 7: types has more than 8 entries"),
        ('"types":["1x4","0x4"]', '"types":["1x4","0x3"]', 37, "core 7: destCores has 8 entries, types has 7"),
        ('"types":["1x4","0x4"]', '"types":["1x4","2x4"]', 37, "core 7: there is no neuron type 2 (N00000002)"),
        ('"3x4","-2x4"', '"4x4","-2x4"', 37, "core 7: neuron 0 sends to core 4, which the file does not have"),
        ('"3x4","-2x4"', '"3x4","-3x4"', 37, "core 7: destCores has the value -3 at entry 4"),
        ('"-32x2"', '"-99999999x2"', 52, "core 3: destCores has the value -99999999 at entry 0"),
        ('"destAxons":["0:3"', '"destAxons":["8x4"', 37, "core 7: destAxons has the value 8 at entry 0"),
        ('"255","5"', '"256","5"', 52, "core 3: destAxons has the value 256 at entry 2"),
        ('"destDelays":["1:3"', '"destDelays":["0:2"', 37, "core 7: destDelays has the value 0 at entry 0"),
        ('"15","4"', '"16","4"', 52, "core 3: destDelays has the value 16 at entry 2"),
        ('"0:1","3:-1:2"', '"0:1","3","3"', 52, "core 3: two neurons have the same dendrite"),
        ('"dendrites":["0:7"]', '"dendrites":["1:8"]', 37, "core 7: dendrites has the value 8 at entry 7"),
        (
            '"crossbar":{"name":"identity',
            '"crossbar":{"name":"dentity',
            37,
            "core 7: there is no crossbar type 'dentity",
        ),
        ('"destCores":["3x4","-2x4"],', "", 37, "core 7: neurons lacks 'destCores'"),
        ('"rngSeed":12345', '"rngSeed":1,"rngSeed":2', 52, "an object has the key 'rngSeed' twice"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(data, tmp_path, old, new, line, fragment):
    path = edited(data, tmp_path, old, new)
    with pytest.raises(DataError) as caught:
        read_cpe(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert fragment in str(caught.value)


def test_a_file_cut_anywhere_is_refused(data, tmp_path):
    whole = (data / "two_cores.json").read_bytes().rstrip()
    path = tmp_path / "cut.json"
    for size in range(0, len(whole), 41):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError):
            read_cpe(path)


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_cpe(tmp_path / "none.json")
    with pytest.raises(DataError, match="is not a file"):
        read_cpe(tmp_path)
