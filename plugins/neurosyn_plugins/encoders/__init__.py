"""Encoders: contrast, plain scaling, threshold, thermometer and rate coding."""
