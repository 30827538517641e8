"""Benchmarks: speed of simulations on this machine, beside the limits of the machine."""
