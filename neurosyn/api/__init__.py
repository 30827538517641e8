"""Python interface, ``import neurosyn as ns``: the stages and analyses as functions, a chip to step, a classifier."""
