"""Plugins for neurosyn that see as an eye does."""
