"""Import of spiking networks trained elsewhere: from a NIR graph to integers of the chip, with every loss rated."""
