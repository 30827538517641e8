"""Helpers that know no chip: files, numbers as text, progress, compilation caches, CuPy."""
