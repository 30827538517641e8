"""Placers: from core numbers to positions on the board."""
