"""Comparison of the simulated chip with published power, recorded programs, closed forms and classic behaviours.

``python -m verification`` runs every check and writes a plot for each and one table; its exit code is 1 if a check
fails.
"""
