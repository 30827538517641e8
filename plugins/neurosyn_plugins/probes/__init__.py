"""Probes: counters, rasters, faults on purpose."""
