"""The inner loops of training: compiled by Numba, with twins in plain NumPy that define what they compute.

``numba_kernels()``, ``numpy_kernels()`` and ``cupy_kernels()`` return the same functions. Those that move rows agree to
the bit; the row sums of `spike_forward` and `spike_backward` may differ in the last bits of float32, since compiled
loops and GPUs add in another order. Arrays of uint16 hold bfloat16 numbers (module `bfloat16`); all is
computed in float32.

The neuron normalises the sums s of a filter over positions and images (a row), with d = σ + ε and x = (s − μ)/d:

    r = x + b        spike = r ≥ 0        ∂spike/∂r := max(0, 1 − |r|/w)
    g = ∂L/∂spike · max(0, 1 − |r|/w)        ∂L/∂b = Σ g
    ∂L/∂s = (g − ⟨g⟩ − x·⟨g·x⟩·d/σ) / max(d, ½)

The paper's triangle has w = 1. A soft neuron puts in place of the step the smooth one whose derivative is the triangle:
½·(1 + r/w)² up to r = 0, and 1 − ½·(1 − r/w)² from there on, within 0 and 1. (The factor 1/w of its derivative is left
out, since through many layers it would make the gradient vanish.) The least divisor, ½, keeps filters that hardly
vary from blowing the gradient up.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn_plugins.trainers.compute.arrays import Arrays, HostArrays
from neurosyn_plugins.trainers.compute.bfloat16 import as_float, put
from neurosyn_plugins.trainers.compute.constants import EPSILON, LEAST_DIVISOR, TINY

__all__ = ["Kernels", "cupy_kernels", "make_kernels", "numba_kernels", "numpy_kernels"]

F32 = NDArray[np.float32]
Numbers = NDArray[np.float32] | NDArray[np.uint16]


class Kernels(NamedTuple):
    """The inner loops, and where their arrays lie; see the functions of this module for what each does.

    An index of rows goes through ``arrays.index`` first.
    """

    arrays: Arrays
    gather: Callable[..., None]
    scatter: Callable[..., None]
    scatter_add: Callable[..., None]
    spike_forward: Callable[..., None]
    soften: Callable[..., None]
    spike_backward: Callable[..., None]


def gather(source: NDArray[Any], index: NDArray[np.int32], columns: Numbers) -> None:
    """Write ``source[index[k, s], i]`` to ``columns[k, s·images + i]``.

    Parameters
    ----------
    source : uint8, float32 or bfloat16 array (rows, images)
        uint8 are spikes, 0 or 1.
    index : int32 array (fan_in, sites)
    columns : float32 or bfloat16 array (fan_in, sites·images)
        Written.
    """
    put(columns.reshape(*index.shape, source.shape[1]), as_float(source[index]))


def scatter(columns: Numbers, index: NDArray[np.int32], target: Numbers) -> None:
    """Write ``columns[k, s·images + i]`` to ``target[index[k, s], i]``; no row may be there twice."""
    rows = columns.reshape(*index.shape, target.shape[1])
    target[index] = rows if rows.dtype == target.dtype else as_float(rows)


def scatter_add(columns: Numbers, index: NDArray[np.int32], target: F32) -> None:
    """Add ``columns[k, s·images + i]`` to ``target[index[k, s], i]``, in the order of k, then s."""
    parts = as_float(columns).reshape(*index.shape, target.shape[1])
    for rows, part in zip(index, parts, strict=True):
        np.add.at(target, rows, part)


def spike_forward(sums: Numbers, bias: F32, mean: F32, std: F32, spikes: NDArray[np.uint8]) -> None:
    """Normalise each row and let the neurons spike.

    Parameters
    ----------
    sums : float32 or bfloat16 array (features, sites·images)
    bias : float32 array (features,)
    mean, std : float32 arrays (features,)
        Written: μ and σ of each row.
    spikes : uint8 array (features, sites·images)
        Written.
    """
    values = as_float(sums)
    mean[:] = values.mean(axis=1)
    centred = values - mean[:, None]
    std[:] = np.sqrt(np.square(centred).mean(axis=1))
    spikes[:] = centred * (1 / (std + EPSILON))[:, None] + bias[:, None] >= 0


def soften(sums: Numbers, bias: F32, mean: F32, std: F32, width: float, activity: Numbers) -> None:
    """Let soft neurons answer in place of binary ones.

    Parameters
    ----------
    sums, bias, mean, std
        As `spike_forward` left them.
    width
        w; the answer rises from 0 to 1 while r goes from −w to w.
    activity : float32 or bfloat16 array (features, sites·images)
        Written.
    """
    r = ((as_float(sums) - mean[:, None]) / (std + EPSILON)[:, None] + bias[:, None]) / np.float32(width)
    tail = np.square(np.maximum(0, 1 - np.abs(r))) / 2
    put(activity, np.where(r < 0, tail, 1 - tail))


def spike_backward(
    sums: Numbers, bias: F32, mean: F32, std: F32, width: float, gradient: Numbers, own: Numbers, bias_gradient: F32
) -> None:
    """Turn the gradient with respect to the spikes into the one with respect to the sums.

    Parameters
    ----------
    sums, bias, mean, std
        As `spike_forward` left them.
    width
        w of the triangle.
    gradient : float32 or bfloat16 array (features, sites·images)
        ∂L/∂spike.
    own : float32 or bfloat16 array (features, sites·images)
        Written: ∂L/∂s.
    bias_gradient : float32 array (features,)
        Written: ∂L/∂b.
    """
    scale = 1 / (std + EPSILON)
    x = (as_float(sums) - mean[:, None]) * scale[:, None]
    g = as_float(gradient) * np.maximum(0, 1 - np.abs(x + bias[:, None]) / np.float32(width))
    bias_gradient[:] = g.sum(axis=1)
    slope = (g * x).mean(axis=1) * (std + EPSILON) / np.maximum(std, TINY)
    g -= g.mean(axis=1)[:, None] + x * slope[:, None]
    put(own, g / np.maximum(std + EPSILON, LEAST_DIVISOR)[:, None])


def numpy_kernels() -> Kernels:
    """Return the kernels in plain NumPy."""
    return Kernels(HostArrays(), gather, scatter, scatter_add, spike_forward, soften, spike_backward)


@functools.cache
def numba_kernels() -> Kernels:
    """Return the compiled kernels (imports Numba; compiled once for each machine and kept on disk)."""
    from neurosyn_plugins.trainers.compute import numba_kernels as compiled

    return Kernels(HostArrays(), *(getattr(compiled, name) for name in Kernels._fields[1:]))


def cupy_kernels() -> Kernels:
    """Return the kernels on a GPU.

    Raises
    ------
    BackendError
        If CuPy is not installed, or nothing runs on a GPU here.
    """
    from neurosyn_plugins.trainers.compute import cupy_kernels as there

    return Kernels(
        there.CupyArrays(), there.gather, there.scatter, there.scatter_add, spike_forward, soften, spike_backward
    )


def make_kernels(kind: str) -> Kernels:
    """Return the kernels of a kind, ``"numba"``, ``"numpy"`` or ``"cupy"``.

    Raises
    ------
    BackendError
        If a GPU is wanted and there is none.
    """
    kinds: dict[str, Callable[[], Kernels]] = {"numba": numba_kernels, "numpy": numpy_kernels, "cupy": cupy_kernels}
    return kinds[kind]()
