"""A scenario in its run folder: the stages in order, their inputs, their summary, and sweeps."""
