"""Benchmarks: how fast this machine simulates, beside what the machine itself can do."""
