"""The learning curve as a table and as a picture."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from neurosyn.training.learning_curve import draw_history, save_history

HISTORY = [
    {"epoch": 1, "loss": 2.5, "accuracy": 0.25},
    {"epoch": 2, "loss": 1.25, "accuracy": 0.5, "validation_accuracy": 0.75},
]


def test_every_epoch_is_a_line(tmp_path):
    save_history(HISTORY, tmp_path / "curve.csv")
    assert (tmp_path / "curve.csv").read_text() == (
        "epoch,loss,accuracy,validation_accuracy\n1,2.5,0.25,\n2,1.25,0.5,0.75\n"
    )


def test_the_picture_shows_the_curves(tmp_path):
    pictures = []
    for history in (HISTORY, HISTORY[:1], []):
        draw_history(history, tmp_path / "curve.png", "A network")
        with Image.open(io.BytesIO((tmp_path / "curve.png").read_bytes())) as image:
            pictures.append(np.asarray(image.convert("L")))
    assert all((picture < 128).any() for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 3
