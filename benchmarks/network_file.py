"""Common workload as a file that can be read with NumPy alone (`benchmarks/peers/common.py`)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from neurosyn.bench.chip import common_workload
from neurosyn.chip.crossbar import unpack_bits

_CHUNK = 256


@contextmanager
def network_file(cores: int) -> Iterator[Path]:
    """Write the network of `cores` cores to a temporary file, which is removed when the block ends."""
    program, placement, _ = common_workload(cores)
    rows = np.empty((cores, 256, 32), np.uint8)
    for start in range(0, cores, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        synapses = unpack_bits(program.crossbars[chunk].swapaxes(1, 2), 256).swapaxes(1, 2)
        rows[chunk] = np.packbits(synapses, axis=2, bitorder="little")
    kind = program.neuron_types[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        np.savez(
            path,
            rows=rows,
            signs=kind["weights"][program.axon_types].astype(np.int8),
            dest_core=program.dest_core,
            dest_axon=program.dest_axon,
            potential=program.initial_potential,
            xy=placement.xy,
            leak=kind["leak"],
            threshold=kind["threshold"],
        )
        yield path
