"""Kernels that integrate crossbars, behind one interface."""
