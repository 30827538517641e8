"""Comparison of neurosyn with other simulators on one workload."""
