"""Placement of a program's cores on the mesh."""
