"""The compiled timing: the same rules as the reference, in Numba."""
