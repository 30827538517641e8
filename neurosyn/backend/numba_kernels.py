"""Compiled kernels: one tick of all cores, and their schedulers.

*Layout.* Neurons come in tiles of 64 and words of axons in quads of 4, padded with zeros. A tile of a crossbar is then
``words × 64`` words, word-major, so that neighbouring neurons are neighbours in memory; the parameters of its neurons
are one row of ``(PARAMETERS + weights) × 64`` integers. All arrays are flat: with constant distances between what a
loop reads and writes, the compiler needs no tests for overlap and turns every loop over a tile into vector
instructions. Flat indices are unsigned, because an index that might be negative costs a test.

*Exactness.* Counting synapses ignores the order of additions. That is right as long as no partial sum can leave the
range of V: each core is tested for that before its tick, and goes the ordered way, neuron by neuron and axon by axon,
if it could happen or if one of its neurons draws random numbers.
"""

# mypy: ignore-errors
# The bodies are Numba's language: types are inferred when a kernel is compiled.

from functools import partial

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from neurosyn.chip import lfsr
from neurosyn.support.numba_cache import compiled

__all__ = [
    "LINE",
    "PARAMETERS",
    "QUAD",
    "TILE",
    "WEIGHTS",
    "add_pair",
    "list_bits",
    "look_up_packets",
    "pop_slot",
    "popcount",
    "popcount_probe",
    "prefetch",
    "send_spikes",
    "step_tiles",
    "sum_rows",
]

TILE, QUAD = 64, 4
LINE = np.uint64(8)
"""Words of a line of the cache."""
PARAMETERS = 8
"""Integers for each neuron: those named by the constants below, then the weights of the axon types."""

# Distances within a row of parameters.
_LEAK, _REVERSAL, _THRESHOLD, _FLOOR = (np.uint64(k * TILE) for k in (0, 1, 2, 3))
# V becomes ADD + (V & KEEP) after a spike, and likewise after a fall below the floor.
_SPIKE_ADD, _SPIKE_KEEP, _FALL_ADD, _FALL_KEEP = (np.uint64(k * TILE) for k in (4, 5, 6, 7))
WEIGHTS = np.uint64(PARAMETERS * TILE)
"""Distance to the weights within a row of parameters."""
# Distances within the work space of a thread.
_POTENTIAL, _EVENTS, _FIRED = (np.uint64(k * TILE) for k in (0, 1, 2))

# Columns of the table of neuron types from its end, after the weights and the flags that make them stochastic.
_TYPE_LEAK, _NOISY_LEAK, _TYPE_REVERSAL, _ALPHA, _BETA, _MASK_BITS, _MODE, _SATURATES, _RESET = range(-9, 0)

_TILE, _QUAD = np.uint64(TILE), np.uint64(QUAD)
_0, _1, _2, _3, _8, _64 = (np.uint64(k) for k in (0, 1, 2, 3, 8, 64))
_BYTE, _LEAP = np.uint64(0xFF), lfsr.TABLE.astype(np.uint64)
_BLOCK = 16  # cores for which a thread allocates its work space once

_compiled = partial(compiled, boundscheck=False)


@intrinsic
def popcount(_context, _word):
    """Count the bits of a word with the processor's instruction."""

    def generate(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def prefetch(_context, words, _at):
    """Ask for the line of the cache that has an element, without waiting for it."""

    def generate(context, builder, _signature, arguments):
        array = arrayobj.make_array(words)(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), cgutils.voidptr_t)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *3 * [cgutils.int32_t]])
        call = builder.module.declare_intrinsic("llvm.prefetch", (cgutils.voidptr_t,), kind)
        # To be read; for the second cache, since the first is in use; data.
        builder.call(call, [place, *(cgutils.int32_t(option) for option in (0, 2, 1))])
        return context.get_dummy_value()

    return types.void(words, types.uint64), generate


@_compiled()
def popcount_probe(word):
    """Count the bits of one word: shows whether compiling works at all."""
    return popcount(word)


@_compiled()
def add_pair(crossbars, at, words, masked, first, second, weights, row, work):
    """Add the synapses of two axon types to a tile of neurons whose crossbar begins at `at`.

    `masked` holds the active axons of each type, `words` words a type; the neurons' weights begin at `row`.
    """
    row += WEIGHTS
    a, b, wa, wb = first * words, second * words, row + first * _TILE, row + second * _TILE
    for quad in range(_0, words, _QUAD):
        a0, a1, a2, a3 = masked[a + quad], masked[a + quad + _1], masked[a + quad + _2], masked[a + quad + _3]
        b0, b1, b2, b3 = masked[b + quad], masked[b + quad + _1], masked[b + quad + _2], masked[b + quad + _3]
        if a0 | a1 | a2 | a3 | b0 | b1 | b2 | b3 == _0:
            continue
        x = at + quad * _TILE
        for j in range(_TILE):
            x0, x1 = crossbars[x + j], crossbars[x + _TILE + j]
            x2, x3 = crossbars[x + _2 * _TILE + j], crossbars[x + _3 * _TILE + j]
            of_a = np.int32(popcount(x0 & a0) + popcount(x1 & a1) + popcount(x2 & a2) + popcount(x3 & a3))
            of_b = np.int32(popcount(x0 & b0) + popcount(x1 & b1) + popcount(x2 & b2) + popcount(x3 & b3))
            work[_EVENTS + j] += of_a + of_b
            work[_POTENTIAL + j] += of_a * weights[wa + j] + of_b * weights[wb + j]


@_compiled()
def _fire_tile(parameters, row, reversal, low, high, work):
    """Apply leak, threshold and reset to a tile of deterministic neurons whose potentials lie in `low` … `high`."""
    if reversal:
        for j in range(_TILE):
            v, leak = work[_POTENTIAL + j], parameters[row + _LEAK + j]
            sign = np.int32(v > 0) - np.int32(v < 0)
            turned = v + sign * leak
            sign_after = np.int32(turned > 0) - np.int32(turned < 0)
            turned = np.int32(0) if sign_after == -sign else turned
            work[_POTENTIAL + j] = turned if parameters[row + _REVERSAL + j] != 0 else v + leak
    else:
        for j in range(_TILE):
            work[_POTENTIAL + j] += parameters[row + _LEAK + j]
    for j in range(_TILE):
        v = min(max(work[_POTENTIAL + j], low), high)
        fired = v >= parameters[row + _THRESHOLD + j]
        spiked = parameters[row + _SPIKE_ADD + j] + (v & parameters[row + _SPIKE_KEEP + j])
        fallen = parameters[row + _FALL_ADD + j] + (v & parameters[row + _FALL_KEEP + j])
        kept = fallen if v < parameters[row + _FLOOR + j] else v
        work[_POTENTIAL + j] = spiked if fired else kept
        work[_FIRED + j] = np.int32(fired)


@_compiled()
def _drawn(state, bits):
    """Return the state of a register after a draw of so many bits (`neurosyn.chip.lfsr`)."""
    for _ in range((bits + 7) // 8):
        state = (state >> _8) ^ _LEAP[state & _BYTE]
    return state


@_compiled()
def _acts(size, state):
    """Return sgn(size) if |size| ≥ ρ for the ρ that was just drawn, else 0."""
    sign = np.int64(size > 0) - np.int64(size < 0)
    return sign if abs(size) >= np.int64(state & _BYTE) else np.int64(0)


@_compiled()
def _sum_in_order(v, state, crossbars, at, words, masked, kinds, table, kind_of, low, high):
    """Add one neuron's synapses axon by axon, saturating each time; return its potential and the register."""
    weights = masked.size // words
    for word in range(words):
        active = _0
        for kind in range(weights):
            active |= masked[kind * words + word]
        bits = crossbars[at + word * _TILE] & active
        while bits != _0:
            lowest = bits & (~bits + _1)
            bits ^= lowest
            kind = np.int64(kinds[word * _64 + popcount(lowest - _1)])
            weight = np.int64(table[kind_of, kind])
            if table[kind_of, np.int64(weights) + kind] != 0:
                state = _drawn(state, 8)
                weight = _acts(weight, state)
            v = min(max(v + weight, np.int64(low)), np.int64(high))
    return v, state


@_compiled()
def _step_in_order(
    crossbars,
    at,
    words,
    masked,
    kinds,
    table,
    neuron_type,
    state,
    low,
    high,
    potential,
    fired,
    events,
):
    """Play one tick of one core neuron by neuron; return the state of its register.

    `masked` are the active axons of each type, `kinds` the types of its axons; arrays of the core's neurons follow.
    """
    state = np.uint64(state)
    weights = np.int64(masked.size // words)
    for n in range(len(potential)):
        column = at + np.uint64(n // TILE) * words * _TILE + np.uint64(n % TILE)
        kind_of, v = neuron_type[n], np.int64(potential[n])
        count, rise, fall, draws = np.int64(0), np.int64(0), np.int64(0), False
        for kind in range(weights):
            on = np.int64(0)
            for word in range(words):
                on += np.int64(popcount(crossbars[column + word * _TILE] & masked[np.uint64(kind) * words + word]))
            weight = np.int64(table[kind_of, kind])
            count += on
            rise += on * max(weight, 0)
            fall += on * min(weight, 0)
            draws = draws or (on > 0 and table[kind_of, weights + kind] != 0)
        events[n] = count
        if draws or v + rise > high or v + fall < low:
            v, state = _sum_in_order(v, state, crossbars, column, words, masked, kinds, table, kind_of, low, high)
        else:
            v += rise + fall

        leak = np.int64(table[kind_of, _TYPE_LEAK])
        if table[kind_of, _NOISY_LEAK] != 0:
            state = _drawn(state, 8)
            leak = _acts(leak, state)
        before = v
        if table[kind_of, _TYPE_REVERSAL] == 0:
            v += leak
        elif before > 0:
            v = max(before + leak, 0)
        elif before < 0:
            v = min(before - leak, 0)
        v = min(max(v, np.int64(low)), np.int64(high))

        threshold, floor = np.int64(table[kind_of, _ALPHA]), np.int64(table[kind_of, _BETA])
        bits, mode, reset = table[kind_of, _MASK_BITS], table[kind_of, _MODE], np.int64(table[kind_of, _RESET])
        eta = np.int64(0)
        if bits > 0:
            state = _drawn(state, bits)
            eta = np.int64(state) & ((np.int64(1) << bits) - 1)
        saturates = table[kind_of, _SATURATES] != 0
        depth = floor if saturates else floor + eta
        fired[n] = v >= threshold + eta
        if fired[n]:
            if mode == 0:
                v = reset
            elif mode == 1:
                v -= threshold + eta
            else:
                v = min(v, threshold + (np.int64(1) << bits) - 1)
        elif v < -depth:
            if saturates:
                v = -floor
            elif mode == 0:
                v = min(-reset, np.int64(high))
            elif mode == 1:
                v += depth
        potential[n] = v
    return np.uint32(state)


@_compiled(parallel=True)
def step_tiles(
    crossbars,  # uint64, flat (K, tiles, words, TILE)
    crossbar,  # int32 (C,)
    words,  # uint64: words of axons, a multiple of QUAD
    type_masks,  # uint64 (C, G, W)
    kinds,  # uint8 (C, G): the axon types, those that a core uses first
    pairs,  # int32 (C,): pairs of types that a core uses
    parameters,  # int32, flat (rows, PARAMETERS + G, TILE)
    tile_row,  # int32 (C, tiles)
    row_reversal,  # bool (rows,): a neuron has leak reversal
    largest_weight,  # int32 (C,)
    stochastic,  # bool (C,)
    axon_types,  # uint8 (C, A)
    table,  # int32 (T, 2 · G + 9): the table of neuron types, for the ordered way
    neuron_type,  # int32 (C, N)
    limits,  # int32 (2,): the range of V
    active,  # uint64 (C, W)
    potential,  # int32 (C, N), in place
    rng,  # uint32 (C,), in place
    fired,  # bool (C, N), out
    events,  # uint16 (C, N), out
):
    """Play one tick of all cores."""
    cores, neurons = potential.shape
    tiles, types = tile_row.shape[1], type_masks.shape[1]
    lowest, highest = limits
    row_size = np.uint64((PARAMETERS + types) * TILE)
    for block in numba.prange((cores + _BLOCK - 1) // _BLOCK):
        work = np.empty(3 * TILE, np.int32)
        masked = np.zeros(np.uint64(types) * words, np.uint64)
        for core in range(block * _BLOCK, min((block + 1) * _BLOCK, cores)):
            total = 0
            for kind in range(types):
                for word in range(active.shape[1]):
                    bits = active[core, word] & type_masks[core, kind, word]
                    masked[np.uint64(kind) * words + np.uint64(word)] = bits
                    total += np.int64(popcount(bits))
            low, high = highest, lowest
            for n in range(neurons):
                low, high = min(low, potential[core, n]), max(high, potential[core, n])
            reach = total * largest_weight[core]
            if stochastic[core] or low - reach < lowest or high + reach > highest:
                at = np.uint64(crossbar[core] * tiles) * words * _TILE
                rng[core] = _step_in_order(
                    crossbars,
                    at,
                    words,
                    masked,
                    axon_types[core],
                    table,
                    neuron_type[core],
                    rng[core],
                    lowest,
                    highest,
                    potential[core],
                    fired[core],
                    events[core],
                )
                continue
            # The next core's crossbar comes from memory while this one is counted.
            ahead = np.uint64(crossbar[min(core + 1, cores - 1)] * tiles) * words * _TILE
            for tile in range(tiles):
                for line in range(_0, words * _TILE, LINE):
                    prefetch(crossbars, ahead + line)
                ahead += words * _TILE
                start, row = tile * TILE, np.uint64(tile_row[core, tile]) * row_size
                size = min(TILE, neurons - start)
                for j in range(size):
                    work[j] = potential[core, start + j]
                work[TILE : 2 * TILE] = 0
                if total > 0:
                    at = np.uint64(crossbar[core] * tiles + tile) * words * _TILE
                    for pair in range(pairs[core]):
                        first, second = np.uint64(kinds[core, 2 * pair]), np.uint64(kinds[core, 2 * pair + 1])
                        add_pair(crossbars, at, words, masked, first, second, parameters, row, work)
                _fire_tile(parameters, row, row_reversal[tile_row[core, tile]], lowest, highest, work)
                for j in range(size):
                    potential[core, start + j] = work[j]
                for j in range(size):
                    events[core, start + j] = work[TILE + j]
                for j in range(size):
                    fired[core, start + j] = work[2 * TILE + j] != 0


@_compiled()
def list_bits(words, numbers):
    """Write the numbers of the bits that are 1 in words (n,), in order; return how many there are."""
    count = 0
    for k in range(words.size):
        word = words[k]
        while word != _0:
            lowest = word & (~word + _1)
            numbers[count] = np.int64(np.uint64(k) * _64 + popcount(lowest - _1))
            word ^= lowest
            count += 1
    return count


@_compiled()
def look_up_packets(spikes, neurons, table, no_destination, values, k):
    """Write core, neuron and row of the table (C × N, K) of spikes that send packets into columns of `values`.

    Spikes ascend; the first column is `k`. Return the end of the columns.
    """
    core, end = 0, neurons
    for spike in spikes:
        while spike >= end:
            core += 1
            end += neurons
        # Written in any case, and overwritten if the neuron sends none: no branch that cannot be predicted.
        values[0, k], values[1, k] = core, spike - end + neurons
        for column in range(table.shape[1]):
            values[2 + column, k] = table[spike, column]
        k += table[spike, 0] != no_destination
    return k


@_compiled()
def sum_rows(events, sums):
    """Sum events (C, N) over the neurons of each core."""
    for core in range(len(events)):
        total = np.uint32(0)
        for n in range(events.shape[1]):
            total += np.uint32(events[core, n])
        sums[core] = total


@_compiled()
def pop_slot(row, received, active, merged):
    """Move a row (C, W) of the schedulers to `active`; `merged` (C,) is what was received beyond its bits."""
    for core in range(len(row)):
        bits = np.int64(0)
        for word in range(row.shape[1]):
            active[core, word] = row[core, word]
            bits += np.int64(popcount(row[core, word]))
            row[core, word] = _0
        merged[core] = received[core] - bits
        received[core] = 0


@_compiled()
def send_spikes(targets, neurons, tick, ring, received):
    """Put what neurons send in a tick into the schedulers (`neurosyn.chip.scheduler.Schedulers`)."""
    # First all loads, then all stores: mixed, they wait for each other and take twice as long.
    found = np.empty(len(neurons), np.int64)
    for k in range(len(neurons)):
        found[k] = targets[neurons[k]]
    for target in found:
        if target < 0:
            continue
        slot, core, axon = (tick + (target & 0xFF)) % len(ring), target >> 24, (target >> 8) & 0xFFFF
        received[slot, core] += 1
        ring[slot, core, axon >> 6] |= _1 << np.uint64(axon & 63)
