"""The fonts that SynthDigits writes its digits with, and which side each of them is on.

A family is on the training or on the test side with all its weights and with its relatives (``Roboto Slab`` with
``Roboto``), so no test digit has a shape that was trained on. The families come as packages, one each, of the extra
``neurosyn[fonts]``, under the SIL Open Font Licence or the Apache licence; a few more ship with matplotlib.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from neurosyn.plugins import DataError, SplitName

__all__ = ["FAMILIES", "RELATIVES", "Face", "find_faces", "hash_faces", "missing_fonts"]

FAMILIES: dict[SplitName, tuple[str, ...]] = {
    "train": (
        "abril_fatface",
        "acme",
        "alfa_slab_one",
        "arimo",
        "asap",
        "baloo_2",
        "barlow_condensed",
        "bebas_neue",
        "bitter",
        "black_ops_one",
        "bodoni_moda",
        "bungee",
        "caveat",
        "chivo",
        "comfortaa",
        "crimson_text",
        "delius",
        "dm_serif_display",
        "dosis",
        "fira_sans",
        "fjalla_one",
        "josefin_sans",
        "kanit",
        "karla",
        "lexend",
        "libre_baskerville",
        "libre_franklin",
        "lilita_one",
        "lobster",
        "matplotlib/DejaVu",
        "matplotlib/cm",
        "maven_pro",
        "montserrat",
        "nunito",
        "oswald",
        "pacifico",
        "permanent_marker",
        "playfair_display",
        "poppins",
        "pt_sans",
        "pt_serif",
        "roboto",
        "roboto_slab",
        "rowdies",
        "sanchez",
        "satisfy",
        "signika",
        "teko",
        "titan_one",
        "varela_round",
        "vollkorn",
        "work_sans",
        "yanone_kaffeesatz",
        "zilla_slab",
    ),
    "test": (
        "archivo_narrow",
        "arvo",
        "cabin",
        "changa_one",
        "domine",
        "fredoka",
        "kalam",
        "lato",
        "matplotlib/STIXGeneral",
        "merriweather",
        "oleo_script",
        "open_sans",
        "righteous",
        "rubik",
        "titillium_web",
        "viga",
    ),
}
"""Family names by side: a package ``fontpkg_NAME``, or the beginning of a file name in ``matplotlib/``."""

RELATIVES: tuple[frozenset[str], ...] = (
    frozenset({"pt_sans", "pt_serif"}),
    frozenset({"roboto", "roboto_slab"}),
)
"""Families that share the skeleton of their digits and so must be on one side."""

_MATPLOTLIB_FILES = {
    "DejaVu": ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif"),
    "STIXGeneral": ("STIXGeneral",),
    "cm": ("cmb10", "cmr10", "cmss10", "cmti10", "cmtt10"),
}
_HAIRLINES = ("thin", "extralight", "hairline", "light")
_WEIGHTS = (400, 600, 800)


@dataclass(frozen=True)
class Face:
    """One font file at one weight.

    Attributes
    ----------
    family
        Name in `FAMILIES`.
    path
        The font file.
    weight
        Position on the ``wght`` axis of a variable font, None for a static one.
    """

    family: str
    path: Path
    weight: int | None = None


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _files(family: str) -> list[Path]:
    if not family.startswith("matplotlib/"):
        folder = _folder(f"fontpkg_{family}")
        return [] if folder is None else sorted(folder.glob("files/*.[ot]tf"), key=lambda path: path.name)
    folder = _folder("matplotlib")
    names = _MATPLOTLIB_FILES[family.removeprefix("matplotlib/")]
    files = [] if folder is None else sorted(folder.glob("mpl-data/fonts/ttf/*.ttf"), key=lambda path: path.name)
    styles = {"", "bold", "oblique", "boldoblique", "bolditalic", "italic", "bol", "ita", "bolita"}
    return [
        path
        for path in files
        if any(path.stem.startswith(name) and path.stem[len(name) :].strip("-").lower() in styles for name in names)
    ]


def _is_hairline(path: Path) -> bool:
    # Strokes far below a pixel at 32 x 32 leave nothing to read.
    style = path.stem.rpartition("-")[2].lower().replace("italic", "")
    return style in _HAIRLINES


def missing_fonts(side: SplitName) -> list[str]:
    """Return the families of `side` that are not installed."""
    return [family for family in FAMILIES[side] if not _files(family)]


@cache
def find_faces(side: SplitName) -> tuple[Face, ...]:
    """Return every face of `side`, in an order that depends on names alone.

    Raises
    ------
    DataError
        If a family is not installed; the message names the extra to install.
    """
    missing = missing_fonts(side)
    if missing:
        raise DataError(
            f"SynthDigits: {len(missing)} of the {len(FAMILIES[side])} font families of its {side} set are not "
            f"installed ({', '.join(missing[:4])}{', …' if len(missing) > 4 else ''}); "
            "run `pip install 'neurosyn[fonts]'`"
        )
    faces: list[Face] = []
    for family in FAMILIES[side]:
        for path in _files(family):
            if not _is_hairline(path):
                faces += [Face(family, path, weight) for weight in _weights(path)]
    return tuple(faces)


def _weights(path: Path) -> Sequence[int | None]:
    """Return the positions on the weight axis to use, or [None] for a static font."""
    if "[" not in path.stem:
        return [None]
    from PIL import ImageFont

    axes = ImageFont.truetype(str(path), 16).get_variation_axes()
    for axis in axes:
        name = axis.get("name") or b""
        if (name.decode() if isinstance(name, bytes) else name) == "Weight":
            low, high = axis.get("minimum") or 0, axis.get("maximum") or 0
            return sorted({int(min(max(weight, low), high)) for weight in _WEIGHTS})
    return [None]


@cache
def hash_faces(side: SplitName) -> str:
    """Return a SHA-256 over names, weights and contents of every face of `side`."""
    digest = hashlib.sha256()
    contents: dict[Path, bytes] = {}
    for face in find_faces(side):
        if face.path not in contents:
            contents[face.path] = hashlib.sha256(face.path.read_bytes()).digest()
        digest.update(f"{face.family}/{face.path.name}/{face.weight}\n".encode())
        digest.update(contents[face.path])
    return digest.hexdigest()
