import numpy as np
import pytest

from neurosyn.analysis.latency import PacketLatencies, packet_latencies
from neurosyn.chip.program import OUTPUT
from neurosyn.errors import DataError
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from neurosyn.trace.recorder import ParquetRecorder


def _record(folder, run, options=None):
    recorder = ParquetRecorder(folder, options)
    recorder.started(run[0])
    for columns in run[1]:
        recorder.tick(columns)
    recorder.finished()
    return Trace(folder)


def test_packets_are_told_apart_by_their_way(tmp_path):
    run = random_run()
    packets = [columns.columns for columns in run[1] if columns.columns is not None]
    source, dest, send, arrival, blocked = (
        np.concatenate([getattr(tick, name) for tick in packets])
        for name in ("source_core", "dest_core", "send_ps", "arrival_ps", "blocked_ps")
    )
    ways = {
        "between cores": (source >= 0) & (dest >= 0),
        "from the host": source == -1,
        "to the host": (source >= 0) & (dest == OUTPUT),
    }
    found = packet_latencies(_record(tmp_path, run))
    assert [part.route for part in found] == list(ways)
    for part in found:
        here = ways[part.route]
        assert part.latency_ps.tolist() == sorted((arrival - send)[here])
        assert part.blocked_share == blocked[here].sum() / (arrival - send)[here].sum()


def test_quantiles():
    part = PacketLatencies("between cores", np.array([10, 20, 30, 40]), 25)
    assert [part.quantile(share) for share in (0, 0.25, 0.26, 0.5, 0.99, 1)] == [10, 10, 20, 20, 40, 40]
    assert part.blocked_share == 0.25


def test_no_packets(tmp_path):
    assert packet_latencies(_record(tmp_path / "silent", random_run(rate=0))) == []
    untimed = _record(tmp_path / "untimed", random_run(timed=0), TraceOptions(level="packet"))
    with pytest.raises(DataError, match="packets were not recorded"):
        packet_latencies(untimed)
