"""GTSRB, the German Traffic Sign Recognition Benchmark, from its official archives.

Stallkamp et al., "Man vs. computer: Benchmarking machine learning algorithms for traffic sign recognition", Neural
Networks 32, 2012. Photographs of 15 to 250 pixels, a tenth of them around the sign, are scaled to 32 x 32 (bilinear,
smoothed when shrunk): whole, as in the 32x32 copy, or only the part with the sign, which the tables give. What the
paper did is not known. A track is the photographs of one physical sign from an approaching car.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Split, SplitName
from neurosyn_plugins.datasets.labels.signs import SIGN_CLASSES
from neurosyn_plugins.datasets.labels.tracks import group_tracks
from neurosyn_plugins.datasets.official.published_files import Copy, OfficialImages, PublishedFile
from neurosyn_plugins.datasets.readers.zip_files import ZipFiles

__all__ = ["URL", "Gtsrb"]

URL = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
"""Address of the archives, by their authors."""

SIDE = 32
MAX_SIDE = 1024
"""Largest height or width of a photograph in pixels; the benchmark's largest is 250."""
MAX_PHOTO = 3 * MAX_SIDE**2 + 64
MAX_TABLE = 4 << 20

_TRAIN, _TEST, _TRUTH = "GTSRB_Final_Training_Images.zip", "GTSRB_Final_Test_Images.zip", "GTSRB_Final_Test_GT.zip"
_NAME = re.compile(r"(\d{5})_\d{5}\.ppm")
_COLUMNS = ("Filename", "Width", "Height", "Roi.X1", "Roi.Y1", "Roi.X2", "Roi.Y2", "ClassId")


class Gtsrb(OfficialImages):
    """German traffic signs, 32 x 32 RGB, 43 classes; the photographs of one sign are one group."""

    FOLDER: ClassVar[str] = "gtsrb"
    # Its publishers state no checksums of SHA-256.
    FILES: ClassVar[tuple[PublishedFile, ...]] = (
        PublishedFile(_TRAIN, "f33fd80ac59bff73c82d25ab499e03a3", ("train",)),
        PublishedFile(_TEST, "c7e4e6327067d32654124b0fe9e82185", ("test",)),
        PublishedFile(_TRUTH, "fe31e9c9270bbcd7b84b7f21a9d9d9e5", ("test",)),
    )
    COPY: ClassVar[Copy | None] = Copy(
        "gtsrb32_webp.npz",
        "GTSRB, 32x32 copy",
        True,
        "a copy of all images, scaled to 32 x 32, without loss after that",
    )
    LICENCE: ClassVar[str] = "for research; cite Stallkamp et al. 2012"

    cut_out: bool = Field(
        default=False, description="only the part with the sign, from the official files; by default whole photographs"
    )

    @classmethod
    def url(cls) -> str:
        """Return where the archives are published."""
        return URL

    def title(self) -> str:
        """Return the name, which differs for cut-out signs and whole photographs."""
        return "GTSRB (signs cut out)" if self.cut_out else "GTSRB"

    def classes(self) -> tuple[str, ...]:
        """Return what the 43 signs say."""
        return SIGN_CLASSES

    def counts(self) -> dict[str, int]:
        """Return the number of images."""
        return {"train": 39_209, "test": 12_630}

    def read(self, split: SplitName, files: dict[str, Path], context: DataContext) -> Split:
        """Read a split from the archives, with the tracks of training photographs as groups."""
        if split == "train":
            with ZipFiles(files[_TRAIN]) as archive:
                rows = [
                    row
                    for label in range(len(SIGN_CLASSES))
                    for row in _table(archive, f"GTSRB/Final_Training/Images/{label:05}/GT-{label:05}.csv", label)
                ]
                images = self._scale(archive, rows, context)
            tracks = np.array([_track(files[_TRAIN], row) for row in rows], np.int32)
            labels = np.array([row.label for row in rows], np.int32)
            return Split(images, labels, group_tracks(labels, tracks))
        with ZipFiles(files[_TRUTH]) as truth:
            rows = list(_table(truth, "GT-final_test.csv", None, "GTSRB/Final_Test/Images"))
        with ZipFiles(files[_TEST]) as archive:
            images = self._scale(archive, rows, context)
        return Split(images, np.array([row.label for row in rows], np.int32))

    def _copy(self, context: DataContext) -> Path | None:
        # The copy holds whole photographs.
        return None if self.cut_out else super()._copy(context)

    def _scale(self, archive: ZipFiles, rows: list[_Row], context: DataContext) -> NDArray[np.uint8]:
        images = np.empty((len(rows), SIDE, SIDE, 3), np.uint8)
        for i, row in enumerate(rows):
            images[i] = _decode(archive, row, row.box if self.cut_out else None)
            if i % 2000 == 1999:
                context.progress(i + 1, len(rows), "images")
        return images


class _Row(NamedTuple):
    """A row of a table: the photograph's member, its size, the box of the sign (both ends within), the class."""

    member: str
    size: tuple[int, int]
    box: tuple[int, int, int, int]
    label: int


def _table(archive: ZipFiles, name: str, label: int | None, folder: str | None = None) -> Iterator[_Row]:
    """Read a table of photographs; `label` is the class that all of them must have."""
    where = f"{archive.path}: {name}"
    try:
        text = archive.read(name, MAX_TABLE).decode("ascii")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: is no text ({error}); download the archive again") from error
    reader = csv.DictReader(io.StringIO(text), delimiter=";")
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise DataError(f"{where}: has columns {reader.fieldnames}; they must be {';'.join(_COLUMNS)}")
    count = 0
    for count, row in enumerate(reader, start=1):
        try:
            width, height, x1, y1, x2, y2, number = (int(row[column]) for column in _COLUMNS[1:])
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: row {count} is not seven whole numbers after a name; it is damaged") from error
        file = row["Filename"]
        if not 0 <= number < len(SIGN_CLASSES) or (label is not None and number != label):
            raise DataError(f"{where}: row {count} has class {number}; it is damaged")
        if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
            raise DataError(f"{where}: row {count} has size {width} x {height}; the limit is {MAX_SIDE}")
        if not (0 <= x1 < x2 < width and 0 <= y1 < y2 < height) or "/" in file:
            raise DataError(f"{where}: row {count} has box {(x1, y1, x2, y2)} in {width} x {height}; it is damaged")
        yield _Row(f"{folder or name.rpartition('/')[0]}/{file}", (width, height), (x1, y1, x2 + 1, y2 + 1), number)
    if count == 0:
        raise DataError(f"{where}: lists no photographs; download the archive again")


def _track(path: Path, row: _Row) -> int:
    match = _NAME.fullmatch(row.member.rpartition("/")[2])
    if match is None:
        raise DataError(f"{path}: '{row.member}' is not named TTTTT_FFFFF.ppm by track and photograph")
    return int(match[1])


def _decode(archive: ZipFiles, row: _Row, box: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    where = f"{archive.path}: photograph '{row.member}'"
    content = archive.read(row.member, MAX_PHOTO)
    try:
        with Image.open(io.BytesIO(content), formats=("PPM",)) as photo:
            # The header first: decoding allocates the size that it declares.
            if photo.size == row.size and photo.mode == "RGB":
                # Cut first: resize() with a box lets the filter reach beyond it.
                part = photo if box is None else photo.crop(box)
                return np.asarray(part.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
            header = f"{photo.mode} {photo.size}"
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise DataError(f"{where} cannot be decoded ({error}); the archive is damaged, download it again") from error
    raise DataError(f"{where} is {header}, its table lists RGB {row.size}; the archive is damaged, download it again")
