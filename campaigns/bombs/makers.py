"""Makers of bombs: each turns the specimen in a path into a bomb of one kind."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

__all__ = ["bombs_for"]

_GIB = 1 << 30
_ZEROS = bytes(1 << 20)


def _sparse(path: Path) -> None:
    """Make the file 8 GiB long; on the disk it stays as small as it is."""
    with path.open("r+b") as stream:
        stream.truncate(8 * _GIB)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _nested(path: Path) -> None:
    """Nest a million brackets."""
    path.write_bytes(b"[" * 1_000_000 + b"]" * 1_000_000)


def _digits(path: Path) -> None:
    """Put ten million digits into the first number, where there is one."""
    content = path.read_text(encoding="utf-8", errors="replace")
    at = next((index for index, character in enumerate(content) if character.isdigit()), 0)
    path.write_text(content[:at] + "9" * 10_000_000 + content[at:], encoding="utf-8")


def _keys(path: Path) -> None:
    """Give a scenario 40,000 keys, and one that it extends as many."""
    lines = "".join(f"key{number} = {number}\n" for number in range(40_000))
    path.with_name("base.toml").write_text(lines, encoding="utf-8")
    path.write_text('extends = "base.toml"\n' + lines, encoding="utf-8")


def _chain(path: Path) -> None:
    """Let a scenario extend itself through another."""
    path.write_text('extends = "other.toml"\n', encoding="utf-8")
    path.with_name("other.toml").write_text(f'extends = "{path.name}"\n', encoding="utf-8")


def _npy_header(shape: str, kind: str = "<i4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _array_names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _inflating_array(path: Path) -> None:
    """Put a GiB of zeros, in a MiB, in place of the first array."""
    _replace_array(path, _npy_header(f"({_GIB // 4},)"), _GIB)


def _lying_array(path: Path) -> None:
    """Let the first array declare 2⁵⁰ elements that it does not have."""
    _replace_array(path, _npy_header("(1125899906842624,)"), 16)


def _replace_array(path: Path, header: bytes, zeros: int) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    first = next(iter(members))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(header if name == first else content)
                for _ in range(zeros // len(_ZEROS) if name == first else 0):
                    stream.write(_ZEROS)


def _many_members(path: Path) -> None:
    """Add 300,000 empty members to an archive."""
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(300_000):
            archive.writestr(zipfile.ZipInfo(f"extra{number}"), b"")


def _inflating_members(path: Path) -> None:
    """Put a GiB of zeros in place of every member; they share their bytes."""
    _rewrite(path, _GIB, _GIB)


def _lying_members(path: Path) -> None:
    """Put a GiB of zeros in place of every member, which declares 100 bytes."""
    _rewrite(path, _GIB, 100)


def _rewrite(path: Path, size: int, declared: int) -> None:
    names = _array_names(path)[:4]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(_ZEROS) for _ in range(size >> 20)) + packer.flush()
    body, directory = io.BytesIO(), io.BytesIO()
    for name in names:
        encoded, at = name.encode(), body.tell()
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), declared, len(encoded), 0)
        body.write(b"PK\x03\x04" + fields + encoded + packed)
        directory.write(
            b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, at) + encoded
        )
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), directory.tell(), body.tell(), 0)
    path.write_bytes(body.getvalue() + directory.getvalue() + b"PK\x05\x06" + end)


def _long_header(path: Path) -> None:
    """Let a safetensors file declare a header of 2⁴⁰ bytes."""
    path.write_bytes(struct.pack("<Q", 1 << 40) + path.read_bytes()[8:])


def _lying_tensor(path: Path) -> None:
    """Let a safetensors file declare a tensor of 2⁴⁰ numbers."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    name = next(name for name in header if name != "__metadata__")
    header[name] |= {"shape": [1 << 40], "data_offsets": [0, 1 << 42]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _large_picture(path: Path) -> None:
    """Declare 30,000 × 30,000 pixels, and have them."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(90_001)) for _ in range(2_000)) + packer.flush()
    path.write_bytes(_SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b""))


def _two_headers(path: Path) -> None:
    """Declare 12 × 12 pixels first, 13,000 × 13,000 then."""
    small, large = (struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0) for side in (12, 13_000))
    rows = zlib.compress(bytes(39_001) * 1_000)
    chunks = _chunk(b"IHDR", small) + _chunk(b"IHDR", large) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    path.write_bytes(_SIGNATURE + chunks)


def _text_bomb(path: Path) -> None:
    """Add a compressed text of 500 MiB to a PNG."""
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(_ZEROS) for _ in range(500)) + packer.flush()
    content = path.read_bytes()
    path.write_bytes(content[:33] + _chunk(b"zTXt", b"comment\0\0" + text) + content[33:])


def _long_name(path: Path) -> None:
    """Let a tar declare a name of a GiB."""
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, _GIB
    with gzip.open(path, "wb", 6) as stream:
        stream.write(member.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(_GIB >> 20):
            stream.write(_ZEROS)


def _inflating_element(path: Path) -> None:
    """Put a GiB of zeros into the first compressed element of a ``.mat``."""
    packer = zlib.compressobj(9)
    tag = struct.pack("<II", 14, _GIB)
    packed = packer.compress(tag) + b"".join(packer.compress(_ZEROS) for _ in range(_GIB >> 20)) + packer.flush()
    path.write_bytes(path.read_bytes()[:128] + struct.pack("<II", 15, len(packed)) + packed)


def _many_samples(path: Path) -> None:
    """Let a sound declare two billion samples."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b"sample_count -i 9600", b"sample_count -i 2000000000", 1))


def _many_lines(path: Path) -> None:
    """Repeat the lines of a text up to 64 MiB."""
    content = path.read_bytes()
    path.write_bytes(content * ((64 << 20) // len(content)))


def _many_rows(path: Path) -> None:
    """Give a table a hundred million equal rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    rows = pa.concat_tables([table.slice(0, 1)] * 1000).combine_chunks()
    rows = pa.concat_tables([rows] * 1000).combine_chunks()
    with pq.ParquetWriter(path, table.schema, use_dictionary=True, compression="zstd") as writer:
        for _ in range(100):
            writer.write_table(rows)


def _label(path: Path) -> None:
    """Give an image of an archive the label 2³¹ − 1."""
    import numpy as np

    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["test_labels"] = arrays["test_labels"].astype(np.int32)
    arrays["test_labels"][0] = 2**31 - 1
    np.savez(path, **arrays)


_ANY: dict[str, Callable[[Path], None]] = {
    "sparse file, 8 GiB": _sparse,
    "pipe": _pipe,
    "endless device": _device,
    "folder": _folder,
}
_TEXT: dict[str, Callable[[Path], None]] = {
    "nested a million times": _nested,
    "ten million digits": _digits,
    "lines, 64 MiB": _many_lines,
}
_BY_ENDING: dict[str, dict[str, Callable[[Path], None]]] = {
    ".npz": {
        "array of a GiB in a MiB": _inflating_array,
        "array of 2⁵⁰ elements": _lying_array,
        "300,000 members": _many_members,
    },
    ".zip": {
        "members of a GiB": _inflating_members,
        "members of a GiB that declare 100 bytes": _lying_members,
        "300,000 members": _many_members,
    },
    ".safetensors": {"header of 2⁴⁰ bytes": _long_header, "tensor of 2⁴⁰ numbers": _lying_tensor},
    ".png": {"30,000 × 30,000 pixels": _large_picture, "two sizes": _two_headers, "text of 500 MiB": _text_bomb},
    ".gz": {"name of a GiB": _long_name},
    ".mat": {"element of a GiB in a MiB": _inflating_element},
    ".WAV": {"two billion samples": _many_samples},
    ".toml": {"40,000 keys, twice": _keys, "circle of extends": _chain},
    ".parquet": {"a hundred million rows": _many_rows},
}


def bombs_for(file: str, *, text: bool) -> dict[str, Callable[[Path], None]]:
    """Return the bombs for a file: what any file may be, those of texts, and those of its format."""
    if file in ("set.txt", "over.txt"):
        # Values of the command line: it is the campaign that reads them from a file.
        return {name: _TEXT[name] for name in ("nested a million times", "ten million digits")}
    bombs = _ANY | (_TEXT if text else {}) | _BY_ENDING.get(Path(file).suffix, {})
    return bombs | {"label 2³¹ − 1": _label} if file == "bars.npz" else bombs
