"""Self-tests of an installation: backends against the reference, and small simulations."""
