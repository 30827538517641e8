"""Benchmark of a shipped network: its spikes are those of the trained model."""

from neurosyn.bench.eedn import bench_eedn


def test_the_shipped_network_spikes_as_it_was_trained():
    result = bench_eedn(frames=3, timing="compiled", timed_frames=2, repeats=1)
    assert (result["cores"], result["frames"], result["mismatched_frames"]) == (4042, 3, 0)
    assert result["frames_per_second"] > 0
    assert result["timed_frames"] == 2
    assert result["timed_packets"] > 200_000
