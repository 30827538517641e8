"""Checks that this machine computes what it should: backends against the reference, and small simulations."""
