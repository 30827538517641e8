"""neurosyn: train networks under TrueNorth's constraints and see what the chip makes of them."""

__version__ = "0.1.0"
