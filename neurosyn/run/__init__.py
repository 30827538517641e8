"""Stages of a scenario in their order, with their folder, inputs and summary; sweeps over scenarios."""
