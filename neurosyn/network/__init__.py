"""Networks before training: layers bound to the shapes of the data."""
