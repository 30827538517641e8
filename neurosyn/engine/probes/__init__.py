"""Probes: instruments that observe a simulation, and plugins of the group ``probes``."""
