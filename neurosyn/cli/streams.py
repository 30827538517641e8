"""Standard streams that are closed, or cannot show every character."""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["is_unicode", "prepare_streams"]


def prepare_streams() -> None:
    """Open the null device for standard streams that are closed; show ``?`` for what the others cannot.

    Python has None in place of a closed stream, and the next file that a program opens would get its number: what is
    meant for the terminal would be written into that file.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif name == "stdout" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def is_unicode(stream: TextIO) -> bool:
    """Return True if a stream can show every character."""
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")
