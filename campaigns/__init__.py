"""Campaigns: long trials of what `docs/trust.md` promises, run by name and resumable."""
