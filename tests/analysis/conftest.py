"""Recorded runs for analyses: made up, computed by hand, on a board, and with every packet."""

import numpy as np
import pytest

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.chip.program import OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.recorder import ParquetRecorder
from tests.engine.programs import make_program, place
from tests.runs import record_run, simulate_scenario

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
    """Record a made-up run and open it: ``record(run, options)``."""

    def record(run, options=None, name="made-up"):
        return FinishedRun(record_run(run, tmp_path / name, options))

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
def board_run(board_trace):
    """The recorded traffic on two chips as a run."""
    return FinishedRun(board_trace)


@pytest.fixture(scope="session")
def packet_run(tiny, tmp_path_factory):
    """The tiny scenario with every frame timed and everything recorded."""
    overrides = ['trace.level="packet"', 'simulate.timing="compiled"', 'simulate.timed_frames="all"']
    folder = tmp_path_factory.mktemp("runs") / "packets"
    simulate_scenario(tiny, folder, *overrides)
    return FinishedRun(folder)
