"""Layers: convolution and dense blocks on the chip, transduction before it, read-out after it."""
