"""A chip stepped by hand."""

import numpy as np
import pandas as pd
import pytest

import neurosyn as ns
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.program import OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.errors import BackendError, DataError, NeurosynError, ScenarioError
from neurosyn.formats.program_file import save_program
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import make_program, neuron_type, place

US = 1_000_000


def adder():
    """Core 0 adds up, with a leak of −1 down to −3, and fires at 4 into core 1, which relays to the host's pin."""
    types = np.concatenate(
        [
            neuron_type(weights=(3, 0, 0, 0), leak=-1, threshold=4, negative_threshold=3),
            neuron_type(weights=(1, 0, 0, 0)),
        ]
    )
    return make_program(
        np.ones((2, 2, 1)),
        [[1], [OUTPUT]],
        [[0], [0]],
        types=types,
        neuron_type_of=np.array([[0], [1]], np.int32),
        inputs=[(0, 0), (0, 1)],
        pins=1,
    )


def simulator(**options):
    return ns.Simulator(adder(), **({"timing": "none", "backend": "numpy"} | options))


def test_a_sum_by_hand():
    with simulator() as sim:
        sim.inject(core=0, axon=0)
        assert sim.step().potential(core=0).tolist() == [-1]
        assert sim.step().potential(core=0).tolist() == [1]  # −1 + 3 − 1
        sim.inject(lines=[0, 1])
        assert sim.step().potential(core=0).tolist() == [0]
        sim.step()  # 0 + 6 − 1 is over the threshold
        assert sim.potential().tolist() == [[0], [0]]
        assert sim.spikes.values.tolist() == [[3, 0, 0, 1, 0]]
        sim.step(3)
        assert sim.spikes[["tick", "core", "neuron", "dest_core"]].values.tolist() == [[3, 0, 0, 1], [4, 1, 0, OUTPUT]]
        assert sim.tick == 7
        events = sim.events
    assert (events["ticks"], events["spikes"], events["input_packets"], events["output_packets"]) == (7, 2, 3, 1)
    assert events["synaptic_events"] == 4
    assert sim.ticks["spikes"].tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_early_spikes_and_frames():
    sim = simulator()
    sim.inject(0, [0, 1], tick=-1)
    assert len(sim.step().spikes) == 1
    other = simulator()
    other.inject(frame=[1, 7])
    other.inject(frame=[1, 0], tick=[3, 3])
    assert other.step(9).spikes["tick"].tolist() == [1, 2]
    assert other.events["input_packets"] == 4
    assert other.events["collisions"] == 1


def test_ticks_have_the_rows_of_the_trace(tmp_path):
    sim = simulator(probes=[ParquetRecorder(tmp_path)])
    sim.inject(lines=[0, 1])
    sim.step(5)
    sim.finish()
    pd.testing.assert_frame_equal(sim.ticks.astype(float), Trace(tmp_path).ticks().astype(float))


def test_reset_begins_anew():
    sim = simulator(probes=[diary := Diary()])
    sim.inject(lines=[0, 1])
    first = sim.step(5).spikes, sim.potential(), sim.events
    sim.reset()
    assert (sim.tick, len(sim.spikes), len(sim.ticks)) == (0, 0, 0)
    assert len(sim.step(5).spikes) == 0
    sim.reset()
    sim.inject(lines=[0, 1])
    again = sim.step(5).spikes, sim.potential(), sim.events
    assert first[0].equals(again[0])
    assert first[1].tolist() == again[1].tolist()
    assert first[2] == again[2]
    sim.close()
    assert diary.lines == ["none", 5, "end"] * 3


class Diary(Probe):
    def __init__(self):
        self.lines = []

    def started(self, info):
        self.lines += [info.timing, 0]

    def tick(self, columns):
        self.lines[-1] += 1

    def finished(self):
        self.lines.append("end")


@pytest.mark.parametrize("timing", ["compiled", "simpy"])
def test_times_of_a_tick(timing):
    chip = {"neuron_time_ps": US, "synaptic_event_time_ps": 0, "hop_latency_ps": 10, "voltage": 0.8}
    sim = simulator(timing=timing, chip=chip)
    assert sim.chip.voltage == 0.8
    sim.inject(lines=[0, 1])
    packets = sim.step(2).packets
    assert packets[["tick", "source_core", "dest_core"]].values.tolist() == [[1, 0, 1]]
    assert (packets["send_ps"] - sim.ticks["start_ps"].iloc[-1]).tolist() == [US]
    assert sim.timing.tick_period_ps == sim.ticks["makespan_ps"].max() > US
    result = sim.finish()
    spikes = InputSpikes.on_lines(sim.program, np.zeros(2, np.int64), np.array([0, 1], np.int32))
    options = SimulateOptions(timing=timing, backend="numpy")
    whole = simulate_ticks(sim.program, sim.placement, sim.chip, options, spikes, 2)
    assert result.timing.makespans_ps.tolist() == whole.timing.makespans_ps.tolist()
    with pytest.raises(DataError, match=r"simulator: is over; `reset\(\)` starts over"):
        sim.step()
    assert len(sim.spikes) == 1


def test_programs_from_files_and_runs(tmp_path, finished_run):
    save_program(adder(), tmp_path / "adder.npz")
    sim = ns.Simulator(tmp_path / "adder.npz", timing="none")
    sim.inject(lines=[0, 1])
    assert len(sim.step(5).spikes) == 2
    run = ns.open_run(finished_run)
    of_run = ns.Simulator(run, timing="none", chip={"voltage": 0.7})
    assert (of_run.placement.xy == run.placement.xy).all()
    assert of_run.chip == run.trace.chip.model_copy(update={"voltage": 0.7})
    assert of_run.step(2).tick == 2


def test_a_given_placement_and_chip():
    program = adder()
    placement, chip = place(program, np.random.default_rng(2), voltage=0.9)
    sim = ns.Simulator(program, placement=placement, chip=chip, timing="none")
    assert sim.placement is placement
    assert (sim.chip.voltage, sim.chip.chips) == (0.9, (1, 1))
    assert ns.Simulator(program, chip=ChipOptions(voltage=0.9), timing="none").chip.voltage == 0.9


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "give `core` and `axon`, or `lines`"),
        ({"core": 0}, "give `core` and `axon`"),
        ({"core": 0, "axon": 0, "lines": 0}, "give `core` and `axon`"),
        ({"core": 2, "axon": 0}, "core 2; the program has 2"),
        ({"core": 0, "axon": -1}, "axon -1"),
        ({"core": 0.5, "axon": 0}, "core is float64"),
        ({"core": [0, 1], "axon": [0, 0, 0]}, "2 of core, 3 of axon do not go together"),
        ({"core": [[0]], "axon": 0}, "give a whole number, or a list"),
        ({"lines": 2}, "line 2; the program has 2"),
        ({"lines": 2**40}, "lines goes beyond"),
        ({"frame": [1]}, r"the program needs \(2,\)"),
        ({"lines": 0, "tick": 1}, "stamped 1; the next tick is 2"),
        ({"lines": 0, "tick": -2}, "stamped -2"),
    ],
)
def test_what_cannot_be_injected(given, said):
    sim = simulator().step(2)
    with pytest.raises(DataError, match=said):
        sim.inject(**given)
    assert sim.step(3).events["input_packets"] == 0


@pytest.mark.parametrize("ticks", [-1, 0.5, True])
def test_what_is_no_number_of_ticks(ticks):
    with pytest.raises(DataError, match="is no number of ticks"):
        simulator().step(ticks)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"chip": {"voltag": 1.0}}, ScenarioError, "did you mean 'voltage'"),
        ({"timing": "exact"}, ScenarioError, "'compiled', 'simpy' or 'none'"),
        ({"tick": -1.0}, ScenarioError, "simulate.tick"),
    ],
)
def test_slips_in_options(options, kind, said):
    with pytest.raises(kind, match=said):
        simulator(**options)


def test_questions_without_answers():
    sim = simulator()
    with pytest.raises(DataError, match="packets: no timed tick is over"):
        _ = sim.packets
    with pytest.raises(DataError, match="there is no core 2; the program has 2"):
        sim.potential(core=2)
    assert sim.timing is None
    assert "2 cores before tick 0" in repr(sim)
    assert "synaptic events" in sim._repr_html_()


def test_an_interruption_leaves_nothing_to_go_on_from(monkeypatch):
    sim = simulator()
    monkeypatch.setattr(
        "neurosyn.engine.clock.Clock.advance", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        sim.step()
    monkeypatch.undo()
    with pytest.raises(NeurosynError, match="was interrupted"):
        sim.step()
    sim.reset()
    assert sim.step().tick == 1
    assert issubclass(BackendError, NeurosynError)
