"""List the labelled images of a folder: one subfolder a class, nothing from outside, no image passed over."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neurosyn.plugins import DataError

__all__ = ["FolderImages", "divide", "read_folder", "split_folders"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".ppm", ".pgm", ".pnm", ".pbm"})
OTHER_FILES = frozenset(
    {".txt", ".md", ".csv", ".json", ".toml", ".yaml", ".yml", ".xml", ".log", ".ini", ".db", ".html"}
)
"""Passed over: notes and lists that lie beside pictures. Any other file is refused, since it may be a picture."""
VALIDATION_NAMES = ("val", "valid", "validation", "dev")
"""Names that the second part of a data set often has; it is taken for the test part if there is no ``test``."""

SYSTEM_NAMES = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
"""Files that operating systems leave in folders, beside names that begin with a full stop."""

MOST_CLASSES = 1024
MOST_IMAGES = 1_000_000
MOST_FILE_BYTES = 64 << 20


@dataclass(frozen=True)
class FolderImages:
    """The labelled images of one split.

    Attributes
    ----------
    root
        The folder.
    files
        Image files below it, by class and then by name.
    labels
        Class of each.
    """

    root: Path
    files: tuple[Path, ...]
    labels: tuple[int, ...]

    def digest(self) -> str:
        """Return the SHA-256 of all names, labels and contents."""
        digest = hashlib.sha256()
        for file, label in zip(self.files, self.labels, strict=True):
            name = os.fsencode(file.relative_to(self.root))
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256")
            digest.update(b"%d %d %b %b" % (label, len(name), name, content.digest()))
        return digest.hexdigest()


def split_folders(root: Path) -> dict[str, Path]:
    """Return the folders ``train`` and, if there is one, ``test`` of a data set; neither if it has only classes.

    Raises
    ------
    DataError
        If the folder does not exist, has something beside them, or they lie elsewhere.
    """
    if not root.is_dir():
        raise DataError(f"{root}: there is no such folder; make it, with one folder of images a class in it")
    names = [path.name for path in _entries(root) if path.is_dir()]
    if "train" not in names:
        if "test" in names:
            raise DataError(f"{root}: has a folder 'test' but none 'train'; add it, or put all classes right in {root}")
        return {}
    others = [name for name in names if name not in ("train", "test")]
    if "test" not in names and len(others) == 1 and others[0].lower() in VALIDATION_NAMES:
        _require_inside(root / others[0], root)
        _require_inside(root / "train", root)
        return {"train": root / "train", "test": root / others[0]}
    if others:
        beside = "'train' and 'test'" if "test" in names else "'train'"
        raise DataError(
            f"{root}: has a folder '{others[0]}' beside {beside}; a data set has 'train' and 'test', each with a "
            "folder a class: rename it, or move it away"
        )
    for name in names:
        _require_inside(root / name, root)
    return {name: root / name for name in names}


def read_folder(root: Path, classes: tuple[str, ...] | None = None) -> tuple[FolderImages, tuple[str, ...]]:
    """List the images of a folder with a subfolder for each class.

    Parameters
    ----------
    root
        The folder.
    classes
        Names that the subfolders may have, or None for those that are there, in alphabetical order.

    Returns
    -------
    images, classes

    Raises
    ------
    DataError
        If the folder does not exist, a class is unknown or has no images, a file is no PNG, JPEG or PPM image or too
        large, or a link leads out of the folder: each with the name of the file.
    """
    try:
        for path in _entries(root):
            if not path.is_dir() and _is_image(path):
                raise DataError(f"{path}: lies beside the class folders; move it into the folder of its class, or away")
        class_folders = {_readable(path): path for path in _entries(root) if path.is_dir()}
        known = tuple(sorted(class_folders)) if classes is None else classes
        if classes is None and not 2 <= len(known) <= MOST_CLASSES:
            raise DataError(
                f"{root}: has {len(known)} class folders; make one folder a class, 2 to {MOST_CLASSES}, with the "
                "images in it"
            )
        unknown = sorted(set(class_folders) - set(known))
        if unknown:
            raise DataError(
                f"{root}: has a class '{unknown[0]}' that there is no training folder for; correct its name"
            )
        files: list[Path] = []
        labels: list[int] = []
        for label, name in enumerate(known):
            class_files = list(_images(class_folders[name], root)) if name in class_folders else []
            if not class_files and classes is None:
                raise DataError(
                    f"{class_folders[name]}: has no PNG, JPEG or PPM image; put some there or remove the folder"
                )
            files += class_files
            labels += [label] * len(class_files)
    except OSError as error:
        raise DataError(f"{error.filename or root}: cannot be read ({error.strerror}); check the folder") from error
    if len(files) > MOST_IMAGES:
        raise DataError(f"{root}: has {len(files):,} images; at most {MOST_IMAGES:,} are read")
    return FolderImages(root, tuple(files), tuple(labels)), known


def divide(images: FolderImages, share: float, seed: int) -> tuple[FolderImages, FolderImages]:
    """Divide the images of a folder into those to learn from and those to test on, class by class.

    An image's place depends on the seed and its name, so that images which are added leave most others where they were.

    Raises
    ------
    DataError
        If a class has fewer than two images.
    """

    def draw(file: Path) -> bytes:
        return hashlib.sha256(b"%d/%b" % (seed, os.fsencode(file.relative_to(images.root)))).digest()

    test: set[Path] = set()
    for label in range(max(images.labels) + 1):
        class_files = sorted(
            (file for file, of in zip(images.files, images.labels, strict=True) if of == label), key=draw
        )
        if len(class_files) < 2:
            raise DataError(
                f"{class_files[0].parent}: has one image; give at least 2, one to learn from and one to test on"
            )
        test.update(class_files[: min(max(round(share * len(class_files)), 1), len(class_files) - 1)])
    return _take(images, test, inside=False), _take(images, test, inside=True)


def _take(images: FolderImages, chosen: set[Path], *, inside: bool) -> FolderImages:
    pairs = [pair for pair in zip(images.files, images.labels, strict=True) if (pair[0] in chosen) == inside]
    return FolderImages(images.root, tuple(file for file, _ in pairs), tuple(label for _, label in pairs))


def _entries(folder: Path) -> list[Path]:
    names = (path for path in folder.iterdir() if not path.name.startswith(".") and path.name not in SYSTEM_NAMES)
    return sorted(names, key=lambda path: os.fsencode(path.name))


def _readable(folder: Path) -> str:
    try:
        folder.name.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{folder!r}: the name of the class is no UTF-8 text; rename the folder") from error
    return folder.name


def _images(folder: Path, root: Path) -> Iterator[Path]:
    _require_inside(folder, root)
    for path in _entries(folder):
        if path.is_dir():
            raise DataError(f"{path}: is a folder within a class; put the images right into the folder of their class")
        if not _is_image(path):
            continue
        _require_inside(path, root)
        if not path.is_file():
            raise DataError(f"{path}: is no regular file; move it away")
        size = path.stat().st_size
        if not 0 < size <= MOST_FILE_BYTES:
            raise DataError(f"{path}: has {size:,} bytes, an image 1 to {MOST_FILE_BYTES:,}; replace or remove it")
        yield path


def _is_image(path: Path) -> bool:
    """Return True if a file is an image; a file of an unknown kind is refused, since it may be an unreadable one."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return True
    if suffix in OTHER_FILES or (not suffix and path.name.isupper()):
        return False
    raise DataError(f"{path}: is no PNG, JPEG or PPM image; convert it or move it away")


def _require_inside(path: Path, root: Path) -> None:
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise DataError(f"{path}: is a link that leads out of {root}; put the image itself there")
