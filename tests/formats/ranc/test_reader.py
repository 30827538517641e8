"""Reading of RANC files, against a small one whose program is given here by hand."""

import copy
import json

import numpy as np
import pytest

from neurosyn.chip.neuron import NeuronParameters, apply_threshold
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.errors import DataError, ScenarioError
from neurosyn.formats.open_program import open_program, place_at
from neurosyn.formats.ranc.reader import read_ranc
from tests.formats.playing import play, rows


@pytest.fixture
def document(data):
    return json.loads((data / "grid.json").read_text(encoding="ascii"))


@pytest.fixture
def read(tmp_path):
    def write_and_read(document, **options):
        path = tmp_path / "grid.json"
        path.write_text(json.dumps(document), encoding="ascii")
        return read_ranc(path, **options)

    return write_and_read


def test_everything_is_where_the_file_says(data):
    grid = read_ranc(data / "grid.json")
    program = grid.program
    assert grid.xy.tolist() == [[0, 0], [2, 1]]
    assert (program.cores, program.axons, program.neurons, program.pins) == (2, 256, 256, 300)
    assert program.axon_types[:, :3].tolist() == [[0, 1, 0], [0, 3, 0]]
    assert program.crossbars[program.crossbar][:, 0, :2].tolist() == [[0b011, 0b100], [0b010, 0]]
    assert program.dest_core[:, :2].tolist() == [[1, OUTPUT], [OUTPUT, NO_DESTINATION]]
    assert (program.dest_core[:, 2:] == NO_DESTINATION).all()
    assert not program.crossbars[:, 1:].any()
    assert not program.crossbars[:, :, 2:].any()
    # The bus has 300 outputs, so its east neighbour stands for lines 256 and above.
    assert program.dest_axon[:, :2].tolist() == [[1, 4], [256 + 7, 0]]
    assert program.delay[:, :2].tolist() == [[3, 1], [1, 1]]
    kinds = program.neuron_types[program.neuron_type[:, :2]]
    assert kinds["weights"][0].tolist() == [[1, -1, 0, 0], [2, 0, 0, 0]]
    assert kinds["negative_threshold"].tolist() == [[0, 2], [3, 0]]
    assert kinds["reset_mode"].tolist() == [[0, 1], [0, 0]]
    assert kinds["reset"].tolist() == [[0, 0], [2, 0]]
    # A packet of row t with delay d is integrated in tick t + d; the engine's stamps are one tick earlier.
    spikes = grid.spikes
    assert list(zip(spikes.tick, spikes.core, spikes.axon, strict=True)) == [
        (-1, 0, 0),
        (-1, 0, 2),
        (0, 0, 2),
        (1, 0, 2),
    ]


def test_it_does_what_was_worked_out_by_hand(data):
    # Neuron 0 fires in tick 0 and reaches the other core in tick 0 + 1 + 2: −1, −2, −3, then −3 + 6 − 1 = 2 fires.
    # Neuron 1: 2, 4 fires in tick 1 and keeps 1, 3 fires in tick 2 and keeps 0.
    grid = read_ranc(data / "grid.json")
    played = play(grid.program, grid.spikes, 6, place_at(grid.program, grid.xy))
    assert rows(played) == [(1, 0, 1, 4), (2, 0, 1, 4), (3, 1, 0, 263)]


def test_below_the_negative_threshold_both_resets_are_asymmetric(document, read):
    # Leak −2 from 0 and θ = −3: −2, then −4 < −3: absolute gives −R = −1 (R = 1), linear −4 + 3 = −1.
    for mode, reset in ((0, 1), (1, 0)):
        neuron = document["cores"][0]["neurons"][1]
        neuron |= {"leak": -2, "negative_threshold": -3, "reset_mode": mode, "reset_potential": reset}
        kind = read(document).program
        row = kind.neuron_types[kind.neuron_type[0, 1]]
        assert (row["negative_threshold"], row["negative_saturation"], row["reset_mode"]) == (3, False, mode)


@pytest.mark.parametrize(("threshold", "reset"), [(-3, 1), (-3, 0), (-1, 5), (0, 0)])
@pytest.mark.parametrize("given", ["file", "option"])
def test_reset_type_1_also_resets_at_the_negative_threshold(document, read, given, threshold, reset):
    neuron = document["cores"][0]["neurons"][1]
    neuron |= {"negative_threshold": threshold, "reset_mode": 0, "reset_potential": reset, "positive_threshold": 4}
    for other in (document["cores"][0]["neurons"][0], document["cores"][1]["neurons"][0]):
        other |= {"negative_threshold": 0, "reset_mode": 0, "reset_potential": 0}
    if given == "file":
        document["neuron_reset_type"] = 1
    grid = read(document, **({"reset_type": 1} if given == "option" else {}))
    assert grid.reset_type == 1
    program = grid.program
    potential = np.arange(-8, 4, dtype=np.int32)
    neurons = NeuronParameters.of_types(program.neuron_types, np.full(len(potential), program.neuron_type[0, 1]))
    fired, after = apply_threshold(neurons, potential)
    assert not fired.any()
    assert after.tolist() == [-reset if v <= threshold else v for v in potential.tolist()]


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"reset_mode": 1, "negative_threshold": -2}, "reset mode 1"),
        ({"reset_mode": 0, "negative_threshold": 0, "reset_potential": 2}, "a reset to another potential"),
    ],
)
def test_neurons_of_reset_type_1_that_truenorth_lacks_are_refused(document, read, change, fragment):
    for core in document["cores"]:
        core["neurons"][0] |= {"negative_threshold": 0, "reset_mode": 0, "reset_potential": 0}
    document["cores"][0]["neurons"][1] |= change
    read(document, reset_type=0)
    with pytest.raises(DataError, match=f"core 0: neuron 1 has .*{fragment}.*use reset type 0"):
        read(document, reset_type=1)


def test_linear_neurons_without_negative_threshold_are_the_same_in_both_reset_types(document, read):
    for core in document["cores"]:
        for neuron in core["neurons"]:
            neuron |= {"negative_threshold": 0, "reset_mode": 1}
    types = [read(document, reset_type=number).program.neuron_types for number in (0, 1)]
    assert (types[0] == types[1]).all()


def test_reset_types_that_contradict_each_other_are_refused(document, read, data):
    with pytest.raises(ScenarioError, match="has neuron_reset_type 0, the option says 1"):
        read(document | {"neuron_reset_type": 0}, reset_type=1)
    with pytest.raises(ScenarioError, match="is no program of RANC"):
        open_program(data / "two_cores.json", ranc_reset_type=1)


def test_packets_to_nowhere_are_lost(document, read):
    document["cores"][0]["neurons"][0]["destination_core_offset"] = [1, 0]
    assert read(document).program.dest_core[0, :2].tolist() == [NO_DESTINATION, OUTPUT]
    document["output_bus"]["num_outputs"] = 256
    assert read(document).program.dest_core.tolist()[1][0] == NO_DESTINATION


def test_sizes_come_from_the_file_where_it_gives_them(document, read):
    document |= {"num_axons": 100, "num_neurons": 70}
    program = read(document).program
    assert (program.axons, program.neurons, program.crossbars.shape[1:]) == (100, 70, (2, 70))
    silent = program.neuron_types[program.neuron_type[0, 69]]
    assert silent["threshold"] == 1
    assert not silent["weights"].any()


def change(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


NEURON = ("cores", 0, "neurons", 0)


@pytest.mark.parametrize(
    ("path", "value", "fragment"),
    [
        (("cores",), [], "has no cores"),
        (("cores",), ..., "the section 'cores' is missing"),
        (("output_bus",), ..., "the section 'output_bus' is missing"),
        (("output_bus", "num_outputs"), 10**12, "num_outputs is 1000000000000"),
        (("output_bus", "num_outputs"), 4, "core 0: neuron 1 sends to output line 4; the bus has 4"),
        (("output_bus", "coordinates"), [2, 1], "its position [2, 1] is taken"),
        (("cores", 1, "coordinates"), [0, 0], "core 1: its position [0, 0] is taken"),
        (("cores", 1, "coordinates"), [0, -1], "y of coordinates is -1"),
        (("cores", 1, "coordinates"), [0], "has 1 numbers, not x and y"),
        (("cores", 0, "axons"), [0, 4, 0], "core 0: axons[1] is 4; the range is 0…3"),
        (("cores", 0, "neurons"), [], "core 0: it has no neurons"),
        (("cores", 0, "connections"), [[1, 1, 0]], "connections has 1 lists for 2 neurons"),
        (("cores", 0, "connections", 1), [0, 2], "connections[1] has something else than 0 and 1"),
        (("cores", 0, "connections", 1), [0, 0.5], "connections[1] has something else than 0 and 1"),
        (("cores", 0, "connections", 1), [0, [1]], "connections[1] has something else than 0 and 1"),
        (("cores", 0, "connections", 1), 3, "connections[1] is 3, not a list"),
        ((*NEURON, "weights"), [1] * 5, "neuron 0: weights has 5 elements; there can be 4"),
        ((*NEURON, "weights"), [256], "weights[0] is 256; the range is -255…255"),
        ((*NEURON, "leak"), -256, "leak is -256"),
        ((*NEURON, "leak"), ..., "it lacks 'leak'"),
        ((*NEURON, "positive_threshold"), -1, "positive_threshold is -1"),
        ((*NEURON, "negative_threshold"), 1, "negative_threshold is 1; the range is -262143…0"),
        ((*NEURON, "reset_mode"), 2, "reset_mode is 2"),
        ((*NEURON, "reset_potential"), 2**19, "reset_potential is 524288"),
        ((*NEURON, "current_potential"), 0.0, "current_potential is 0.0, not an integer"),
        ((*NEURON, "destination_core_offset"), [-1, 0], "core 0: neuron 0 sends to position [-1, 0], outside the grid"),
        ((*NEURON, "destination_core_offset"), [256, 0], "destination_core_offset is 256"),
        ((*NEURON, "destination_axon"), 70_000, "core 0: neuron 0 sends to axon 70000"),
        ((*NEURON, "destination_tick"), 15, "destination_tick is 15; the range is 0…14"),
        (("packets",), {}, "stands where a list should be"),
        (("packets", 0, 0, "destination_core"), [1, 0], "goes to position [1, 0], where no core is"),
        (("packets", 0, 0, "destination_tick"), 15, "packets of tick 0: destination_tick is 15"),
        (("packets", 2, 0, "destination_axon"), -1, "packets of tick 2: destination_axon is -1"),
        (("num_axons",), 2, "num_axons is 2, but 3 are used"),
        (("num_neurons",), 10**9, "num_neurons is 1000000000"),
        (("neuron_reset_type",), 2, "neuron_reset_type is 2"),
    ],
)
def test_what_does_not_fit_is_refused(document, read, path, value, fragment):
    with pytest.raises(DataError, match=r"grid.json:1: ") as caught:
        read(change(document, path, value))
    assert fragment in str(caught.value)


def test_sizes_beyond_reason_are_refused(document, read):
    document["num_axons"] = document["num_neurons"] = 65_535
    document["cores"] = [
        copy.deepcopy(document["cores"][0]) | {"coordinates": [10 + i, 0], "connections": [[1], [1]]} for i in range(3)
    ]
    document["packets"] = []
    with pytest.raises(DataError, match="more than can be simulated"):
        read(document)


def test_positions_of_several_chips_get_a_board_that_has_them(document, read):
    document["cores"][1]["coordinates"] = [100, 1]
    document["cores"][0]["neurons"][0]["destination_core_offset"] = [100, 1]
    document["output_bus"] = {"coordinates": [101, 1], "num_outputs": 5}
    document["cores"][0]["neurons"][1]["destination_core_offset"] = [101, 1]
    document["cores"][1]["neurons"][0] |= {"destination_core_offset": [1, 0], "destination_axon": 0}
    grid = read(document)
    placement = place_at(grid.program, grid.xy)
    assert (placement.mesh.rows, placement.mesh.columns) == (1, 2)
    assert rows(play(grid.program, grid.spikes, 4, placement)) == [(1, 0, 1, 4), (2, 0, 1, 4), (3, 1, 0, 0)]
    assert np.array_equal(placement.xy, [[0, 0], [100, 1]])
