"""Conformance checks of plugins: each lists every breach of the contract, with what to do."""
