"""From data to a model: contracts, model files, inference with the trained network."""
