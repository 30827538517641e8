"""NIR files (Neuromorphic Intermediate Representation, HDF5): graphs of networks trained in other frameworks."""
