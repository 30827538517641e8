"""Files that are written whole or not at all, and read without unpickling."""

from __future__ import annotations

from neurosyn.support.files import atomic_path, sha256_file, write_npz
from neurosyn.support.untrusted import read_npz

__all__ = ["atomic_path", "read_npz", "sha256_file", "write_npz"]
