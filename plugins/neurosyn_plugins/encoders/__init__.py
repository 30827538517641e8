"""Encoders: per-image contrast normalisation and plain scaling."""
