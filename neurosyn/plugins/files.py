"""Files that are written whole or not at all, and read without unpickling."""

from __future__ import annotations

from neurosyn.importing.samples import Samples, read_samples
from neurosyn.support.files import atomic_path, sha256_file, write_npz
from neurosyn.support.untrusted import (
    open_file,
    read_bytes,
    read_first_bytes,
    read_json,
    read_metadata,
    read_npz,
    read_text,
)

__all__ = [
    "Samples",
    "atomic_path",
    "open_file",
    "read_bytes",
    "read_first_bytes",
    "read_json",
    "read_metadata",
    "read_npz",
    "read_samples",
    "read_text",
    "sha256_file",
    "write_npz",
]
