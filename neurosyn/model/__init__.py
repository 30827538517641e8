"""A trained network: its parameters, its file, its outputs, and the models that ship."""
