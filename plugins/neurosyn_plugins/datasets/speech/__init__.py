"""Synthesis and measurement of speech and noise."""
