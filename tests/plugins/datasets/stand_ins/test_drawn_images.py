"""The drawn stand-ins: SynthSigns, SynthObjects, SynthLogos."""

import numpy as np
import pytest
from neurosyn_plugins.datasets.drawing import logo_marks
from neurosyn_plugins.datasets.drawing.photo import Pose, draw_poses, look_at, plate_points
from neurosyn_plugins.datasets.drawing.signs import art as sign_art
from neurosyn_plugins.datasets.labels.signs import SIGN_CLASSES
from neurosyn_plugins.datasets.stand_ins.drawn_images import BLOCK
from neurosyn_plugins.datasets.stand_ins.synth_logos import SynthLogos
from neurosyn_plugins.datasets.stand_ins.synth_objects import SHAPES, SURFACES, SynthObjects
from neurosyn_plugins.datasets.stand_ins.synth_signs import SynthSigns
from PIL import Image

from neurosyn.data.dataset import DataContext
from neurosyn.registry import registry

ALL = [
    SynthSigns(train_size=100, test_size=100),
    SynthObjects(train_size=100, test_size=100),
    SynthObjects(train_size=100, test_size=100, n_classes=100),
    SynthLogos(train_size=100, test_size=100, size=30),
    SynthLogos(train_size=100, test_size=100, no_logo=True),
]
each = pytest.mark.parametrize("dataset", ALL, ids=lambda d: f"{d.GENERATOR}{d.variant()}")
STILL = Pose(size=(1.0, 1.0), angle=0, tilt=0, stretch=0, shift=0)


@each
def test_is_registered_never_official_and_always_there(dataset, context):
    assert registry.get("datasets", dataset.GENERATOR) is type(dataset)
    info = dataset.info(context)
    assert not info.official
    assert "(stand-in for " in info.name
    assert len(set(info.classes)) == len(info.classes)
    assert dataset.available(context, "train") is dataset.available(context, "test") is None


@each
def test_images_are_as_described_and_classes_in_equal_parts(dataset, context):
    info, split = dataset.info(context), dataset.load("train", context)
    assert len(split) == info.sizes["train"] == 100
    assert split.images.shape[1:] == info.shape
    counts = np.bincount(split.labels, minlength=len(info.classes))
    assert counts.max() - counts.min() <= 1
    assert split.images.std(axis=(1, 2, 3)).min() > 1, "no image is blank"


@each
def test_the_cache_holds_what_would_be_drawn_and_a_damaged_one_is_drawn_anew(dataset, context, monkeypatch):
    first = dataset.load("train", context)
    (path,) = context.cache.rglob("*.npz")
    with monkeypatch.context() as patched:
        patched.setattr(type(dataset), "draw_block", None)
        again = dataset.load("train", context)
    np.testing.assert_array_equal(first.images, again.images)
    path.write_bytes(path.read_bytes()[:-200])
    np.testing.assert_array_equal(dataset.load("train", context).images, first.images)


@each
def test_an_image_depends_on_seed_and_number_alone(dataset):
    images, labels = dataset.draw_block("train", 5, 1)
    again, same = dataset.draw_block("train", 5, 1)
    assert (images.tobytes(), labels.tobytes()) == (again.tobytes(), same.tobytes())
    for other in (("train", 6, 1), ("train", 5, 0), ("test", 5, 1)):
        assert (dataset.draw_block(*other)[0] != images).mean() > 0.5


@each
def test_drawing_leaves_numpys_global_state_alone(dataset):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    dataset.draw_block("train", 5, 0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_test_images_do_not_depend_on_the_scenarios_seed(context):
    dataset = ALL[1]
    other = DataContext(context.folder, context.cache, seed=4)
    test = dataset.load("test", context)
    np.testing.assert_array_equal(test.images, dataset.load("test", other).images)
    assert (dataset.load("train", context).images != dataset.load("train", other).images).mean() > 0.5
    assert dataset.fingerprint(context) != dataset.fingerprint(other)


def test_options_that_change_the_images_have_caches_of_their_own(context):
    for size in (30, 32):
        SynthLogos(train_size=100, size=size).load("train", context)
    SynthObjects(train_size=100).load("train", context)
    SynthObjects(train_size=100, n_classes=100).load("train", context)
    assert len(list(context.cache.rglob("*.npz"))) == 4


def test_progress_is_reported(context):
    steps = []
    context = DataContext(context.folder, context.cache, 0, lambda *step: steps.append(step))
    SynthObjects(train_size=BLOCK + 50).load("train", context)
    assert steps == [(100, 150, "images"), (150, 150, "images")]


def test_no_style_of_a_sign_nor_print_of_a_mark_is_in_both_splits():
    for numbers in (sign_art.STYLES, logo_marks.PRINTS):
        assert not set(numbers["train"]) & set(numbers["test"])
    for plates in (sign_art.sign_plates, logo_marks.mark_plates):
        train, test = ({p.tobytes() for row in plates(side) for p in row} for side in ("train", "test"))
        assert not train & test


@pytest.mark.parametrize("side", ["train", "test"])
def test_all_signs_of_one_style_differ(side):
    for style in range(len(sign_art.STYLES[side])):
        assert len({row[style].tobytes() for row in sign_art.sign_plates(side)}) == len(SIGN_CLASSES) == 43


def test_all_marks_of_one_print_differ():
    plates = logo_marks.mark_plates("test")
    assert len(plates) == len({mark.name for mark in logo_marks.MARKS}) == 32
    assert len({row[0].tobytes() for row in plates}) == 32


def test_shapes_and_surfaces_are_distinguished():
    maps = draw_poses(1, STILL, np.random.default_rng(0))
    x, y = plate_points(maps)
    half = np.full((1, 1, 1), 0.5, np.float32)
    masks = {name: shape(x, y, half)[0] for name, shape in SHAPES.items()}
    for name, mask in masks.items():
        assert 0.1 < mask.mean() < 0.9, name
        border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        assert border.mean() < 0.05, f"{name} is cut off"
    names = list(masks)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            union = (masks[a] | masks[b]).sum()
            assert (masks[a] & masks[b]).sum() / union < 0.9, (a, b)
    surfaces = [surface(x, y, half, half) for surface in SURFACES.values()]
    for i, a in enumerate(surfaces):
        assert a.min() >= 0
        assert a.min() < a.max() <= 1
        for b in surfaces[i + 1 :]:
            assert np.abs(a - b).mean() > 0.1


def test_names_of_a_hundred_classes_say_surface_and_shape():
    classes = SynthObjects(n_classes=100).classes()
    assert classes[0] == "shaded disc"
    assert classes[37] == "bricked star"


def test_a_camera_straight_on_shows_the_plate_as_it_is():
    plate = np.zeros((96, 96, 4), np.uint8)
    plate[..., 0] = 200
    plate[24:72, 24:72, 3] = 255
    art, cover = look_at([Image.fromarray(plate)], draw_poses(1, STILL, np.random.default_rng(0)))
    assert (art[0, ..., 0][cover[0] > 0] == 200).all(), "the colour of what is beside it does not show"
    assert (cover[0, 9:23, 9:23] == 1).all()
    assert (cover[0, :7] == 0).all()
    assert cover[0].mean() == pytest.approx(0.25, abs=0.02)


def test_a_smaller_size_shows_more_around_the_thing():
    rng = np.random.default_rng(0)
    x, _ = plate_points(draw_poses(1, Pose((0.5, 0.5), 0, 0, 0, 0), rng), 1)
    assert float(x.min()) == pytest.approx(-2 * 31 / 32)
    assert float(x.max()) == pytest.approx(2 * 31 / 32)


def test_a_turned_camera_turns_the_thing():
    maps = draw_poses(500, Pose((1, 1), 10, 0, 0, 0), np.random.default_rng(0))
    angles = np.rad2deg(np.arctan2(maps[:, 0, 1], maps[:, 0, 0]))
    assert np.abs(angles).max() <= 25.001
    assert 8 < angles.std() < 12


def test_a_wrong_cache_is_not_used(context):
    dataset = ALL[1]
    split = dataset.load("train", context)
    (path,) = context.cache.rglob("*.npz")
    np.savez(path, images=split.images[:90], labels=split.labels[:90])
    assert len(dataset.load("train", context)) == 100
