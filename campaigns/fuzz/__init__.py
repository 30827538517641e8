"""Mutated inputs through every public reader: each is read or refused, and nothing else.

A case is a reader, a seed and a number; the same three give the same bytes. Cases run in processes of their own with
limits on memory and time, and the campaign counts exceptions that are not `neurosyn.errors.NeurosynError`, signals,
hangs and processes that outgrow the memory.
"""
