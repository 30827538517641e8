"""Report page of a run, and its text for the terminal."""
