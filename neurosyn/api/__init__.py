"""What ``import neurosyn as ns`` offers: the command line's stages and analyses as functions, and a chip to step."""
