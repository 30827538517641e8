"""Templates of new plugin packages and scenarios."""
