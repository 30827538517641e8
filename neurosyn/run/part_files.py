"""Files of a part of a run: its results, complete once their list is there."""

from __future__ import annotations

import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from neurosyn.engine.event_counts import EventCounts
from neurosyn.engine.fabric.tick_times import Limit
from neurosyn.engine.frame_parts import PartResult
from neurosyn.engine.results import FramesResult, TimingResult
from neurosyn.errors import DataError
from neurosyn.support.files import sha256_file, write_json, write_npz
from neurosyn.support.untrusted import read_json
from neurosyn.trace.parts import QUICK, narrow

__all__ = ["PartHead", "StoredPart", "is_part", "load_part", "part_head", "save_part"]

_HEAD, _RESULT = "part.json", "result.npz"
_MOST_BYTES = 1 << 20


class _Limit(BaseModel):
    model_config = ConfigDict(strict=True)
    kind: str
    id: int
    name: str
    explanation: str


class _Timing(BaseModel):
    model_config = ConfigDict(strict=True)
    tick_period_ps: int
    first_tick: int
    limit: _Limit
    late_packets: int
    core_overruns: int
    packets: int
    packet_travel_ps: int
    packet_blocked_ps: int
    host_packets: int
    host_travel_ps: int
    host_blocked_ps: int
    core_stalled_ps: int


class PartHead(BaseModel):
    """Contents of ``part.json``.

    Attributes
    ----------
    key
        Hash of everything that decides the part's results.
    run, number, parts, frames
        Key of the run's simulation, the part's place in the run, the run's parts, and the frames of each.
    command
        The command that simulated it, without the options that say where and by how many.
    files
        SHA-256 of its other files, by name.
    """

    model_config = ConfigDict(strict=True)
    key: str
    run: str
    number: int
    parts: int
    frames: int
    command: str
    first_row: int
    duration_ps: int
    depth: int
    ticks_per_frame: int
    frame_ticks: int
    input_hops: int
    input_crossings: int
    batched: bool
    ticks: int
    timing_name: Literal["compiled", "simpy", "none"]
    backend: str
    wall_s: float
    timing: _Timing | None
    files: dict[str, str]


class StoredPart(NamedTuple):
    """A part's results, and the spikes that the trained network gives for its frames, uint8 (rows, pins)."""

    result: PartResult
    expected: NDArray[np.uint8]


_COUNTS = [field.name for field in fields(EventCounts) if field.name not in ("ticks", "input_hops", "input_crossings")]
_TIMES = ("makespans_ps", "core_busy_ps")


def save_part(folder: Path, stored: StoredPart, **identity: Any) -> None:
    """Write the results of a part beside its trace; the list of its files, by which it is complete, comes last.

    Parameters
    ----------
    folder
        The part's folder.
    stored
        The results.
    **identity
        ``key``, ``run``, ``number``, ``parts``, ``frames`` and ``command`` of `PartHead`.
    """
    part, result = stored.result, stored.result.result
    arrays: dict[str, NDArray[Any]] = {f"counts_{name}": narrow(getattr(result.counts, name)) for name in _COUNTS}
    timing = result.timing
    if timing is not None:
        arrays |= {f"timing_{name}": getattr(timing, name) for name in _TIMES}
    spikes = {"spikes": result.spikes, "expected": stored.expected}
    arrays |= {name: np.packbits(bits, axis=1) for name, bits in spikes.items()}
    arrays |= {"timed_frames": result.timed_frames, "pins": np.array(stored.expected.shape[1])}
    write_npz(folder / _RESULT, arrays, level=QUICK)
    head = PartHead(
        **identity,
        first_row=part.first_row,
        duration_ps=part.duration_ps,
        depth=result.depth,
        ticks_per_frame=result.ticks_per_frame,
        frame_ticks=result.counts.ticks,
        input_hops=result.counts.input_hops,
        input_crossings=result.counts.input_crossings,
        batched=result.batched,
        ticks=result.ticks,
        timing_name=result.timing_name,
        backend=result.backend,
        wall_s=result.wall_s,
        timing=None
        if timing is None
        else _Timing(
            limit=_Limit(**vars(timing.limit)),
            **{name: int(getattr(timing, name)) for name in _Timing.model_fields if name != "limit"},
        ),
        files={path.name: sha256_file(path) for path in sorted(folder.iterdir()) if path.name != _HEAD},
    )
    write_json(folder / _HEAD, head.model_dump(mode="json"))


def part_head(folder: Path) -> PartHead | None:
    """Return what is listed of a part; None if it is not complete."""
    path = folder / _HEAD
    try:
        return PartHead.model_validate(read_json(path, _MOST_BYTES, what="list of a part's files"))
    except (OSError, ValueError, DataError):
        return None


def is_part(folder: Path, key: str) -> bool:
    """Whether a folder holds the complete and unchanged results of the part with this key."""
    head = part_head(folder)
    return (
        head is not None
        and head.key == key
        and all(
            (folder / name).is_file() and sha256_file(folder / name) == digest for name, digest in head.files.items()
        )
    )


def load_part(folder: Path) -> StoredPart:
    """Read the results of a part.

    Raises
    ------
    DataError
        If they are not complete or damaged.
    """
    head = part_head(folder)
    if head is None:
        raise DataError(f"{folder}: this part is not complete; simulate it again")
    try:
        with np.load(folder / _RESULT, allow_pickle=False) as arrays:
            stored = {name: arrays[name] for name in arrays.files}
        pins = int(stored["pins"])
        spikes, expected = (np.unpackbits(stored[name], axis=1, count=pins) for name in ("spikes", "expected"))
        counts = EventCounts(
            ticks=head.frame_ticks,
            input_hops=head.input_hops,
            input_crossings=head.input_crossings,
            **{name: stored[f"counts_{name}"].astype(np.int64) for name in _COUNTS},
        )
        timing = None
        if head.timing is not None:
            numbers = head.timing.model_dump(exclude={"limit"})
            times = {name: stored[f"timing_{name}"] for name in _TIMES}
            timing = TimingResult(limit=Limit(**head.timing.limit.model_dump()), **numbers, **times)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{folder}: this part is damaged ({error}); simulate it again") from error
    result = FramesResult(
        spikes=spikes,
        counts=counts,
        depth=head.depth,
        ticks_per_frame=head.ticks_per_frame,
        timing=timing,
        timed_frames=stored["timed_frames"],
        batched=head.batched,
        ticks=head.ticks,
        timing_name=head.timing_name,
        backend=head.backend,
        wall_s=head.wall_s,
    )
    return StoredPart(PartResult(head.first_row, head.duration_ps, result), expected)
