"""LOGO32: the brand marks of FlickrLogos-32, from its official archive or the folder it was unpacked to.

Romberg et al., "Scalable Logo Recognition in Real-World Images", ICMR 2011; its authors send it on request. The lists
``*.relpaths.txt`` name the photographs of each split, ``classes/masks/CLASS/NAME.bboxes.txt`` the boxes of the marks.
The paper's way to cut them out is not known: here each box, made square and widened by `margin`, is scaled to `size`
pixels (bilinear, smoothed when shrunk). Training takes the authors' training and validation photographs.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from PIL import Image
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Split, SplitName
from neurosyn.plugins.files import read_bytes
from neurosyn_plugins.datasets.official.published_files import OfficialImages, PublishedFile
from neurosyn_plugins.datasets.readers.image_archive import declared_size
from neurosyn_plugins.datasets.readers.zip_files import ZipFiles

__all__ = ["LOGO_CLASSES", "Logo32"]

LOGO_CLASSES = (
    *("adidas", "aldi", "apple", "becks", "bmw", "carlsberg", "chimay", "cocacola", "corona", "dhl", "erdinger"),
    *("esso", "fedex", "ferrari", "ford", "fosters", "google", "guiness", "heineken", "hp", "milka", "nvidia"),
    *("paulaner", "pepsi", "rittersport", "shell", "singha", "starbucks", "stellaartois", "texaco", "tsingtao", "ups"),
)
"""The 32 brands as their folders are named, in lower case."""

NO_LOGO = "no-logo"
_ARCHIVE = "FlickrLogos-32_dataset_v2.zip"
_ROOT = "FlickrLogos-v2"
MAX_SIDE = 8192
MAX_PHOTO = 32 << 20
MAX_TEXT = 4 << 20
MAX_BOXES = 1000

_LISTS: dict[SplitName, tuple[str, ...]] = {
    "train": ("trainset.relpaths.txt", "valset-logosonly.relpaths.txt"),
    "test": ("testset-logosonly.relpaths.txt",),
}
_NO_LOGO_LISTS: dict[SplitName, tuple[str, ...]] = {
    "train": ("valset-nologos.relpaths.txt",),
    "test": ("testset.relpaths.txt",),
}


class Logo32(OfficialImages):
    """Brand marks cut out of photographs: FlickrLogos-32."""

    FOLDER: ClassVar[str] = "logo32"
    FILES: ClassVar[tuple[PublishedFile, ...]] = (PublishedFile(_ARCHIVE, "", ("train", "test")),)
    LICENCE: ClassVar[str] = "for research, on request from its authors; cite Romberg et al. 2011"

    size: int = Field(default=32, ge=8, le=64, description="height and width of an image in pixels")
    n_classes: Literal[32, 33] = Field(
        default=32, description="32: the brands; 33: and photographs without any of them, the middle square of each"
    )
    margin: float = Field(default=0.1, ge=0, le=1, description="how much a box is widened, as a share of its side")

    def title(self) -> str:
        """Return the name, which differs for cut-outs and whole photographs."""
        return f"FlickrLogos-32 crops ({self.n_classes} classes)"

    def classes(self) -> tuple[str, ...]:
        """Return the brands, and "no-logo" if it is a class."""
        return LOGO_CLASSES if self.n_classes == 32 else (*LOGO_CLASSES, NO_LOGO)

    def counts(self) -> dict[str, int]:
        """Return nothing: a photograph may have several marks."""
        return {}

    def side(self) -> int:
        """Return the height and width of an image in pixels."""
        return self.size

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the archive or the unpacked folder is here, else what to put where."""
        return None if self._unpacked(context) is not None else super().available(context, split)

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return a whole split; the marks of one photograph are one group.

        Raises
        ------
        DataError
            If files are missing (with what to put where), damaged, or do not fit together.
        """
        folder = self._unpacked(context)
        return super().load(split, context) if folder is None else self._cut_out(_Folder(folder), split, context)

    def read(self, split: SplitName, files: dict[str, Path], context: DataContext) -> Split:
        """Read a split from the archive."""
        with ZipFiles(files[_ARCHIVE]) as archive:
            return self._cut_out(archive, split, context)

    def _unpacked(self, context: DataContext) -> Path | None:
        if self._find(context, self.FILES[0]) is not None:
            return None
        folders = (place / _ROOT for place in self._folders(context))
        return next((folder.parent for folder in folders if (folder / "classes/jpg").is_dir()), None)

    def _cut_out(self, files: ZipFiles | _Folder, split: SplitName, context: DataContext) -> Split:
        photos = list(self._photos(files, split))
        images, labels, groups = [], [], []
        for number, photo in enumerate(photos):
            picture = _decode(files, f"{_ROOT}/{photo.path}")
            boxes = [_middle(picture.size)] if photo.label == len(LOGO_CLASSES) else _boxes(files, photo, picture.size)
            for box in boxes:
                images.append(_square(picture, box, self.margin if photo.label < len(LOGO_CLASSES) else 0, self.size))
                labels.append(photo.label)
                groups.append(number)
            if number % 100 == 99:
                context.progress(number + 1, len(photos), "photographs")
        return Split(np.stack(images), np.array(labels, np.int32), np.array(groups, np.int32))

    def _photos(self, files: ZipFiles | _Folder, split: SplitName) -> Iterator[_Photo]:
        seen = set()
        lists = [*_LISTS[split], *(_NO_LOGO_LISTS[split] if self.n_classes == 33 else ())]
        for name in lists:
            where = f"{files.path}: {_ROOT}/{name}"
            for line in _lines(files, f"{_ROOT}/{name}"):
                path = line.replace("\\", "/").removeprefix("./")
                parts = PurePosixPath(path).parts
                if len(parts) != 4 or parts[:2] != ("classes", "jpg") or ".." in parts:
                    raise DataError(f"{where}: '{line}' is not of the form classes/jpg/CLASS/NAME.jpg")
                brand = parts[2].lower()
                if brand != NO_LOGO and brand not in LOGO_CLASSES:
                    raise DataError(f"{where}: '{line}' is of no known class; is it FlickrLogos-32?")
                if path in seen or (brand == NO_LOGO and self.n_classes == 32):
                    continue
                seen.add(path)
                yield _Photo(path, len(LOGO_CLASSES) if brand == NO_LOGO else LOGO_CLASSES.index(brand))
        if not seen:
            raise DataError(f"{files.path}: its lists name no photographs; is it whole?")


class _Photo(NamedTuple):
    """A photograph of a list: its path inside the archive, and its class."""

    path: str
    label: int


class _Folder:
    """The unpacked archive, read as `ZipFiles` reads a packed one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str, limit: int) -> bytes:
        return read_bytes(self.path / name, limit, what="file of the archive")


def _lines(files: ZipFiles | _Folder, name: str) -> list[str]:
    try:
        text = files.read(name, MAX_TEXT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{files.path}: {name}: is no text ({error.reason}); the archive is damaged") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _boxes(files: ZipFiles | _Folder, photo: _Photo, size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Read the boxes of a photograph: a line of headings, then left, top, width and height a line."""
    name = f"{_ROOT}/{photo.path.replace('classes/jpg', 'classes/masks', 1)}.bboxes.txt"
    boxes = []
    lines = _lines(files, name)[1:]
    if not 1 <= len(lines) <= MAX_BOXES:
        raise DataError(f"{files.path}: {name}: has {len(lines)} boxes; there must be 1 to {MAX_BOXES}")
    for line in lines:
        try:
            x, y, width, height = (int(number) for number in line.split())
        except ValueError as error:
            raise DataError(f"{files.path}: {name}: '{line}' is not x, y, width and height; it is damaged") from error
        box = max(x, 0), max(y, 0), min(x + width, size[0]), min(y + height, size[1])
        if box[2] - box[0] < 2 or box[3] - box[1] < 2:
            raise DataError(f"{files.path}: {name}: box '{line}' is not inside the photograph of {size}")
        boxes.append(box)
    return boxes


def _decode(files: ZipFiles | _Folder, name: str) -> Image.Image:
    content = files.read(name, MAX_PHOTO)
    size = declared_size(content)
    if size is None or not (2 <= size[0] <= MAX_SIDE and 2 <= size[1] <= MAX_SIDE):
        raise DataError(f"{files.path}: {name}: is no photograph of at most {MAX_SIDE} pixels a side ({size})")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise DataError(f"{files.path}: {name}: cannot be decoded ({error}); the archive is damaged") from error


def _middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return left, top, left + side, top + side


def _square(picture: Image.Image, box: tuple[int, int, int, int], margin: float, size: int) -> np.ndarray:
    """Cut a square around a box, moved inside the picture, or as large as that allows, and scale it."""
    side = min(max(box[2] - box[0], box[3] - box[1]) * (1 + margin), *picture.size)
    left = min(max((box[0] + box[2] - side) / 2, 0), picture.width - side)
    top = min(max((box[1] + box[3] - side) / 2, 0), picture.height - side)
    return np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)))
