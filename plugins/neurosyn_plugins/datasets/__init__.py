"""Data sets: SVHN from its official files, image archives, and the SynthDigits stand-in."""
