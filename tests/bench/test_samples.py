"""Test of the benchmark of samples with state."""

from neurosyn.bench.samples import bench_samples


def test_numbers_of_a_few_samples() -> None:
    result = bench_samples(samples=4, steps=3, repeats=2, backend="numpy")
    assert result["network"] == "784-128-10"
    assert result["relays"] == 2 * 13 * 128
    assert result["ticks_per_sample"] == 3 + 4 + 2
    assert result["samples_per_second_min"] <= result["samples_per_second"] <= result["samples_per_second_max"]
