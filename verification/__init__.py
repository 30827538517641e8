"""The simulated chip held against what is known: published power, recorded programs, closed forms, classic behaviours.

``python -m verification`` runs every check, writes a plot for each and a table of all, and fails if one fails.
"""
