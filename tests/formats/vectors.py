"""Recorded programs under NEUROSYN_VECTORS, and RANC files made from their arrays."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def vectors_folder() -> Path:
    folder = os.environ.get("NEUROSYN_VECTORS", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("NEUROSYN_VECTORS names no folder with recorded programs")
    return Path(folder)


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def ranc_document(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The RANC file of a recorded program; its negative thresholds have a sign, those of the arrays have none."""
    meta = json.loads(str(arrays["meta"]))
    cores, neurons = arrays["v0"].shape
    connections = np.unpackbits(arrays["conn"], axis=2, bitorder="little")
    columns = {
        "reset_potential": arrays["vreset"],
        "weights": arrays["w"],
        "leak": arrays["leak"],
        "positive_threshold": arrays["pos"],
        "negative_threshold": -arrays["neg"],
        "destination_core_offset": np.stack([arrays["dx"], arrays["dy"]], axis=-1),
        "destination_axon": arrays["dest_axon"],
        "destination_tick": arrays["dest_delay"],
        "current_potential": arrays["v0"],
        "reset_mode": arrays["mode"],
    }
    packets: list[list[dict[str, Any]]] = [[] for _ in range(int(arrays["in_ev"][:, 0].max(initial=-1)) + 1)]
    for tick, x, y, axon, delay in arrays["in_ev"].tolist():
        packets[tick].append({"destination_core": [x, y], "destination_axon": axon, "destination_tick": delay})
    return {
        "packets": packets,
        "output_bus": {"coordinates": meta["out_xy"], "num_outputs": meta["n_out"]},
        "cores": [
            {
                "axons": arrays["axon_type"][core].tolist(),
                "neurons": [
                    {name: column[core, neuron].tolist() for name, column in columns.items()}
                    for neuron in range(neurons)
                ],
                "connections": connections[core].tolist(),
                "coordinates": arrays["core_xy"][core].tolist(),
            }
            for core in range(cores)
        ],
    }
