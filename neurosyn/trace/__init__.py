"""Traces of runs: recording, Parquet tables, reading, comparing, exporting."""
