"""SynthDigits: procedurally drawn house numbers, the stand-in where SVHN is absent.

In the manner of SYN NUMBERS (Ganin and Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", ICML 2015):
a target digit that fills most of a 32 x 32 crop, parts of its neighbours, many fonts, and much that is wrong with
photographs. Training images are drawn on demand with the fonts of the extra ``neurosyn[fonts]`` and cached; the 1,000
test images, in other font families, ship with the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from neurosyn.plugins import DataContext, Dataset, DatasetInfo, Split, SplitName
from neurosyn_plugins.datasets.readers.cached import cached_images
from neurosyn_plugins.datasets.readers.image_archive import decode_images, read_encoded

__all__ = ["TEST_FILE", "TEST_SHA256", "TEST_SIZE", "SynthDigits"]

TEST_FILE = Path(__file__).with_name("synth_digits_test.npz")
"""The shipped test images, made by ``python -m neurosyn_plugins.datasets.stand_ins.render``."""

TEST_SIZE = 1000
TEST_SHA256 = "8eb3476413b4d7a19297a4090a3a768c2bf27e14b30c3ac756395d8b36719590"
"""SHA-256 of `TEST_FILE`."""


class SynthDigits(Dataset):
    """Procedurally drawn digits, 32 x 32 RGB, ten classes in equal parts."""

    train_size: int = Field(default=50_000, ge=100, le=1_000_000, description="number of training images to draw")

    def info(self, context: DataContext) -> DatasetInfo:  # noqa: ARG002
        """Describe the data set."""
        return DatasetInfo(
            name="SynthDigits (stand-in for SVHN)",
            official=False,
            licence="Apache-2.0; the fonts drawn with are under OFL-1.1 or Apache-2.0",
            source="drawn by neurosyn in the manner of SYN NUMBERS (Ganin and Lempitsky, ICML 2015)",
            classes=tuple("0123456789"),
            shape=(32, 32, 3),
            sizes={"train": self.train_size, "test": TEST_SIZE},
        )

    def available(self, context: DataContext, split: SplitName) -> str | None:  # noqa: ARG002
        """Return None if `split` can be loaded: the test images always, training images with fonts."""
        if split == "test":
            return None
        from neurosyn_plugins.datasets.drawing.digits.fonts import missing_fonts

        missing = missing_fonts("train")
        if missing:
            return (
                f"SynthDigits: {len(missing)} font families to draw the training images with are not installed; "
                "run `pip install 'neurosyn[fonts]'`"
            )
        return None

    def load(self, split: SplitName, context: DataContext) -> Split:
        """Return the shipped test images, or training images from the cache or newly drawn.

        Raises
        ------
        DataError
            If the fonts are not installed; the message names the extra to install.
        """
        return _load_test() if split == "test" else self._load_train(context)

    def fingerprint(self, context: DataContext) -> dict[str, Any]:
        """Return what decides the images: the shipped file, the generator and its fonts."""
        mark: dict[str, Any] = {"test_sha256": TEST_SHA256}
        if self.available(context, "train") is None:
            from neurosyn_plugins.datasets.drawing.digits.fonts import hash_faces
            from neurosyn_plugins.datasets.drawing.digits.pictures import VERSION

            mark |= {"generator": VERSION, "fonts_sha256": hash_faces("train"), "seed": context.seed}
        return mark

    def _load_train(self, context: DataContext) -> Split:
        from neurosyn_plugins.datasets.drawing.digits.fonts import hash_faces
        from neurosyn_plugins.datasets.drawing.digits.pictures import VERSION, draw_pictures

        fonts = hash_faces("train")
        name = f"train-v{VERSION}-seed{context.seed}-{self.train_size}-{fonts[:16]}.npz"
        path = context.cache / "synth_digits" / name

        def draw() -> Split:
            return Split(*draw_pictures("train", context.seed, self.train_size, progress=context.progress))

        return cached_images(path, (self.train_size, 32, 32, 3), draw)


def _load_test() -> Split:
    encoded = read_encoded(TEST_FILE, "test_")
    return Split(decode_images(encoded), encoded.labels)
