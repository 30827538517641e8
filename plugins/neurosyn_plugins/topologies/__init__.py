"""Topologies: from the shape of the data to a list of layers."""
