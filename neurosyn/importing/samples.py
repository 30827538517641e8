"""Samples of spikes from ``.npz`` files and tables of events, and expected counts from ``.npz`` files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError
from neurosyn.importing.event_table import MAGIC, read_event_table
from neurosyn.support.untrusted import ArrayHeader, open_file, read_npz

__all__ = ["Expected", "Samples", "read_expected", "read_samples"]

_MOST_SPIKES = 1 << 31
"""Steps × samples × elements."""
_EVENTS = ("sample", "step", "element")


@dataclass(frozen=True, eq=False)
class Samples:
    """Input spikes of samples.

    Attributes
    ----------
    spikes : uint8 array (T, samples, elements)
        0 or 1.
    labels : int64 array (samples,) or None
        Class of each sample.
    """

    spikes: NDArray[np.uint8]
    labels: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class Expected:
    """Output counts that another simulator recorded.

    Attributes
    ----------
    counts : float64 array (samples, outputs)
    labels : int64 array (samples,) or None
    """

    counts: NDArray[np.float64]
    labels: NDArray[np.int64] | None


def read_samples(path: Path, elements: int | None = None, *, steps: int | None = None) -> Samples:
    """Read input spikes of samples.

    An ``.npz`` has ``spikes``: (T, samples, elements…) with 0 and 1, or, with an array ``shape`` of T, samples and
    elements, these packed along the last axis (`numpy.packbits`). In their place there may be events: ``sample``,
    ``step`` and ``element``, arrays of equal length, with ``shape``. ``labels`` are optional.

    A Parquet table has a row for each spike: ``sample``, ``tick``, ``channel`` and optionally ``label``, the same in
    all rows of a sample. Samples are numbered from 0, and each has an event.

    Parameters
    ----------
    path
    elements
        Number of elements of the network's input; None: as many as the file has.
    steps
        Steps of a sample, of which later ones are left out; None: as many as the file has.

    Raises
    ------
    DataError
        If the file is missing, damaged, too large, or not for this input.
    """
    is_table = _read_first(path) == MAGIC
    samples = _from_table(path, elements, steps) if is_table else _from_archive(path)
    if elements is not None and samples.spikes.shape[2] != elements:
        raise DataError(
            f"{path}: samples have {samples.spikes.shape[2]:,} elements, the network's input {elements:,}; give its "
            "own inputs"
        )
    return Samples(samples.spikes[:steps], samples.labels)


def _read_first(path: Path) -> bytes:
    """Return the first four bytes of a file."""
    with open_file(path) as stream:
        return stream.read(4)


def _from_archive(path: Path) -> Samples:
    arrays = read_npz(path, names=("spikes", "shape", "labels", *_EVENTS), check=lambda headers: _check(path, headers))
    shape = _shape(path, arrays["shape"]) if "shape" in arrays else None
    if "spikes" in arrays:
        spikes = _dense(path, arrays["spikes"], shape)
    else:
        assert shape is not None
        spikes = _from_events(path, [arrays[name] for name in _EVENTS], shape)
    if spikes.max(initial=0) > 1:
        raise DataError(f"{path}: spikes go up to {spikes.max()}; an input spikes at most once a step, so give 0 and 1")
    return Samples(spikes, _labels(path, arrays.get("labels"), spikes.shape[1]))


def _from_table(path: Path, elements: int | None, steps: int | None) -> Samples:
    events = read_event_table(path)
    sample, step, element = (events[name] for name in _EVENTS)
    if not len(sample):
        raise DataError(f"{path}: has no events; give samples with spikes")
    if step.min() < 0 or sample.min() < 0 or element.min() < 0:
        raise DataError(f"{path}: samples, ticks and channels begin at 0, one is negative; write the file again")
    shape = np.array([steps or step.max() + 1, sample.max() + 1, elements or element.max() + 1])
    if shape[1] > len(sample):
        raise DataError(f"{path}: numbers samples up to {shape[1] - 1:,} with {len(sample):,} events; number them on")
    labels = None
    if "label" in events:
        labels = np.full(int(shape[1]), -1, np.int64)
        labels[sample] = events["label"]
        if (labels[sample] != events["label"]).any():
            raise DataError(f"{path}: events of one sample have different labels; give each sample one")
    silent = np.flatnonzero(np.bincount(sample, minlength=int(shape[1])) == 0)
    if len(silent):
        raise DataError(f"{path}: sample {silent[0]:,} has no event; number the samples without gaps, or give an .npz")
    inside = step < shape[0]
    spikes = _from_events(path, [sample[inside], step[inside], element[inside]], _shape(path, shape))
    return Samples(spikes, labels)


def read_expected(path: Path, samples: int, outputs: int) -> Expected:
    """Read ``counts`` (samples, outputs) and, if there, ``labels``.

    Raises
    ------
    DataError
        If the file is missing, damaged, or not for these samples.
    """
    arrays = read_npz(path, names=("counts", "labels"))
    if "counts" not in arrays:
        raise DataError(f"{path}: has no array 'counts'; give the output counts of every sample")
    counts = arrays["counts"]
    if counts.dtype.kind not in "fiub" or counts.size != samples * outputs or counts.ndim < 2 or len(counts) != samples:
        raise DataError(
            f"{path}: counts are {counts.dtype} {counts.shape}, not numbers ({samples}, {outputs}); give those of "
            "these inputs"
        )
    return Expected(counts.reshape(samples, outputs).astype(np.float64), _labels(path, arrays.get("labels"), samples))


def _check(path: Path, headers: Mapping[str, ArrayHeader]) -> None:
    if "spikes" not in headers and not {"shape", *_EVENTS} <= set(headers):
        raise DataError(
            f"{path}: has neither 'spikes' nor 'sample', 'step', 'element' and 'shape'; the guide on your own network "
            "shows how to write them"
        )
    for name, header in headers.items():
        if header.dtype.kind not in "iub":
            raise DataError(f"{path}: '{name}' is {header.dtype}; give whole numbers")


def _shape(path: Path, values: NDArray[np.integer]) -> tuple[int, int, int]:
    if values.size < 3 or (values < 1).any():
        raise DataError(f"{path}: 'shape' is {values.tolist()[:8]}, not steps, samples and elements")
    sizes = [int(value) for value in values.ravel()]
    steps, samples, elements = sizes[0], sizes[1], int(np.prod(sizes[2:], dtype=object))
    if steps * samples * elements > _MOST_SPIKES:
        raise DataError(f"{path}: {steps} × {samples} × {elements} spikes are more than {_MOST_SPIKES:,}; give fewer")
    return steps, samples, elements


def _dense(path: Path, spikes: NDArray[np.integer], shape: tuple[int, int, int] | None) -> NDArray[np.uint8]:
    if spikes.ndim < 3 or not spikes.size:
        raise DataError(f"{path}: spikes have the shape {spikes.shape}, not (steps, samples, elements)")
    flat = spikes.reshape(*spikes.shape[:2], -1)
    if shape is not None and flat.shape != shape:
        if flat.dtype != np.uint8 or flat.shape != (*shape[:2], -(-shape[2] // 8)):
            raise DataError(f"{path}: spikes {spikes.shape} do not fit 'shape' {list(shape)}; write the file again")
        return np.unpackbits(flat.astype(np.uint8, copy=False), axis=2, count=shape[2])
    if flat.min() < 0 or flat.max() > 255:
        raise DataError(f"{path}: spikes lie outside 0 and 1; an input spikes at most once a step")
    return np.ascontiguousarray(flat, np.uint8)


def _from_events(path: Path, events: list[NDArray[np.integer]], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    sample, step, element = (values.ravel() for values in events)
    if not len(sample) == len(step) == len(element):
        raise DataError(f"{path}: {', '.join(_EVENTS)} have different lengths; write the file again")
    for name, values, end in (("sample", sample, shape[1]), ("step", step, shape[0]), ("element", element, shape[2])):
        if len(values) and (values.min() < 0 or values.max() >= end):
            raise DataError(f"{path}: an event has {name} {values.max()}; 'shape' allows 0 to {end - 1}")
    spikes = np.zeros(shape, np.uint8)
    spikes[step, sample, element] = 1
    return spikes


def _labels(path: Path, labels: NDArray[np.integer] | None, samples: int) -> NDArray[np.int64] | None:
    if labels is None:
        return None
    if labels.shape != (samples,) or labels.dtype.kind not in "iub":
        raise DataError(f"{path}: labels are {labels.dtype} {labels.shape}, not whole numbers ({samples},)")
    return labels.astype(np.int64)
