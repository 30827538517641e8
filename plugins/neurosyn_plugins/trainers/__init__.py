"""Trainers: from images to a model."""
