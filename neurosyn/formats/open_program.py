"""Open a program file of any known format and place its cores on a board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.fit import fit_program
from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
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
    chip: ChipOptions | None = None,
    *,
    ranc_reset_type: int | None = None,
) -> RawProgram:
    """Read a program of neurosyn (``.npz``), IBM's tools (CPE JSON) or RANC (JSON), recognised by content.

    Programs without positions are placed row by row. The board is that of `chip`; if this gives no chips, the smallest
    that fits. A program of RANC resets by `ranc_reset_type` (`neurosyn.formats.ranc.reader`).

    Raises
    ------
    ScenarioError
        If `ranc_reset_type` is given for a program of another format, or for one that has another.
    DataError
        If the file is missing, of an unknown format, damaged or cut short.
    ChipLimitError
        If the program does not fit the chip, or a packet would have to travel further than a packet can encode.
    """
    chip = chip or ChipOptions()
    with open_file(path) as stream:
        is_archive = stream.read(len(_ZIP)) == _ZIP
        stream.seek(0)
        kind = "npz" if is_archive else _kind(JsonStream(path, stream))
    if kind == "ranc":
        ranc = read_ranc(path, progress, ranc_reset_type)
        program = fit_program(ranc.program, chip.description)
        return RawProgram(kind, program, place_at(program, ranc.xy, chip), ranc.spikes, ranc.reset_type)
    if ranc_reset_type is not None:
        raise ScenarioError(f"{path}: is no program of RANC, which alone has a reset type; leave the option out")
    program = load_program(path) if kind == "npz" else read_cpe(path, progress)
    program = fit_program(program, chip.description)
    return RawProgram(kind, program, place_in_rows(program, chip), None)


def place_in_rows(program: Program, chip: ChipOptions | None = None) -> Placement:
    """Place cores row by row on the board of a chip; if this gives no chips, on the smallest that fits."""
    chip = (chip or ChipOptions()).fitted(program.cores)
    mesh = chip.mesh
    require_room(program.cores, mesh)
    number = np.arange(program.cores)
    xy = np.stack([number % mesh.width, number // mesh.width], axis=1).astype(np.int32)
    return _checked(program, mesh, xy, chip.board.reach)


def place_at(program: Program, xy: NDArray[np.int32], chip: ChipOptions | None = None) -> Placement:
    """Place cores at positions `xy`, int32 (cores, 2), on a chip's board, by default the smallest with all of them."""
    chip = chip or ChipOptions()
    if chip.chips is None:
        side = chip.description.network.side
        columns, rows = (int(largest) // side + 1 for largest in xy.max(axis=0))
        mesh = Mesh(rows, columns, side)
    else:
        mesh = chip.mesh
    return _checked(program, mesh, xy, chip.board.reach)


def _checked(program: Program, mesh: Mesh, xy: NDArray[np.int32], reach: int) -> Placement:
    placement = Placement(mesh, xy)
    core, neuron = np.nonzero(program.dest_core >= 0)
    mesh.check_reach(xy[core], xy[program.dest_core[core, neuron]], reach=reach)
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
