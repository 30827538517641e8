"""Other simulators beside neurosyn on one workload."""
