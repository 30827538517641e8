import numpy as np
import pytest

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.program import OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.run.stages import Stages
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.progress import StageProgress
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import layered_program, make_program, place, random_frames

TIMES = {
    "neuron_time_ps": 1000,
    "synaptic_event_time_ps": 10,
    "hop_latency_ps": 7,
    "link_cycle_ps": 7,
    "edge_latency_ps": 50,
    "edge_cycle_ps": 50,
}
"""Round numbers for cases computed by hand."""


@pytest.fixture
def record(tmp_path):
    """Record what a made-up engine says: ``record(run, options)``."""

    def record(run, options=None, name="made-up"):
        recorder = ParquetRecorder(tmp_path / name, options)
        recorder.started(run[0])
        for columns in run[1]:
            recorder.tick(columns)
        recorder.finished()
        return FinishedRun(tmp_path / name)

    return record


@pytest.fixture
def play(tmp_path):
    """Simulate cores of a row that each send one spike to the host in tick 1, and return the recorded run.

    Neuron 0 of each core fires upon the host's spike; the others have no synapse.
    """

    def play(cores=1, neurons=1, options=None, tick="auto", **times):
        crossbars = np.zeros((cores, 1, neurons), bool)
        crossbars[:, 0, 0] = True
        program = make_program(
            crossbars,
            np.full((cores, neurons), OUTPUT),
            np.zeros((cores, neurons), int),
            inputs=[(core, 0) for core in range(cores)],
            pins=1,
        )
        placement, chip = place(program, **(TIMES | times))
        lines = np.arange(cores, dtype=np.int32)
        simulate_ticks(
            program,
            placement,
            chip,
            SimulateOptions(backend="numpy", timing="compiled", tick=tick),
            InputSpikes.on_lines(program, np.zeros(cores, np.int64), lines),
            3,
            probes=[ParquetRecorder(tmp_path / "played", options or TraceOptions(level="packet"))],
        )
        return FinishedRun(tmp_path / "played")

    return play


@pytest.fixture(scope="session")
def board_run(tmp_path_factory):
    """Traffic on two chips with short FIFOs: packets wait, also in several places, and cross from chip to chip."""
    rng = np.random.default_rng(1)
    program = layered_program(rng, widths=(3, 4, 2), axons=24, neurons=20)
    placement, chip = place(program, rng, Mesh(1, 2, 3), fifo_depth=1, neuron_time_ps=2_000, edge_cycle_ps=90_000)
    tick, line = np.nonzero(random_frames(rng, program, 6, 0.5)[:, program.input_line])
    folder = tmp_path_factory.mktemp("boards") / "board"
    simulate_ticks(
        program,
        placement,
        chip,
        SimulateOptions(backend="numpy", timing="compiled"),
        InputSpikes.on_lines(program, tick, line.astype(np.int32)),
        8,
        probes=[ParquetRecorder(folder, TraceOptions(level="packet"))],
    )
    return FinishedRun(folder)


@pytest.fixture(scope="session")
def packet_run(tiny, tmp_path_factory):
    """The tiny scenario with every frame timed and everything recorded."""
    overrides = ['trace.level="packet"', 'simulate.timing="compiled"', 'simulate.timed_frames="all"']
    folder = tmp_path_factory.mktemp("runs") / "packets"
    with StageProgress(Stages.STAGES, quiet=True) as progress:
        Stages(load_scenario(tiny, overrides=overrides), folder).simulate(progress)
    return FinishedRun(folder)
