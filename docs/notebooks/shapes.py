"""Pictures of circles, crosses and squares, and a scenario for them: what the notebooks simulate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SCENARIO = """
name = "shapes"
title = "Shapes"
seed = 1

[data]
kind = "folder"
folder = "./shapes"
size = 16
colours = "grey"

[network]
kind = "eedn_tiny"

[train]
epochs = 16
batch = 16
"""


def write_scenario(folder: Path, pictures: int = 100) -> Path:
    """Draw pictures into a folder, each shape in one of its own, and return a scenario beside them."""
    rng = np.random.default_rng(0)
    for shape in ("circle", "cross", "square"):
        place = folder / "shapes" / shape
        place.mkdir(parents=True, exist_ok=True)
        for number in range(pictures):
            ground, ink = (int(rng.integers(low, low + 100)) for low in (0, 150))
            picture = Image.new("L", (96, 80), ground)
            draw = ImageDraw.Draw(picture)
            x, y, r = rng.integers((34, 30, 14), (62, 50, 24)).tolist()
            if shape == "circle":
                draw.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=8)
            elif shape == "square":
                draw.rectangle((x - r, y - r, x + r, y + r), outline=ink, width=8)
            else:
                draw.line((x - r, y, x + r, y), ink, 8)
                draw.line((x, y - r, x, y + r), ink, 8)
            picture.save(place / f"{number:02}.png")
    scenario = folder / "shapes.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    return scenario
