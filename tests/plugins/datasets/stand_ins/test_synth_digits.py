"""Data set ``synth_digits``: shipped images, fonts and drawing."""

import io
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from neurosyn_plugins.datasets.drawing.digits import fonts as digit_fonts
from neurosyn_plugins.datasets.drawing.digits import pictures as digit_pictures
from neurosyn_plugins.datasets.drawing.digits import scene as digit_scene
from neurosyn_plugins.datasets.drawing.digits import shapes as digit_shapes
from neurosyn_plugins.datasets.drawing.digits.pictures import BLOCK, draw_block, draw_pictures
from neurosyn_plugins.datasets.stand_ins import render
from neurosyn_plugins.datasets.stand_ins.synth_digits import TEST_FILE, TEST_SHA256, TEST_SIZE, SynthDigits
from PIL import Image

from neurosyn.data.dataset import DataContext
from neurosyn.errors import DataError
from neurosyn.registry import registry
from neurosyn.support.files import sha256_file


@pytest.fixture
def fonts():
    missing = digit_fonts.missing_fonts("train") + digit_fonts.missing_fonts("test")
    if missing:
        pytest.skip(f"the extra 'fonts' is not installed ({len(missing)} families missing)")


@pytest.fixture
def no_fonts(monkeypatch):
    monkeypatch.setattr(digit_fonts, "_folder", lambda package: None)
    digit_fonts.find_faces.cache_clear()
    digit_fonts.hash_faces.cache_clear()
    yield
    digit_fonts.find_faces.cache_clear()
    digit_fonts.hash_faces.cache_clear()


def test_is_registered_and_never_official(context):
    assert registry.get("datasets", "synth_digits") is SynthDigits
    info = SynthDigits(train_size=200).info(context)
    assert (info.name, info.official) == ("SynthDigits (stand-in for SVHN)", False)
    assert (info.shape, info.sizes) == ((32, 32, 3), {"train": 200, "test": 1000})


def test_shipped_file_is_the_recorded_one():
    assert sha256_file(TEST_FILE) == TEST_SHA256
    assert TEST_FILE.stat().st_size <= 2_000_000


def test_shipped_images_need_no_fonts(context, no_fonts):
    digits = SynthDigits()
    assert digits.available(context, "test") is None
    split = digits.load("test", context)
    assert split.images.shape == (TEST_SIZE, 32, 32, 3)
    assert np.bincount(split.labels).tolist() == [100] * 10
    assert len({image.tobytes() for image in split.images}) == TEST_SIZE
    assert digits.fingerprint(context) == {"test_sha256": TEST_SHA256}


def test_training_without_fonts_names_the_extra(context, no_fonts):
    assert "pip install 'neurosyn[fonts]'" in SynthDigits().available(context, "train")
    with pytest.raises(DataError, match=r"pip install 'neurosyn\[fonts\]'"):
        SynthDigits().load("train", context)
    assert not context.cache.exists()


def test_no_family_nor_relative_is_on_both_sides():
    train, test = (set(digit_fonts.FAMILIES[side]) for side in ("train", "test"))
    assert not train & test
    for relatives in digit_fonts.RELATIVES:
        assert relatives <= train or relatives <= test
    assert len(train) >= 40
    assert len(test) >= 10


def test_the_extra_names_just_the_families_used():
    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = project["optional-dependencies"]["fonts"]
    assert all("==" in requirement for requirement in extra), "the fonts decide the images"
    families = {family for side in digit_fonts.FAMILIES.values() for family in side if "/" not in family}
    assert {name.partition("==")[0] for name in extra} == {f"fontpkg-{name.replace('_', '-')}" for name in families}


def test_faces_are_disjoint_and_glyphs_differ(fonts):
    train, test = (digit_fonts.find_faces(side) for side in ("train", "test"))
    assert not {face.path for face in train} & {face.path for face in test}
    book = digit_shapes.glyph_book("test")
    for faces in book.families:
        glyphs = book.digits(faces[0])
        assert len({glyph.ink.tobytes() for glyph in glyphs}) == 10
        assert all(glyph.ink.getbbox() == (0, 0, *glyph.ink.size) for glyph in glyphs), "trimmed to the ink"


def test_symbol_fonts_are_refused():
    folder = digit_fonts._folder("matplotlib")
    for name in ("LastResortHE-Regular.ttf", "STIXNonUni.ttf", "DejaVuSansDisplay.ttf"):
        path = folder / "mpl-data/fonts/ttf" / name
        if path.exists():
            with pytest.raises(DataError, match=r"does not tell the digits apart|has no ink"):
                digit_shapes.GlyphBook(()).digits(digit_fonts.Face("x", path))
    used = {
        path.name for family in ("DejaVu", "STIXGeneral", "cm") for path in digit_fonts._files(f"matplotlib/{family}")
    }
    assert not used & {"cmex10.ttf", "cmsy10.ttf", "cmmi10.ttf", "STIXSizOneSymReg.ttf", "DejaVuSansDisplay.ttf"}


def test_same_seed_same_bytes_whoever_draws(fonts):
    images, labels = draw_pictures("train", 5, 3 * BLOCK)
    for block in (2, 0, 1):
        again, digits = draw_block("train", 5, block)
        assert again.tobytes() == images[block * BLOCK : (block + 1) * BLOCK].tobytes()
        assert digits.tobytes() == labels[block * BLOCK : (block + 1) * BLOCK].tobytes()


def test_an_image_does_not_depend_on_how_many_there_are(fonts):
    few, labels = draw_pictures("train", 5, BLOCK + 20)
    many, more = draw_pictures("train", 5, 2 * BLOCK)
    np.testing.assert_array_equal(few, many[: len(few)])
    np.testing.assert_array_equal(labels, more[: len(few)])


def test_seed_and_side_change_the_images(fonts):
    first = draw_block("train", 5, 0)[0]
    assert (first != draw_block("train", 6, 0)[0]).mean() > 0.9
    assert (first != draw_block("test", 5, 0)[0]).mean() > 0.9


def test_glyphs_rendered_in_another_order_are_the_same(fonts):
    expected = draw_block("train", 5, 0)[0]
    digit_shapes.glyph_book.cache_clear()
    draw_block("train", 5, 1)
    np.testing.assert_array_equal(draw_block("train", 5, 0)[0], expected)


def test_drawing_leaves_numpys_global_state_alone(fonts):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    draw_block("train", 5, 0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_target_digits_fill_most_of_the_height(fonts, monkeypatch):
    monkeypatch.setattr(digit_shapes, "NEIGHBOUR_PROBABILITY", 0.0)
    labels = np.arange(200, dtype=np.int32) % 10
    masks = digit_shapes.draw_masks(digit_shapes.glyph_book("train"), labels, np.random.default_rng(0))
    assert masks.dtype == np.float32
    assert 0 <= masks.min() <= masks.max() <= 1
    rows = (masks.max(axis=2) > 0.1).sum(axis=1) / 32
    assert np.quantile(rows, 0.02) > 0.65
    assert np.median(rows) > 0.8
    columns = (masks.max(axis=1) > 0.1).sum(axis=1)
    assert columns.max() <= 32
    assert np.median(columns) < 26, "there is room for neighbours"


def test_neighbours_are_there_about_half_of_the_time(fonts):
    labels = np.arange(1000, dtype=np.int32) % 10
    masks = digit_shapes.draw_masks(digit_shapes.glyph_book("train"), labels, np.random.default_rng(0))
    # A few targets reach the border themselves, and some neighbours stand outside the picture.
    for border in (masks[:, :, :2], masks[:, :, -2:]):
        assert 0.3 < (border.max(axis=(1, 2)) > 0.2).mean() < 0.7


def test_contrast_goes_down_to_its_limit_and_no_lower():
    level, contrast = digit_scene._levels(20_000, np.random.default_rng(0))
    assert 18 <= np.abs(contrast).min() < 19
    assert np.abs(contrast).max() > 140
    assert 0 <= (level + contrast).min() <= (level + contrast).max() <= 255
    assert 0.3 < (contrast > 0).mean() < 0.7


def test_training_images_are_cached_by_seed_size_and_fonts(context, fonts, monkeypatch):
    digits = SynthDigits(train_size=150)
    first = digits.load("train", context)
    assert first.images.shape == (150, 32, 32, 3)
    assert np.bincount(first.labels[:100]).tolist() == [10] * 10
    (file,) = context.cache.rglob("*.npz")
    monkeypatch.setattr(digit_pictures, "draw_block", None)
    np.testing.assert_array_equal(digits.load("train", context).images, first.images)
    with pytest.raises(TypeError):
        SynthDigits(train_size=151).load("train", context)
    with pytest.raises(TypeError):
        digits.load("train", DataContext(context.folder, context.cache, seed=4))
    assert list(context.cache.rglob("*.npz")) == [file], "nothing half-written"


def test_a_damaged_cache_is_drawn_again(context, fonts):
    digits = SynthDigits(train_size=100)
    first = digits.load("train", context)
    (file,) = context.cache.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:-500])
    np.testing.assert_array_equal(digits.load("train", context).images, first.images)
    np.savez(file, images=first.images[:50], labels=first.labels[:50])
    np.testing.assert_array_equal(digits.load("train", context).images, first.images)


def test_fingerprint_names_the_fonts(context, fonts):
    mark = SynthDigits().fingerprint(context)
    assert mark["fonts_sha256"] == digit_fonts.hash_faces("train")
    assert mark["test_sha256"] == TEST_SHA256
    assert digit_fonts.hash_faces("train") != digit_fonts.hash_faces("test")


def test_rendering_the_test_file_is_reproducible(tmp_path, fonts):
    sums = {render.render_digits(tmp_path / f"{name}.npz", 20) for name in "ab"}
    assert len(sums) == 1
    with np.load(tmp_path / "a.npz", allow_pickle=False) as made, np.load(TEST_FILE, allow_pickle=False) as shipped:
        assert made.files == shipped.files
        np.testing.assert_array_equal(made["test_labels"], shipped["test_labels"][:20])


def test_the_generator_still_draws_what_is_shipped(context, fonts):
    shipped = SynthDigits().load("test", context)
    drawn, labels = draw_block("test", render.SEEDS["digits"], 0)
    np.testing.assert_array_equal(labels, shipped.labels[:BLOCK])
    # Other versions of Pillow, FreeType or NumPy may round differently.
    difference = np.abs(drawn.astype(int) - shipped.images[:BLOCK])
    assert (difference > 4).mean() < 0.01


def test_webp_is_lossless():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(render.encode_webp(image))) as back:
        np.testing.assert_array_equal(np.asarray(back.convert("RGB")), image)


def test_the_plugin_is_light_to_import():
    code = (
        "import sys, neurosyn_plugins.datasets.stand_ins.synth_digits, neurosyn_plugins.datasets.official.svhn;"
        "print([m for m in ('scipy', 'matplotlib', 'pooch', 'PIL.ImageFont') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
