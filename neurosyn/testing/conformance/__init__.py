"""Whether a plugin keeps its contract: what does not conform, and why, a sentence each."""
