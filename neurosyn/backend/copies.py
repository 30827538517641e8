"""Copies among the neurons of stateless cores: neurons that fire in the same ticks whatever comes in.

A core often holds several copies of a feature, one for each core that listens to it, and many cores are alike because
positions of an image share weights. Neurons with the same synapses and the same least sum are one *place*, which is
evaluated once; cores whose places are alike share them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Places"]

_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
_TILE = 64


class Places(NamedTuple):
    """Places of cores in tiles of 64, and the place of each neuron.

    Attributes
    ----------
    group : int32 array (C,)
        Group of each core; cores of a group have the same places.
    first, tiles : int32 arrays (G,)
        First tile of each group, and their number; 0 in the last group, that of cores without places.
    shares : bool array (G,)
        Some neurons of the group are copies.
    place : int32 array (G, N)
        Place of each neuron, counted within the group.
    crossbars : uint64 array, flat (T, words, 64)
        Columns of the crossbars.
    levels, complements : int32 arrays, flat (T, 64)
        Least count of a place, as `find` receives it, and −1 where the complement of the count is compared with it.
    """

    group: NDArray[np.int32]
    first: NDArray[np.int32]
    tiles: NDArray[np.int32]
    shares: NDArray[np.bool_]
    place: NDArray[np.int32]
    crossbars: NDArray[np.uint64]
    levels: NDArray[np.int32]
    complements: NDArray[np.int32]

    @classmethod
    def find(
        cls,
        crossbars: NDArray[np.uint64],
        crossbar: NDArray[np.int32],
        cores: NDArray[np.intp],
        levels: NDArray[np.int32],
        is_negative: NDArray[np.bool_],
    ) -> Places:
        """Find the places of some cores.

        Parameters
        ----------
        crossbars : uint64 array (K, words, N)
        crossbar : int32 array (C,)
            Crossbar of each core of the program.
        cores : intp array (n,)
            Cores whose neurons have places.
        levels : int32 array (n, N)
        is_negative : bool array (n, N)
            The complement of the count is compared with the level.
        """
        keys = zip(crossbar[cores].tolist(), levels, is_negative, strict=True)
        groups: dict[tuple[int, bytes, bytes], int] = {}
        members = [groups.setdefault((k, level.tobytes(), sign.tobytes()), len(groups)) for k, level, sign in keys]
        group = np.full(len(crossbar), len(groups), np.int32)
        group[cores] = members
        _, of_group = np.unique(np.array(members, np.int64), return_index=True)

        columns, levels, is_negative = crossbars[crossbar[cores[of_group]]], levels[of_group], is_negative[of_group]
        representative = _representatives(columns, levels, is_negative)
        neurons = np.arange(crossbars.shape[-1])
        is_place = representative == neurons
        rank = is_place.cumsum(axis=1) - 1
        place = np.take_along_axis(rank, representative, axis=1)
        tiles = -(-is_place.sum(axis=1) // _TILE)
        first = tiles.cumsum() - tiles

        of, neuron = np.nonzero(is_place)
        index = first[of] * _TILE + rank[of, neuron]
        size = int(tiles.sum()) * _TILE
        of_tiles = np.zeros((size // _TILE, crossbars.shape[1], _TILE), np.uint64)
        of_tiles[index // _TILE, :, index % _TILE] = columns[of, :, neuron]
        least, complements = np.full(size, np.iinfo(np.int32).max, np.int32), np.zeros(size, np.int32)
        least[index], complements[index] = levels[of, neuron], -is_negative[of, neuron].astype(np.int32)
        return cls(
            group=group,
            first=np.append(first, 0).astype(np.int32),
            tiles=np.append(tiles, 0).astype(np.int32),
            shares=np.append(~is_place.all(axis=1), False),
            place=np.concatenate([place, neurons[None]]).astype(np.int32),
            crossbars=of_tiles.reshape(-1),
            levels=least,
            complements=complements,
        )


def _representatives(
    columns: NDArray[np.uint64], levels: NDArray[np.int32], is_negative: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return the first neuron (G, N) equal to each one, from columns (G, words, N), levels and signs (G, N)."""
    marks = (levels.astype(np.int64) * 2 + is_negative).astype(np.uint64)
    values = np.concatenate([columns, marks[:, None]], axis=1)
    hashes = np.zeros(marks.shape, np.uint64)
    for number in range(values.shape[1]):
        hashes = (hashes ^ values[:, number]) * _FACTORS[number % len(_FACTORS)]
        hashes ^= hashes >> np.uint64(29)
    # Equal neurons are neighbours in the order of their hashes; those with the same hash alone are told apart.
    order = hashes.argsort(axis=1, kind="stable")
    values = np.take_along_axis(values, order[:, None], axis=2)
    is_first = np.ones(order.shape, np.bool_)
    is_first[:, 1:] = (values[..., 1:] != values[..., :-1]).any(axis=1)
    start = np.maximum.accumulate(np.where(is_first, np.arange(order.shape[1]), 0), axis=1)
    representative = np.empty_like(order)
    np.put_along_axis(representative, order, np.take_along_axis(order, start, axis=1), axis=1)
    return representative
