"""Helpers independent of the chip: files, numbers as text, progress, caches of compiled code, CuPy."""
