import pytest

from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder


@pytest.fixture
def record(tmp_path):
    """Record a made-up run and open the trace: ``record(run, options)``."""

    def record(run=None, options=None, folder=tmp_path / "trace"):
        info, ticks = random_run() if run is None else run
        recorder = ParquetRecorder(folder, options)
        recorder.started(info)
        for columns in ticks:
            recorder.tick(columns)
        recorder.finished()
        return Trace(folder)

    return record
