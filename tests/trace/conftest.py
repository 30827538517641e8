"""Recording of made-up runs."""

import pytest

from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.reader import Trace
from tests.runs import record_run


@pytest.fixture
def record(tmp_path):
    """Record a made-up run and open the trace: ``record(run, options)``."""

    def record(run=None, options=None, folder=tmp_path / "trace"):
        return Trace(record_run(random_run() if run is None else run, folder, options))

    return record
