"""Compiled networks in IBM's format."""

import csv

import numpy as np

from neurosyn.chip.spikes import InputSpikes
from neurosyn.compiler.compile import compile_network
from neurosyn.formats.export import export_cpe
from neurosyn.formats.ibm.reader import read_cpe
from neurosyn.formats.program_file import save_program
from neurosyn.network.layer import MapShape
from neurosyn.registry import registry
from neurosyn.testing.models import random_model
from tests.formats.playing import play, rows
from tests.networks import bind_topology


def compiled():
    image = MapShape(16, 16, 3)
    topology = registry.get("topologies", "eedn_tiny")()
    network = bind_topology(topology, image, 10)
    return compile_network(random_model(network, 1))


def test_a_compiled_network_spikes_alike_in_ibms_format(tmp_path):
    program = compiled()
    save_program(program, tmp_path / "program.npz")
    model, lines = export_cpe(tmp_path / "program.npz")
    again = read_cpe(model)
    with lines.open(encoding="ascii", newline="") as table:
        entries = [row for row in csv.DictReader(table) if row["kind"] != "output"]
    random = np.random.default_rng(0)
    frames = random.random((6, int(program.input_line.max()) + 1)) < 0.5

    tick, line = np.nonzero(program.lines_of(frames))
    ours = rows(play(program, InputSpikes.on_lines(program, tick, line.astype(np.int32)), 14))
    # The exported files alone give the axon of each element of a frame.
    spikes = [
        (number, int(row["core"]), int(row["axon"]))
        for number, frame in enumerate(frames)
        for row in entries
        if frame[int(row["number"])] != (row["kind"] == "inverted")
    ]
    when, core, axon = np.array(spikes).T
    theirs = rows(play(again, InputSpikes.to_axons(when, core.astype(np.int32), axon.astype(np.int32)), 14))
    assert len(ours) > 20
    assert theirs == ours
