"""Files of event cameras: address events of N-MNIST (5 bytes each), and AEDAT 3.1 with its labels.

Sources: N-MNIST, garrickorchard.com/datasets/n-mnist, and its reader eventvision.py; AEDAT 3.1, docs.inivation.com; the
labels, README of the DVS128 gesture data set (Amir et al. 2017).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.plugins import DataError
from neurosyn.plugins.files import read_bytes, read_text

__all__ = ["CameraEvents", "Window", "read_aedat", "read_bin", "read_windows"]

_MOST_BIN = 1 << 28
_MOST_AEDAT = 4 << 30
_MOST_LABELS = 1 << 22
_VERSION, _END = b"#!AER-DAT3.1\r\n", b"#!END-HEADER\r\n"
_MOST_HEADER = 1 << 20
_PACKET = struct.Struct("<hhiiiiii")
"""Type, source, bytes of an event, offset of its time, overflows of the time, capacity, events, valid events."""
_POLARITY = 1
"""Type of packets with polarity events."""
_OVERFLOW_ROW, _OVERFLOW_US = 240, 2**13
"""In the 5-byte format, an event in this row stands for an overflow of the time by so much."""


class CameraEvents(NamedTuple):
    """Events of a recording, in order; int64 arrays (events,).

    `polarity` is 1 where brightness rose (ON) and 0 where it fell (OFF); `time_us` is in microseconds.
    """

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    polarity: NDArray[np.int64]
    time_us: NDArray[np.int64]


class Window(NamedTuple):
    """Part of a recording with a class; times in microseconds, the end left out."""

    label: int
    start_us: int
    end_us: int


def read_bin(path: Path) -> CameraEvents:
    """Read a file of N-MNIST: x, y, then polarity (1 bit) and time (23 bits, highest byte first).

    Raises
    ------
    DataError
        If the file is missing, too large, or holds no whole number of events.
    """
    content = read_bytes(path, _MOST_BIN, what="recording of 5-byte events")
    if not content or len(content) % 5:
        raise DataError(
            f"{path}: has {len(content):,} bytes, not 5 for each event; it is cut short or another kind of file"
        )
    column = np.frombuffer(content, np.uint8).reshape(-1, 5).astype(np.int64).T
    time_us = (column[2] & 127) << 16 | column[3] << 8 | column[4]
    overflows = column[1] == _OVERFLOW_ROW
    time_us += np.cumsum(overflows) * _OVERFLOW_US
    events = ~overflows
    return CameraEvents(column[0][events], column[1][events], column[2][events] >> 7, time_us[events])


def read_aedat(path: Path) -> CameraEvents:
    """Read the polarity events of an AEDAT 3.1 file; packets of other events are passed over.

    Raises
    ------
    DataError
        If the file is missing, too large, of another version, or damaged: with the byte.
    """
    content = read_bytes(path, _MOST_AEDAT, what="recording")
    begin = content.find(_END, 0, _MOST_HEADER)
    if not content.startswith(_VERSION) or begin < 0:
        raise DataError(f"{path}: does not begin with the header of AEDAT 3.1; convert it to that version")
    at = begin + len(_END)
    data, times = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    while at < len(content):
        if at + _PACKET.size > len(content):
            raise DataError(f"{path}: ends within the packet's header at byte {at:,}; copy the file again")
        kind, _, size, offset, overflows, _, number, _ = _PACKET.unpack_from(content, at)
        at += _PACKET.size
        if number < 0 or size < 8 or overflows < 0 or (kind == _POLARITY and (size, offset) != (8, 4)):
            raise DataError(f"{path}: the packet's header before byte {at:,} is damaged; copy the file again")
        if at + number * size > len(content):
            raise DataError(f"{path}: ends within the packet of {number:,} events at byte {at:,}; copy the file again")
        if kind == _POLARITY:
            words = np.frombuffer(content, "<u4", 2 * number, at).reshape(-1, 2).astype(np.int64)
            data.append(words[:, 0])
            times.append(words[:, 1] + (overflows << 31))
        at += number * size
    word, time_us = np.concatenate(data), np.concatenate(times)
    if not len(word):
        raise DataError(f"{path}: has no polarity events; copy the file again, or leave it out")
    valid = word & 1 == 1
    word, time_us = word[valid], time_us[valid]
    return CameraEvents(word >> 17, word >> 2 & 0x7FFF, word >> 1 & 1, time_us)


def read_windows(path: Path) -> list[Window]:
    """Read the labels of a gesture recording: a line of class (from 1), start and end for each gesture.

    Raises
    ------
    DataError
        If the file is missing or a line is wrong: with its number.
    """
    lines = read_text(path, _MOST_LABELS, what="table of labels").splitlines()
    if not lines or lines[0].strip().lower() != "class,starttime_usec,endtime_usec":
        raise DataError(f"{path}:1: is not 'class,startTime_usec,endTime_usec'; give the labels of the recording")
    windows = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split(",")]
        if len(fields) != 3 or not all(field.isascii() and field.isdigit() and len(field) < 16 for field in fields):
            raise DataError(f"{path}:{number}: is not class, start and end as whole numbers; correct the line")
        label, start, end = map(int, fields)
        if label < 1 or end <= start:
            raise DataError(f"{path}:{number}: has class {label} from {start} to {end} µs; correct the line")
        windows.append(Window(label - 1, start, end))
    return windows
