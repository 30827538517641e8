"""Data set ``folder``: your own pictures, a folder a class.

Either ``ROOT/train/CLASS/*.png`` and ``ROOT/test/CLASS/*.png``, or ``ROOT/CLASS/*.png``, of which a share of
every class becomes the test images. PNG, JPEG, PPM and PGM of any size are scaled to one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from neurosyn.plugins import DataContext, DataError, Dataset, DatasetInfo, Split, SplitName
from neurosyn_plugins.datasets.own.labelled_files import FolderImages, divide, read_folder, split_folders
from neurosyn_plugins.datasets.own.resize import Fit, load_images

__all__ = ["Folder"]


class Folder(Dataset):
    """Pictures in folders named after their classes."""

    folder: str = Field(
        min_length=1,
        examples=["./pictures"],
        description="the folder: ./NAME beside the scenario, an absolute path, or a name inside the data folder",
    )
    name: str = Field(default="", description="honest name for every output; by default the folder's")
    licence: str = Field(default="unknown", description="terms of use")
    size: int = Field(default=32, ge=1, le=1024, description="height and width in pixels that images are scaled to")
    fit: Fit = Field(default="crop", description="crop to the middle square, pad with black, or stretch")
    colours: Literal["rgb", "grey"] = Field(default="rgb", description="three channels or one")
    test_share: float = Field(
        default=0.2, gt=0, lt=1, description="share of each class to test on, where there is no folder `test`"
    )

    def info(self, context: DataContext) -> DatasetInfo:
        """Describe the data set from the names of its files.

        Raises
        ------
        DataError
            If the folder is missing or has another layout than the module describes.
        """
        splits, classes = self._read(context)
        return DatasetInfo(
            name=self.name or f"own images '{self._root(context).name}'",
            official=False,
            licence=self.licence,
            source=str(self._root(context)),
            classes=classes,
            shape=(self.size, self.size, 3 if self.colours == "rgb" else 1),
            sizes={name: len(images.files) for name, images in splits.items()},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:
        """Return None if the folder is here and has the split, else what to put where."""
        try:
            splits, _ = self._read(context)
        except DataError as error:
            return str(error)
        return None if splits[split].files else f"{self._root(context) / split}: has no images; put some there"

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Read and scale the images of a split.

        Raises
        ------
        DataError
            If something is missing or damaged, with the name of the file.
        """
        images = self._read(context)[0][split]
        if not images.files:
            raise DataError(f"{self._root(context) / split}: has no images; put some there")
        pixels = load_images(images.files, self.size, self.fit, self.colours, context.progress)
        return Split(pixels, np.array(images.labels, np.int32))

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return the SHA-256 of the names and contents of each split; empty if there is no folder."""
        if not self._root(context).is_dir():
            return {}
        return {name: images.digest() for name, images in self._read(context)[0].items()}

    def unused(self, context: DataContext) -> dict[str, str]:
        """Return `test_share` if there is a folder of test images."""
        has_test = "test" in split_folders(self._root(context))
        return dict.fromkeys(self.changed("test_share"), "there is a folder of test images") if has_test else {}

    def _root(self, context: DataContext) -> Path:
        return context.folder / Path(self.folder).expanduser()

    def _read(self, context: DataContext) -> tuple[dict[SplitName, FolderImages], tuple[str, ...]]:
        root = self._root(context)
        try:
            folders = split_folders(root)
        except OSError as error:
            raise DataError(f"{root}: cannot be read ({error.strerror}); check the folder") from error
        images, classes = read_folder(folders.get("train", root))
        if "test" in folders:
            return {"train": images, "test": read_folder(folders["test"], classes)[0]}, classes
        learnt, tested = divide(images, self.test_share, context.seed)
        return {"train": learnt, "test": tested}, classes
