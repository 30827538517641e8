"""Export of program files to the formats of other tools."""

from __future__ import annotations

from pathlib import Path

from neurosyn.formats.ibm.writer import write_cpe, write_line_map
from neurosyn.formats.program_file import load_program

__all__ = ["export_cpe"]


def export_cpe(path: Path) -> tuple[Path, Path]:
    """Export a program file to CPE JSON beside it, with a table of its inputs and outputs.

    Returns
    -------
    tuple of Path
        ``….cpe.json`` and ``….lines.csv``.

    Raises
    ------
    DataError
        If the program cannot be read.
    ChipLimitError
        If the format cannot express the program.
    """
    program = load_program(path)
    model, lines = path.with_suffix(".cpe.json"), path.with_suffix(".lines.csv")
    write_cpe(program, model)
    write_line_map(program, lines)
    return model, lines
