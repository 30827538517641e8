"""Layers: convolution on the chip, transduction before it, read-out after it."""
