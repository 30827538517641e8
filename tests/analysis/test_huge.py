"""Ten million packets: every analysis stays within 2 GB."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from neurosyn.analysis.catalogue import ANALYSES
from neurosyn.chip.mesh import Mesh
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PACKETS = 10_000_000
MEMORY = 2 << 30

_MEASURED = """
import resource, runpy, sys
try:
    runpy.run_module("neurosyn.analysis", run_name="__main__")
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("peak", used.ru_maxrss * 1024, "seconds", round(used.ru_utime + used.ru_stime, 1), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    """One made-up tick of a whole chip, again and again."""
    folder = tmp_path_factory.mktemp("huge") / "trace"
    info, (tick,) = random_run(layers=(100, 100, 56), axons=256, neurons=256, mesh=Mesh(1, 1, 16), ticks=1, timed=1)
    packets = tick.columns
    recorder = ParquetRecorder(folder, TraceOptions(level="packet"))
    recorder.started(info)
    period = 2 * tick.makespan_ps
    for number in range(-(-PACKETS // len(packets.hops))):
        later = number * period
        moved = replace(
            packets,
            send_ps=packets.send_ps + later,
            arrival_ps=packets.arrival_ps + later,
            delivery_tick=packets.delivery_tick + number,
        )
        recorder.tick(replace(tick, tick=number, start_ps=later, columns=moved))
    recorder.finished()
    assert Trace(folder).rows["packets"] >= PACKETS
    return folder


@pytest.mark.parametrize("name", [name for name in ANALYSES if name != "accuracy"])
def test_an_analysis_of_a_huge_trace_stays_small(huge, name, record_property):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _MEASURED, name, str(huge), "--json"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    measured = done.stderr.split()
    peak = int(measured[measured.index("peak") + 1])
    record_property("peak_bytes", peak)
    record_property("processor_seconds", float(measured[-1]))
    assert peak < MEMORY
