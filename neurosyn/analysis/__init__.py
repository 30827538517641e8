"""Analyses of finished runs: functions that take a run and return tables, and drawings of these."""
