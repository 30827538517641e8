"""Compiled kernels for many frames of a stateless program; layout of crossbars and parameters as in `numba_kernels`.

*Blocks.* A thread takes some cores and 64 frames at a time. Of frames that lie far apart in memory it fetches what all
of those cores need at once, and it writes their spikes together: rows of cores are contiguous, single cores are a
whole layer apart, often at a distance that gives them the same place in the cache. While a core is evaluated, the
crossbar of the next one is on its way from memory.

*Exactness.* A stateless neuron fires if a sum reaches a constant. With two axon types of equal or opposite weights the
sum is a count times a weight, and the count is compared with the constant divided by the weight, rounded up: integers.
"""

# mypy: ignore-errors
# The bodies are Numba's language: types are inferred when a kernel is compiled.

from functools import partial

import numba
import numpy as np

from neurosyn.backend.blocks import BLOCK
from neurosyn.backend.numba_kernels import LINE, PARAMETERS, QUAD, TILE, WEIGHTS, add_pair, popcount, prefetch
from neurosyn.support.numba_cache import compiled

__all__ = ["count_synapses_of_axons", "evaluate_block", "evaluate_tiles", "send_shared_words", "send_words"]

_TILE, _QUAD = np.uint64(TILE), np.uint64(QUAD)
_0, _1, _2, _3 = (np.uint64(k) for k in (0, 1, 2, 3))
_WORK = np.uint64(TILE)  # where the events are in the work space of `add_pair`
_HALVES = tuple(np.uint64(half) for half in (32, 16, 8, 4, 2, 1))
_LOW = tuple(np.uint64(sum(1 << bit for bit in range(64) if not bit & int(half))) for half in _HALVES)

_GROUP, _SHARES, _PLACE = 11, 14, 15
"""Elements of the tuple of a program that are fields of `neurosyn.backend.copies.Places`."""

_compiled = partial(compiled, boundscheck=False)


@_compiled()
def _evaluate_opposites(
    crossbars, levels, complements, first, tiles, following, planes, firsts, seconds, sign, near, frames, spikes, events
):
    """Evaluate the places of a core of stateless neurons (`copies`), with one count for both of its axon types.

    For cores of one quad of words and two types a and b, where all weights of b are those of a (`sign` 1) or their
    opposites (−1). With its bits of b turned over, a neuron's word x has |(x ^ b) & (a | b)| = on(a) + |b| − on(b)
    bits. Less |b| and times the weight that is the sum; `levels` are what the count must reach, or its complement
    where the weight is negative.
    The synapses that are on come from the axons: `planes` (QUAD, P) has the axons' numbers of synapses, bit p of axon i
    in bit i mod 64 of word i div 64 of column p.
    `first` is the first of the core's `tiles`, `following` that of the next core.
    """
    both, turned = np.zeros((BLOCK, QUAD), np.uint64), np.zeros((BLOCK, QUAD), np.uint64)
    both_of_word, number = np.empty((QUAD, BLOCK), np.uint64), np.zeros(BLOCK, np.int64)
    for word in range(QUAD):
        of_both, of_second = firsts[word] | seconds[word], seconds[word] if sign < 0 else _0
        for frame in range(frames):
            bits = near[frame, word]
            both[frame, word] = both_of_word[word, frame] = bits & of_both
            turned[frame, word] = bits & of_second
            number[frame] += np.int64(popcount(bits & of_second))
    for tile in range(tiles):
        n = np.uint64(first + tile) * _TILE
        x, ahead = n * _QUAD, np.uint64(following + tile) * _QUAD * _TILE
        # Frames in pairs: what a neuron is made of is loaded once for two.
        for frame in range(0, frames, 2):
            prefetch(crossbars, ahead)
            ahead += LINE
            a0, a1, a2, a3 = both[frame, 0], both[frame, 1], both[frame, 2], both[frame, 3]
            b0, b1, b2, b3 = both[frame + 1, 0], both[frame + 1, 1], both[frame + 1, 2], both[frame + 1, 3]
            s0, s1, s2, s3 = turned[frame, 0], turned[frame, 1], turned[frame, 2], turned[frame, 3]
            t0, t1, t2, t3 = turned[frame + 1, 0], turned[frame + 1, 1], turned[frame + 1, 2], turned[frame + 1, 3]
            less_a, less_b = number[frame], number[frame + 1]
            of_a, of_b = _0, _0
            for j in range(_TILE):
                x0, x1 = crossbars[x + j], crossbars[x + _TILE + j]
                x2, x3 = crossbars[x + _2 * _TILE + j], crossbars[x + _3 * _TILE + j]
                least, complement = np.int64(levels[n + j]), np.int64(complements[n + j])
                a = popcount((x0 ^ s0) & a0) + popcount((x1 ^ s1) & a1)
                a += popcount((x2 ^ s2) & a2) + popcount((x3 ^ s3) & a3)
                b = popcount((x0 ^ t0) & b0) + popcount((x1 ^ t1) & b1)
                b += popcount((x2 ^ t2) & b2) + popcount((x3 ^ t3) & b3)
                of_a |= np.uint64(((np.int64(a) - less_a) ^ complement) >= least) << j
                of_b |= np.uint64(((np.int64(b) - less_b) ^ complement) >= least) << j
            spikes[frame, tile] = of_a
            spikes[frame + 1, tile] = of_b
    events[:] = 0
    for word in range(QUAD):
        for p in range(planes.shape[1]):
            bits = planes[word, p]
            for frame in range(frames):
                events[frame] += np.int64(popcount(bits & both_of_word[word, frame]) << np.uint64(p))


@_compiled()
def _spikes_of_pair(crossbars, at, masked, first, second, weights, row, needed, least):
    """Return the spikes of a tile of stateless neurons as bits, and its synaptic events.

    For cores of one quad of words and two axon types: what `add_pair` and a comparison give, but all in registers.
    """
    row += WEIGHTS
    a, b, wa, wb = first * _QUAD, second * _QUAD, row + first * _TILE, row + second * _TILE
    a0, a1, a2, a3 = masked[a], masked[a + _1], masked[a + _2], masked[a + _3]
    b0, b1, b2, b3 = masked[b], masked[b + _1], masked[b + _2], masked[b + _3]
    spikes, count = _0, np.int64(0)
    for j in range(_TILE):
        x0, x1 = crossbars[at + j], crossbars[at + _TILE + j]
        x2, x3 = crossbars[at + _2 * _TILE + j], crossbars[at + _3 * _TILE + j]
        of_a = np.int32(popcount(x0 & a0) + popcount(x1 & a1) + popcount(x2 & a2) + popcount(x3 & a3))
        of_b = np.int32(popcount(x0 & b0) + popcount(x1 & b1) + popcount(x2 & b2) + popcount(x3 & b3))
        total = of_a * weights[wa + j] + of_b * weights[wb + j]
        count += of_a + of_b
        spikes |= np.uint64(total >= needed[least + j]) << j
    return spikes, count


@_compiled()
def _evaluate_any(
    crossbars, at, words, type_masks, kinds, pairs, weights, rows, needed, least, near, frames, spikes, events
):
    """Evaluate a core of stateless neurons of any weights."""
    first, second = np.uint64(kinds[0]), np.uint64(kinds[1])
    in_registers = words == _QUAD and pairs == 1
    work = np.empty(2 * TILE, np.int32)
    masked = np.zeros(np.uint64(type_masks.shape[0]) * words, np.uint64)
    row_size = np.uint64((PARAMETERS + type_masks.shape[0]) * TILE)
    for frame in range(frames):
        for of_pair in range(2 * pairs):
            kind = np.uint64(kinds[of_pair])
            for word in range(near.shape[1]):
                masked[kind * words + np.uint64(word)] = near[frame, word] & type_masks[kinds[of_pair], word]
        events[frame] = 0
        for tile in range(rows.size):
            row, of_tile = np.uint64(rows[tile]) * row_size, np.uint64(tile) * _TILE
            x = at + words * of_tile
            if in_registers:
                spiking, count = _spikes_of_pair(
                    crossbars, x, masked, first, second, weights, row, needed, least + of_tile
                )
            else:
                work[:] = 0
                for pair in range(pairs):
                    one, other = np.uint64(kinds[2 * pair]), np.uint64(kinds[2 * pair + 1])
                    add_pair(crossbars, x, words, masked, one, other, weights, row, work)
                spiking, count = _0, np.int64(0)
                for j in range(_TILE):
                    count += work[_WORK + j]
                    spiking |= np.uint64(work[j] >= needed[least + of_tile + j]) << j
            spikes[frame, tile] = spiking
            events[frame] += count


@_compiled()
def _evaluate_core(program, core, following, near, frames, spikes, events):
    """Evaluate a core for frames of axon words (64, W); write their spikes (64, tiles) and synaptic events (64,).

    `program` is a tuple of arrays:
    crossbars: uint64, flat (K, tiles, words, TILE);
    crossbar: int32 (C,);
    words: uint64;
    type_masks: uint64 (C, G, W);
    kinds: uint8 (C, G), the axon types, those that a core uses first;
    pairs: int32 (C,), pairs of types that a core uses;
    signs: int8 (C,), −1 or 1 where `_evaluate_opposites` may be used, else 0;
    planes: uint64 (K, QUAD, P), or none at all if it is used nowhere;
    parameters: int32, flat (rows, PARAMETERS + G, TILE);
    tile_row: int32 (C, tiles);
    needed: int32, flat (C, tiles, TILE), the least sum with which a neuron fires;
    then those of `neurosyn.backend.copies.Places` for the cores with a sign, whose spikes are those of their places.
    `following` is the core that comes next.
    """
    (
        crossbars,
        crossbar,
        words,
        type_masks,
        kinds,
        pairs,
        signs,
        planes,
        parameters,
        tile_row,
        needed,
        groups,
        first,
        tiles,
        _,
        _,
        columns,
        levels,
        complements,
    ) = program
    size, rows = np.uint64(tile_row.shape[1]) * words * _TILE, tile_row[core]
    at, least = np.uint64(crossbar[core]) * size, np.uint64(core) * np.uint64(rows.size) * _TILE
    if signs[core] != 0:
        _evaluate_opposites(
            columns,
            levels,
            complements,
            first[groups[core]],
            tiles[groups[core]],
            first[groups[following]],
            planes[crossbar[core]],
            type_masks[core, kinds[core, 0]],
            type_masks[core, kinds[core, 1]],
            signs[core],
            near,
            frames,
            spikes,
            events,
        )
    else:
        _evaluate_any(
            crossbars,
            at,
            words,
            type_masks[core],
            kinds[core],
            pairs[core],
            parameters,
            rows,
            needed,
            least,
            near,
            frames,
            spikes,
            events,
        )


@_compiled()
def _transpose(words, other):
    """Transpose matrices of 64 × 64 bits, one for each column of words, flat (64, n), by way of `other` (`blocks`)."""
    size = np.uint64(words.size // 64)
    for step in range(len(_HALVES)):
        shift, low = _HALVES[step], _LOW[step]
        source, target = (words, other) if step % 2 == 0 else (other, words)
        half = shift * size
        for begin in range(_0, np.uint64(64) * size, _2 * half):
            for at in range(begin, begin + half):
                one, two = source[at], source[at + half]
                swapped = ((one >> shift) ^ two) & low
                target[at] = one ^ (swapped << shift)
                target[at + half] = two ^ swapped


@_compiled()
def _spread(place, spikes, of_places, other):
    """Replace spikes (64, tiles) of places by those of neurons, by way of two arrays of that size."""
    _transpose(spikes.reshape(-1), other)
    of_places[:] = spikes
    spikes[:] = 0
    for neuron in range(place.size):
        spikes[neuron % 64, neuron // 64] = of_places[place[neuron] % 64, place[neuron] // 64]
    _transpose(spikes.reshape(-1), other)


@_compiled(parallel=True)
def evaluate_tiles(program, cores, together, active, spikes, events):
    """Evaluate single ticks of a stateless program: many frames of a core while its crossbar is in the cache.

    Parameters
    ----------
    program
        As `_evaluate_core` has it.
    cores : int32 array (K,)
    together
        Cores of which a thread fetches frames at once.
    active : uint64 array (F, K, W)
    spikes : uint64 array (F, K, tiles), written
    events : int64 array (F, K), written
    """
    frames, size, used = active.shape
    tiles, groups, shares, place = spikes.shape[2], program[_GROUP], program[_SHARES], program[_PLACE]
    blocks = (frames + BLOCK - 1) // BLOCK
    for task in numba.prange((size + together - 1) // together * blocks):
        first, start = task // blocks * together, task % blocks * BLOCK
        last, stop = min(first + together, size), min(start + BLOCK, frames)
        near = np.empty((together, BLOCK, used), np.uint64)
        spiking = np.empty((together, BLOCK, tiles), np.uint64)
        count = np.empty((together, BLOCK), np.int64)
        of_places, other = np.empty((BLOCK, tiles), np.uint64), np.empty(BLOCK * tiles, np.uint64)
        for frame in range(start, stop):
            for k in range(first, last):
                for word in range(used):
                    near[k - first, frame - start, word] = active[frame, k, word]
        for k in range(first, last):
            of = k - first
            _evaluate_core(
                program, cores[k], cores[min(k + 1, size - 1)], near[of], stop - start, spiking[of], count[of]
            )
            group = groups[cores[k]]
            if shares[group]:
                _spread(place[group], spiking[of], of_places, other)
        for frame in range(start, stop):
            for k in range(first, last):
                for tile in range(tiles):
                    spikes[frame, k, tile] = spiking[k - first, frame - start, tile]
            for k in range(first, last):
                events[frame, k] = count[k - first, frame - start]


@_compiled(parallel=True)
def evaluate_block(program, cores, together, active, frames, fired, events, integrated):
    """Evaluate a block of frames whose spikes are words of frames.

    Parameters
    ----------
    program
        As `_evaluate_core` has it.
    cores : int32 array (K,)
    together
        Cores that a thread takes at once.
    active : uint64 array (C, A)
        Bit f: frame f activates the axon.
    frames
        At most 64.
    fired : uint64 array (K, N), written
    events : int64 array (K,), written
        Synaptic events of all frames.
    integrated : int64 array (K,), written
        Active axons of all frames.
    """
    axons, neurons, groups, place = active.shape[1], fired.shape[1], program[_GROUP], program[_PLACE]
    used, tiles = (axons + 63) // 64, (neurons + TILE - 1) // TILE
    for task in numba.prange((cores.size + together - 1) // together):
        near, spiking = np.empty((BLOCK, used), np.uint64), np.empty((BLOCK, tiles), np.uint64)
        other, another = np.empty(near.size, np.uint64), np.empty(spiking.size, np.uint64)
        count = np.empty(BLOCK, np.int64)
        for k in range(task * together, min((task + 1) * together, cores.size)):
            core, axons_on, synapses_on = cores[k], np.int64(0), np.int64(0)
            near[:] = 0
            for axon in range(axons):
                bits = active[core, axon]
                near[axon % 64, axon // 64] = bits
                axons_on += np.int64(popcount(bits))
            _transpose(near.reshape(-1), other)
            _evaluate_core(program, core, cores[min(k + 1, cores.size - 1)], near, frames, spiking, count)
            for frame in range(frames):
                synapses_on += count[frame]
            spiking[frames:] = 0
            _transpose(spiking.reshape(-1), another)
            for neuron in range(neurons):
                at = place[groups[core], neuron]
                fired[k, neuron] = spiking[at % 64, at // 64]
            events[k], integrated[k] = synapses_on, axons_on


@_compiled()
def count_synapses_of_axons(crossbars, planes):
    """Count the synapses that are on at each axon of crossbars (K, W, N), all 64 of a word at once.

    Bit p of the counts is column p of `planes` (K, W, P), all 0 before: adding a neuron's word is adding 1 to some of
    64 numbers, and what a column carries over goes to the next one.
    """
    for k in range(crossbars.shape[0]):
        for word in range(crossbars.shape[1]):
            for neuron in range(crossbars.shape[2]):
                carried, p = crossbars[k, word, neuron], 0
                while carried != _0:
                    both = planes[k, word, p] & carried
                    planes[k, word, p] ^= carried
                    carried = both
                    p += 1


@_compiled(parallel=True)
def send_words(words, source, target, into):
    """Put words ORed into where they go; no two of them go to the same place."""
    for k in numba.prange(source.size):
        into[target[k]] |= words[source[k]]


@_compiled()
def send_shared_words(words, source, target, into):
    """Put words ORed into where they go."""
    for k in range(source.size):
        into[target[k]] |= words[source[k]]
