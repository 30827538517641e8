"""Synthetic data sets that stand in for published ones where those are absent."""
