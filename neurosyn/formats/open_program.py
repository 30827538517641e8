"""Open a program file of any known format and place its cores on a board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.mesh import CHIP_SIDE, Mesh
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import DataError, ScenarioError
from neurosyn.formats.ibm.reader import read_cpe
from neurosyn.formats.json_stream import JsonStream
from neurosyn.formats.program_file import load_program
from neurosyn.formats.ranc.reader import read_ranc
from neurosyn.placement.place import require_room
from neurosyn.support.untrusted import open_file

__all__ = ["RawProgram", "open_program", "place_at", "place_in_rows"]

_ZIP = b"PK"
_SECTIONS = {
    **dict.fromkeys(("model", "crossbarTypes", "neuronTypes", "core"), "cpe"),
    **dict.fromkeys(("packets", "output_bus", "cores"), "ranc"),
}


@dataclass(frozen=True)
class RawProgram:
    """A program read from a file, with its placement.

    Attributes
    ----------
    format : str
        ``npz``, ``cpe`` or ``ranc``.
    program : Program
    placement : Placement
    spikes : InputSpikes or None
        Input spikes in the file itself (RANC).
    ranc_reset_type : int or None
        RANC's ``neuron_reset_type``; None for other formats.
    """

    format: str
    program: Program
    placement: Placement
    spikes: InputSpikes | None
    ranc_reset_type: int | None = None


def open_program(
    path: Path,
    progress: Callable[[int, int, str], None] | None = None,
    mesh: Mesh | None = None,
    *,
    ranc_reset_type: int | None = None,
) -> RawProgram:
    """Read a program of neurosyn (``.npz``), IBM's tools (CPE JSON) or RANC (JSON), recognised by content.

    Programs without positions are placed row by row. The board is `mesh`, by default the smallest that fits. A program
    of RANC resets by `ranc_reset_type` (`neurosyn.formats.ranc.reader`).

    Raises
    ------
    ScenarioError
        If `ranc_reset_type` is given for a program of another format, or for one that has another.
    DataError
        If the file is missing, of an unknown format, damaged or cut short.
    ChipLimitError
        If a packet would have to travel further than a packet can encode.
    """
    with open_file(path) as stream:
        is_archive = stream.read(len(_ZIP)) == _ZIP
        stream.seek(0)
        kind = "npz" if is_archive else _kind(JsonStream(path, stream))
    if kind == "ranc":
        ranc = read_ranc(path, progress, ranc_reset_type)
        return RawProgram(kind, ranc.program, place_at(ranc.program, ranc.xy, mesh), ranc.spikes, ranc.reset_type)
    if ranc_reset_type is not None:
        raise ScenarioError(f"{path}: is no program of RANC, which alone has a reset type; leave the option out")
    program = load_program(path) if kind == "npz" else read_cpe(path, progress)
    return RawProgram(kind, program, place_in_rows(program, mesh), None)


def place_in_rows(program: Program, mesh: Mesh | None = None) -> Placement:
    """Place cores row by row on a board, by default the smallest that fits."""
    if mesh is None:
        mesh = Mesh.holding(program.cores)
    require_room(program.cores, mesh)
    number = np.arange(program.cores)
    return _checked(program, mesh, np.stack([number % mesh.width, number // mesh.width], axis=1).astype(np.int32))


def place_at(program: Program, xy: NDArray[np.int32], mesh: Mesh | None = None) -> Placement:
    """Place cores at positions `xy`, int32 (cores, 2), on a board, by default the smallest that contains them."""
    if mesh is None:
        columns, rows = (int(side) // CHIP_SIDE + 1 for side in xy.max(axis=0))
        mesh = Mesh(rows, columns)
    return _checked(program, mesh, xy)


def _checked(program: Program, mesh: Mesh, xy: NDArray[np.int32]) -> Placement:
    placement = Placement(mesh, xy)
    core, neuron = np.nonzero(program.dest_core >= 0)
    mesh.check_reach(xy[core], xy[program.dest_core[core, neuron]])
    return placement


def _kind(stream: JsonStream) -> str:
    if stream.peek() == "{":
        for key in stream.members():
            if key in _SECTIONS:
                return _SECTIONS[key]
            stream.value()
    raise DataError(
        f"{stream.path}: is no program: neither an .npz archive nor JSON of IBM's tools (model, neuronTypes, core …) "
        "or RANC (cores, packets, output_bus)"
    )
