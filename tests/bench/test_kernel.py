"""The document of the kernels' benchmark."""

from neurosyn.bench.kernel import bench_kernel


def test_the_document():
    result = bench_kernel(cores=4, frames=2, repeats=2, backend="numpy")
    assert set(result) == {"cores", "backend", "limits", "tick", "batch", "peak_rss_gb", "machine"}
    # Crossbars once, potentials read and written, one byte and two for every neuron.
    assert result["tick"]["bytes"] == 4 * 256 * (4 * 8 + 2 * 4 + 1 + 2)
    assert set(result["limits"]) == {"threads", "read_gb_per_s", "popcount_gwords_per_s"}
    assert result["batch"]["frames"] == 2
