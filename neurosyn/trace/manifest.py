"""The list of tables in a trace folder, and the facts that all of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurosyn.chip.options import ChipOptions
from neurosyn.errors import DataError
from neurosyn.support.untrusted import read_json
from neurosyn.trace.schema import FORMAT

__all__ = ["Manifest", "read_manifest"]

_MOST_BYTES = 64 << 20
_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Size = Annotated[int, Field(ge=1, le=65_536)]
_STRICT = ConfigDict(strict=True, allow_inf_nan=False)


class MeshSize(BaseModel):
    """Rows and columns of chips, and cores along the side of a chip."""

    model_config = _STRICT
    rows: _Size
    columns: _Size
    side: _Size


class TickNumbers(BaseModel):
    """Numbers of simulated and timed ticks, and the longest of the latter with its makespan in ps."""

    model_config = _STRICT
    simulated: _Count
    timed: _Count
    longest: _Count | None
    longest_ps: _Count | None


class TableFile(BaseModel):
    """Rows and bytes of the file of a table."""

    model_config = _STRICT
    rows: _Count
    bytes: _Count


class Manifest(BaseModel):
    """Contents of the file ``trace.json``, as far as a reader needs them."""

    model_config = _STRICT
    level: str
    layers: list[str]
    cores: _Count
    axons: _Size
    neurons: _Size
    mesh: MeshSize
    ticks: TickNumbers
    timing: str
    chip: dict[str, Any]
    selected: dict[str, Any]
    tables: dict[str, TableFile]

    @property
    def chip_options(self) -> ChipOptions:
        """The board and its times."""
        return ChipOptions.from_table(self.chip)


def read_manifest(path: Path) -> Manifest:
    """Read and check the list of tables of a trace.

    Raises
    ------
    DataError
        If the file is missing, damaged, of another kind or of another format.
    """
    if not path.exists():
        raise DataError(f"{path.parent}: holds no whole trace (no {path.name}); simulate again")
    document = read_json(path, _MOST_BYTES, what="list of a trace")
    if not isinstance(document, dict) or "format" not in document:
        raise DataError(f"{path}: is not the list of a trace; name the folder of one")
    if document["format"] != FORMAT:
        raise DataError(
            f"{path}: has trace format {document['format']!r}, this neurosyn reads {FORMAT}; simulate again"
        )
    try:
        manifest = Manifest.model_validate(document)
        _ = manifest.chip_options
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(f"{path}: is damaged ({place}: {first['msg']}); simulate again") from error
    return manifest
