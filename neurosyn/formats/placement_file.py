"""Placement files: a versioned ``.npz`` of plain arrays.

Format 1: ``header`` (bytes; UTF-8 JSON with ``format`` "neurosyn-placement" and ``version`` 1), ``mesh`` (3,) with the
chips along y and x and the cores along a chip's side, and ``xy`` (cores, 2), the position of each core.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.placement import Placement
from neurosyn.errors import DataError
from neurosyn.support.files import write_npz
from neurosyn.support.untrusted import read_npz

__all__ = ["FORMAT", "VERSION", "load_placement", "save_placement"]

FORMAT = "neurosyn-placement"
VERSION = 1
_LARGEST_SIDE = 1 << 14


def save_placement(placement: Placement, path: Path) -> None:
    """Write a placement to a file, whole or not at all; equal placements give equal bytes."""
    header = json.dumps({"format": FORMAT, "version": VERSION}, sort_keys=True)
    mesh = placement.mesh
    arrays: dict[str, NDArray[Any]] = {
        "header": np.frombuffer(header.encode(), np.uint8),
        "mesh": np.array([mesh.rows, mesh.columns, mesh.side], np.int32),
        "xy": placement.xy,
    }
    write_npz(path, arrays)


def load_placement(path: Path, cores: int | None = None) -> Placement:
    """Read and check a placement.

    Parameters
    ----------
    path
        A file written by `save_placement`.
    cores
        Expected number of cores; None for any.

    Raises
    ------
    DataError
        If the file is missing, damaged, of another kind or version, or for another number of cores.
    """
    arrays = read_npz(path, max_bytes=1 << 28)
    remedy = "run `neurosyn place` again"
    try:
        header = json.loads(arrays["header"].tobytes())
        kind, version = header["format"], header["version"]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: is not a placement file; {remedy}") from error
    if kind != FORMAT or version != VERSION:
        raise DataError(f"{path}: is {kind} version {version}, not {FORMAT} version {VERSION}; {remedy}")
    mesh, xy = arrays.get("mesh"), arrays.get("xy")
    described = mesh is not None and mesh.shape == (3,) and mesh.dtype.kind in "iu"
    if mesh is None or not described or not 0 < mesh.min() <= mesh.max() <= _LARGEST_SIDE:
        raise DataError(f"{path}: has no valid board; {remedy}")
    if xy is None or xy.dtype != np.int32 or xy.ndim != 2:
        raise DataError(f"{path}: has no int32 positions; {remedy}")
    if cores is not None and len(xy) != cores:
        raise DataError(f"{path}: places {len(xy):,} cores, the program has {cores:,}; {remedy}")
    try:
        return Placement(Mesh(*(int(n) for n in mesh)), xy)
    except DataError as error:
        raise DataError(f"{path}: {error}; {remedy}") from error
