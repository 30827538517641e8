"""Scaling over processes: measured on this machine, and planned for more."""
