"""Compilation of a trained network into a chip program."""
