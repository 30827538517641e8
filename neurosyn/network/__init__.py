"""Layers bound to shapes: what a network is before it is trained."""
