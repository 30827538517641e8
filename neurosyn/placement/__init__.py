"""Which core of the mesh each core of the program becomes."""
