"""From a trained network to a chip program."""
