"""SVHN, the Street View House Numbers, from its official MATLAB files of cropped digits.

Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning", NIPS workshop 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn_plugins.datasets.official.published_files import download, md5_file
from neurosyn_plugins.datasets.readers.mat_file import read_arrays, read_headers

__all__ = ["FILES", "URL", "OfficialFile", "Svhn"]

URL = "http://ufldl.stanford.edu/housenumbers/"
"""Address of the files, by their authors; there is none with https, so that the SHA-256 alone protects a download."""

_SPLITS: tuple[SplitName, ...] = ("train", "test")

MAX_IMAGES = 2_000_000
"""More images than this are no SVHN file; a bound on what a damaged header can ask for."""


@dataclass(frozen=True)
class OfficialFile:
    """One of the published files: its name, MD5, size in bytes, number of images and SHA-256."""

    name: str
    md5: str
    size: int
    images: int
    sha256: str


FILES = {
    "train": OfficialFile(
        "train_32x32.mat",
        "e26dedcc434d2e4c54c9b2d4a06d8373",
        182_040_794,
        73_257,
        "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
    ),
    "test": OfficialFile(
        "test_32x32.mat",
        "eb5a983be6a315427106f1b164d9cef3",
        64_275_384,
        26_032,
        "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
    ),
    "extra": OfficialFile(
        "extra_32x32.mat",
        "a93ce644f1a588dc4d68dda5feec44a7",
        1_329_278_602,
        531_131,
        "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
    ),
}


class Svhn(Dataset):
    """Street View House Numbers: 32 x 32 RGB crops of digits from photographs of house fronts."""

    use_extra: bool = Field(default=False, description="train on the 531,131 easier images of extra_32x32.mat, too")
    folder: str | None = Field(
        default=None,
        description="folder with the .mat files, absolute or inside the data folder; "
        "by default the data folder's `svhn`, then the data folder itself",
    )

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set; official only as far as the files here are of the official size."""
        here = {part: path for part in self._used if (path := self._find(context, part)) is not None}
        altered = [FILES[part].name for part, path in here.items() if path.stat().st_size != FILES[part].size]
        sizes: dict[str, int] = {
            split: sum(FILES[part].images for part in self._parts(split))
            for split in _SPLITS
            if not any(FILES[part].name in altered for part in self._parts(split))
        }
        return DatasetInfo(
            name=f"SVHN format (unofficial {' and '.join(altered)})" if altered else "SVHN",
            official=not altered,
            licence="for non-commercial use; cite Netzer et al. 2011",
            source=URL,
            classes=tuple("0123456789"),
            shape=(32, 32, 3),
            sizes=sizes,
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the files of `split` are here, else which to put where."""
        missing = [FILES[part] for part in self._parts(split) if self._find(context, part) is None]
        if not missing:
            return None
        names = " and ".join(file.name for file in missing)
        return (
            f"SVHN: {names} not found in {' or '.join(map(str, self._folders(context)))}; "
            f"{self._remedy(context, missing)}, or run `neurosyn data fetch svhn` where there is a network"
        )

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return a whole split; label 10 of the files, the digit 0, becomes 0.

        Raises
        ------
        DataError
            If a file is missing (with what to put where), is no MATLAB file, is cut short, or does not hold what it
            should.
        """
        reason = self.available(context, split)
        if reason:
            raise DataError(reason)
        loaded = []
        for part in self._parts(split):
            path = self._find(context, part)
            assert path is not None
            _check_sum(path, FILES[part])
            loaded.append(_read(path))
        if len(loaded) == 1:
            return Split(*loaded[0])
        return Split(np.concatenate([images for images, _ in loaded]), np.concatenate([labels for _, labels in loaded]))

    def fetch(self, context: DataContext) -> list[Path]:
        """Download the official files, checked against their checksums, and return their paths.

        Raises
        ------
        DataError
            If the server cannot be reached or sends something else; the message lists the files and their folder.
        """
        target = self._folders(context)[0]
        return [
            download(
                URL + file.name, file.name, f"sha256:{file.sha256}", target, context, self._remedy(context, [file])
            )
            for file in (FILES[part] for part in self._used)
        ]

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return the MD5 of each file that is here."""
        parts = {part: self._find(context, part) for part in self._used}
        return {part: md5_file(path) for part, path in parts.items() if path is not None}

    @property
    def _used(self) -> list[str]:
        return [*self._parts("train"), *self._parts("test")]

    def _parts(self, split: SplitName) -> list[str]:
        return ["train", "extra"] if split == "train" and self.use_extra else [split]

    def _folders(self, context: DataContext) -> list[Path]:
        if self.folder is not None:
            return [context.folder / Path(self.folder).expanduser()]
        return [context.folder / "svhn", context.folder]

    def _find(self, context: DataContext, part: str) -> Path | None:
        paths = (folder / FILES[part].name for folder in self._folders(context))
        return next((path for path in paths if path.is_file()), None)

    def _remedy(self, context: DataContext, files: list[OfficialFile]) -> str:
        wanted = " and ".join(f"{file.name} (md5 {file.md5})" for file in files)
        return f"put {wanted} from {URL} into {self._folders(context)[0]}"


def _check_sum(path: Path, file: OfficialFile) -> None:
    """Refuse a damaged official file; one of another size is the user's own and is judged by its contents."""
    if path.stat().st_size == file.size and md5_file(path) != file.md5:
        raise DataError(
            f"{path}: has the size of the official file but not its MD5 {file.md5}; it is damaged, download it again"
        )


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Read ``X`` (32, 32, 3, n) and ``y`` (n, 1) of a MATLAB v5 file."""
    # The headers first: reading X allocates the size that its header declares.
    _check_headers(path, {name: (array.shape, array.kind) for name, array in read_headers(path).items()})
    arrays = read_arrays(path, ("X", "y"))
    return _checked(path, arrays["X"], arrays["y"])


def _check_headers(path: Path, headers: dict[str, tuple[tuple[int, ...], str]]) -> None:
    for name in ("X", "y"):
        if name not in headers:
            raise DataError(f"{path}: has no array '{name}'; is it an SVHN file of cropped digits?")
    shape, kind = headers["X"]
    # MATLAB drops a last dimension of one.
    if shape[:3] != (32, 32, 3) or len(shape) > 4 or kind != "uint8":
        raise DataError(f"{path}: 'X' is {kind} {shape}; it must be uint8 (32, 32, 3, n)")
    count = shape[3] if len(shape) == 4 else 1
    if not 1 <= count <= MAX_IMAGES:
        raise DataError(f"{path}: 'X' declares {count:,} images; there must be 1 to {MAX_IMAGES:,}")
    shape, kind = headers["y"]
    if shape not in ((count, 1), (1, count)) or not (kind in ("single", "double") or "int" in kind):
        raise DataError(f"{path}: 'y' is {kind} {shape} for {count:,} images; it must be numbers ({count}, 1)")


def _checked(path: Path, images: Any, labels: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    if images.dtype != np.uint8 or labels.dtype.kind not in "uif":
        raise DataError(f"{path}: 'X' is {images.dtype} and 'y' is {labels.dtype}; they must be numbers")
    digits = labels.reshape(-1)
    bad = ~((digits >= 1) & (digits <= 10) & (digits == np.floor(digits)))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise DataError(f"{path}: label {first} is {digits[first]}; labels must be whole numbers from 1 to 10")
    images = images.reshape(32, 32, 3, len(digits))
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), (digits.astype(np.int32) % 10).astype(np.int32)
