"""Commands ``neurosyn data``."""

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(empty_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_list_says_what_is_here(neurosyn):
    listed = json.loads(neurosyn("data", "list", "--json").out)
    rows = {row["kind"]: row for row in listed["datasets"]}
    assert rows["gtsrb"] == {"kind": "gtsrb", "name": "GTSRB", "official": True, "train": "missing", "test": "missing"}
    assert rows["synth_signs"]["train"] == rows["synth_signs"]["test"] == "here"
    assert not rows["synth_signs"]["official"]
    assert {"cifar10", "cifar100", "logo32", "svhn", "synth_objects", "synth_logos"} <= rows.keys()


def test_info_takes_options(neurosyn):
    about = json.loads(neurosyn("data", "info", "cifar100", "--set", "label=coarse", "--json").out)
    assert len(about["classes"]) == 20
    assert "put cifar-100-binary.tar.gz (md5 03b5dce01913d631647c71ecec9e9cb8)" in about["missing"]["train"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("info", "cifar100", "--set", "label=finest"), "label: should be 'fine' or 'coarse'"),
        (("info", "cifar100", "--set", "lable=fine"), "lable: unknown key; did you mean 'label'?"),
        (("info", "cifar"), "did you mean 'cifar10"),
        (("preview", "archive"), "needs options (file, name); give them with --set KEY=VALUE"),
    ],
)
def test_wrong_options_are_refused_with_what_there_is(neurosyn, arguments, message):
    outcome = neurosyn("data", *arguments)
    assert outcome.code in (2, 3)
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_paths_in_options_are_relative_to_the_working_folder(neurosyn, bars, monkeypatch):
    monkeypatch.chdir(bars.parent)
    outcome = neurosyn("data", "info", "archive", "--set", "file=./bars.npz", "--set", "name=mine", "--json")
    assert json.loads(outcome.out)["name"] == "mine"


def test_check_shows_classes_and_reads_images_on_request(neurosyn, tiny):
    outcome = neurosyn("data", "check", tiny)
    assert "3 classes: 0, 1, 2" in outcome.out
    assert "train: " not in outcome.out
    counted = json.loads(neurosyn("data", "check", tiny, "--read", "--json").out)
    assert {split: sum(numbers.values()) for split, numbers in counted["images_of_classes"].items()} == counted["sizes"]


def test_preview_draws_every_class_with_its_name(neurosyn, tmp_path):
    outcome = neurosyn("data", "preview", "synth_objects", "--set", "test_size=100", "--each", "3")
    assert outcome.code == 0
    assert outcome.out.strip() == "synth_objects-test.png"
    assert "100 test images of SynthObjects-10 (stand-in for CIFAR-10)" in outcome.err
    assert "30 of them" in outcome.err
    with Image.open(tmp_path / "synth_objects-test.png") as sheet:
        pixels = np.asarray(sheet.convert("RGB"))
    assert min(pixels.shape[:2]) > 300
    assert (pixels != 255).any(-1).mean() > 0.1, "there are images on it"


def test_preview_of_what_a_scenario_uses(neurosyn, tiny, tmp_path):
    outcome = neurosyn("data", "preview", tiny, "--split", "train", "--out", tmp_path / "sheets/bars.png", "--quiet")
    assert (outcome.code, outcome.err) == (0, "")
    assert (tmp_path / "sheets/bars.png").exists()


def test_preview_of_what_is_missing_says_what_to_put_where(neurosyn, tmp_path):
    outcome = neurosyn("data", "preview", "gtsrb")
    assert outcome.code == 5
    assert "GTSRB_Final_Test_Images.zip" in outcome.err
    assert not list(tmp_path.glob("*.png"))


def test_fetch_of_what_is_sent_on_request_says_so(neurosyn):
    outcome = neurosyn("data", "fetch", "logo32")
    assert outcome.code == 5
    assert "FlickrLogos-32" in outcome.err
    assert "on request" in outcome.err


def test_fetch_downloads_each_file_once(neurosyn, empty_data, monkeypatch):
    from neurosyn_plugins.datasets.official import published_files as official

    asked = []

    def download(url, name, known_hash, target, context, remedy):
        asked.append((url, known_hash))
        return target / name

    monkeypatch.setattr(official, "download", download)
    outcome = neurosyn("data", "fetch", "gtsrb")
    assert outcome.out.splitlines() == [
        str(empty_data / "gtsrb" / f"GTSRB_Final_{part}.zip") for part in ("Training_Images", "Test_Images", "Test_GT")
    ]
    assert "3 files, checked" in outcome.err
    assert [known_hash[:8] for _, known_hash in asked] == ["md5:f33f", "md5:c7e4", "md5:fe31"]
    assert all(url.startswith("https://sid.erda.dk/public/archives/") for url, _ in asked)
