"""The 61 phones of TIMIT's transcriptions and the 39 classes that results are given in.

Lee and Hon, "Speaker-independent phone recognition using hidden Markov models", IEEE Trans. ASSP 37(11), 1989: phones
that are often taken for each other are one class, all closures and pauses are ``sil``, and the glottal stop ``q`` is
left out.
"""

from __future__ import annotations

__all__ = ["CLASSES", "FOLDING", "LEFT_OUT", "SILENCE", "TIMIT_PHONES", "class_of"]

LEFT_OUT = "q"
"""The glottal stop, which belongs to no class."""

FOLDING = {
    "iy": ("iy",),
    "ih": ("ih", "ix"),
    "eh": ("eh",),
    "ae": ("ae",),
    "ah": ("ah", "ax", "ax-h"),
    "uw": ("uw", "ux"),
    "uh": ("uh",),
    "aa": ("aa", "ao"),
    "ey": ("ey",),
    "ay": ("ay",),
    "oy": ("oy",),
    "aw": ("aw",),
    "ow": ("ow",),
    "l": ("l", "el"),
    "r": ("r",),
    "y": ("y",),
    "w": ("w",),
    "er": ("er", "axr"),
    "m": ("m", "em"),
    "n": ("n", "en", "nx"),
    "ng": ("ng", "eng"),
    "ch": ("ch",),
    "jh": ("jh",),
    "dh": ("dh",),
    "b": ("b",),
    "d": ("d",),
    "dx": ("dx",),
    "g": ("g",),
    "p": ("p",),
    "t": ("t",),
    "k": ("k",),
    "z": ("z",),
    "sh": ("sh", "zh"),
    "v": ("v",),
    "f": ("f",),
    "th": ("th",),
    "s": ("s",),
    "hh": ("hh", "hv"),
    "sil": ("pcl", "tcl", "kcl", "bcl", "dcl", "gcl", "h#", "pau", "epi"),
}
"""TIMIT's phones that each class holds."""

CLASSES = tuple(FOLDING)
"""The 39 classes in the order of the labels."""

SILENCE = CLASSES.index("sil")

_CLASS_OF = {phone: number for number, phones in enumerate(FOLDING.values()) for phone in phones}

TIMIT_PHONES = frozenset({*_CLASS_OF, LEFT_OUT})
"""The 61 phones of the transcriptions."""


def class_of(phone: str) -> int:
    """Return the class of one of TIMIT's phones, −1 for the one that is left out.

    Raises
    ------
    KeyError
        If TIMIT has no such phone.
    """
    return -1 if phone == LEFT_OUT else _CLASS_OF[phone]
