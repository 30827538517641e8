"""Spike files: IBM's text and binary formats, CSV and Parquet."""
