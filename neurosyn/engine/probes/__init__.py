"""Probes: instruments that watch a simulation, and plugins of the group ``probes``."""
