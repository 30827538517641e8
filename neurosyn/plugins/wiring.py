"""Inputs of each neuron as index arrays, ordered for matrix products."""

from __future__ import annotations

from neurosyn.model.wiring import COLUMN_BYTES, Bank, Wiring, flat_rows, wire_layers

__all__ = ["COLUMN_BYTES", "Bank", "Wiring", "flat_rows", "wire_layers"]
