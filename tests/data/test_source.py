"""Choice between a data set and its stand-in, and checks of what is loaded."""

import numpy as np
import pytest

from neurosyn.data.dataset import Dataset, DatasetInfo, Split
from neurosyn.data.source import load_source
from neurosyn.errors import DataError


class Fake(Dataset):
    """A data set that has the splits of its option `here`."""

    name: str
    here: tuple[str, ...]

    def info(self, context):
        return DatasetInfo(self.name, self.name == "real", "none", "nowhere", ("a",), (1, 1, 1))

    def available(self, context, split):
        return None if split in self.here else f"{self.name}: no {split} file; put one there"

    def load(self, split, context):
        return Split(np.full((1, 1, 1, 1), len(self.name), np.uint8), np.zeros(1, np.int32))


def test_the_data_set_itself_where_it_is_here(context):
    real, stand_in = Fake(name="real", here=("test",)), Fake(name="drawn", here=("train", "test"))
    source = load_source(real, stand_in, context, "test")
    assert (source.dataset, source.used_stand_in, source.reason) == (real, False, "")
    assert source.info.official
    assert source.load("test").images[0, 0, 0, 0] == len("real")


def test_the_stand_in_says_why(context):
    real, stand_in = Fake(name="real", here=("test",)), Fake(name="drawn", here=("train", "test"))
    source = load_source(real, stand_in, context, "train", "test")
    assert (source.dataset, source.used_stand_in) == (stand_in, True)
    assert not source.info.official
    assert source.reason == "real: no train file; put one there"
    assert source.load("test").images[0, 0, 0, 0] == len("drawn")


def test_without_either_both_say_what_to_put_where(context):
    real, stand_in = Fake(name="real", here=()), Fake(name="drawn", here=("test",))
    with pytest.raises(DataError, match=r"real: no train file; put one there$"):
        load_source(real, None, context, "train")
    with pytest.raises(DataError, match=r"(?s)real: no train.*real: no test.*drawn: no train"):
        load_source(real, stand_in, context, "train", "test")


class Wrong(Fake):
    """A data set whose images are not those that it describes."""

    count: int = 2
    side: int = 1
    label: float = 0.0

    def load(self, split, context):
        labels = np.full(self.count, self.label)
        if self.label == int(self.label):
            labels = labels.astype(np.int32)
        return Split(np.zeros((self.count, self.side, 1, 1), np.uint8), labels)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "real: test images: there are none"),
        ({"side": 2}, r"real: test images: are \(2, 1, 1\), described as \(1, 1, 1\)"),
        ({"label": 1.0}, r"labels are int32 from 1 to 1, classes are 0…0"),
        ({"label": -1.0}, r"labels are int32 from -1 to -1"),
        ({"label": 0.5}, r"labels are float64"),
    ],
)
def test_images_other_than_described_are_refused(options, said, context):
    source = load_source(Wrong(name="real", here=("test",), **options), None, context, "test")
    with pytest.raises(DataError, match=said):
        source.load("test")


def test_progress_reaches_the_data_set(context):
    class Slow(Fake):
        def load(self, split, context):
            context.progress(1, 2, "images")
            return super().load(split, context)

    steps = []
    load_source(Slow(name="real", here=("test",)), None, context, "test").load("test", lambda *args: steps.append(args))
    assert steps == [(1, 2, "images")]
