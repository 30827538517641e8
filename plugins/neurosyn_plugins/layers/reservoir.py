"""Layer ``reservoir``: one step of a recurrent network of fixed random weights.

A network that reads a sequence x_1, x_2, … and keeps a state h of n neurons, h_0 = 0,

    h_k = [W·x_k + U·h_{k−1} ≥ θ]                          (1)

is unrolled in depth: step k is a layer, whose input map holds the state of the step before and what is still to be
read, and whose output map holds the new state and what waits for later steps, relayed neuron by neuron:

    (h_{k−1}, x_k, x_{k+1}, …)  →  (h_k, x_{k+1}, …)

W, U and θ follow from `seed` and the sizes alone, so that all steps have the same. Each step takes cores of its own and
one tick: layers see the layer before at the tick before, and nothing else.

Synapses are sparse in blocks. A neuron drives one axon and an input takes two, so 64 neurons in 4 copies fill a core:
its outputs reach two cores. With more, each step would need twice the cores of the step behind it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.plugins import CORE_INPUTS, Connectivity, FixedWeights, Layer, MapShape, ScenarioError

__all__ = ["BLOCK", "Reservoir"]

BLOCK = 64
"""Neurons that see the same inputs: with `REACH` they fill a core."""
REACH = 2
"""Blocks that see an element, at most."""


class Reservoir(Layer):
    """One step: state neurons with random synapses to the state before and to what is read, and relays of the rest.

    The neurons stand in blocks of 64 that see the same 128 inputs: up to 64 of what is read, and as many of the state
    as there is room for. Each is dealt out to the blocks in turn, twice. From what its block sees every neuron
    chooses its synapses at random, half of them inhibiting. No trainer changes them.
    """

    permute: ClassVar[bool] = False

    neurons: int = Field(default=256, ge=BLOCK, le=1 << 16, multiple_of=BLOCK, description=f"n, a multiple of {BLOCK}")
    state: bool = Field(default=False, description="whether the input map begins with the state of a step before")
    reads: int | None = Field(
        default=None, ge=1, le=1 << 16, description="elements read in a step, at most n; all that there are if absent"
    )
    waits: int = Field(default=0, ge=0, le=1 << 20, description="elements behind these, to be read in later steps")
    drive: int = Field(default=12, ge=1, le=64, description="synapses of a neuron to what is read")
    recurrence: int = Field(default=2, ge=0, le=64, description="synapses of a neuron to the state before")
    memory: float = Field(
        default=0.6, ge=0, le=1, description="share of neurons that do nothing but repeat one of the state before"
    )
    seed: int = Field(default=0, ge=0, lt=1 << 63, description="of wiring, weights and thresholds")

    def connect(self, inputs: MapShape) -> Connectivity:
        """Return which inputs each neuron sees."""
        first = self.neurons if self.state else 0
        reads, present = self._reads(inputs)
        seen_read, seen_state = self._seen(reads)
        # What a shorter last step lacks, and the state before the first step, are silent: −1.
        own_read = np.where((seen_read >= 0) & (seen_read < present), first + seen_read, -1)
        own_state = seen_state if self.state else np.full_like(seen_state, -1)
        waiting = first + reads + np.arange(_blocks(self.waits) * BLOCK).reshape(-1, BLOCK)
        waiting[waiting >= first + reads + self.waits] = -1

        inputs_of_blocks = np.concatenate([own_read, own_state], axis=1)
        sites = len(inputs_of_blocks) + len(waiting)
        seen = np.full((sites, CORE_INPUTS), -1, np.int32)
        seen[: len(inputs_of_blocks), : inputs_of_blocks.shape[1]] = inputs_of_blocks
        seen[len(inputs_of_blocks) :, :BLOCK] = waiting
        return Connectivity(
            output=MapShape(1, 1, sites * BLOCK),
            inputs=seen,
            outputs=np.arange(sites * BLOCK, dtype=np.int32).reshape(sites, BLOCK),
            banks=np.arange(sites, dtype=np.int32),
            grid=(sites, 1, 1),
        )

    def fixed_weights(self, inputs: MapShape) -> FixedWeights:
        """Return W, U and θ, and the relays."""
        blocks, relays = _blocks(self.neurons), _blocks(self.waits)
        seen_read, seen_state = self._seen(self._reads(inputs)[0])
        weights = np.zeros((blocks + relays, CORE_INPUTS, BLOCK), np.int8)
        threshold = np.ones((blocks + relays, BLOCK), np.int32)
        rng = np.random.default_rng([self.seed, 1])
        for block, (read, state) in enumerate(zip(seen_read >= 0, seen_state >= 0, strict=True)):
            repeats = rng.random(BLOCK) < self.memory
            states = seen_read.shape[1] + np.flatnonzero(state)
            weights[block][:, repeats] = _draw(repeats.sum(), states, 1, rng)
            mixes = ~repeats
            weights[block][:, mixes] = _draw(mixes.sum(), states, self.recurrence, rng)
            weights[block][:, mixes] += _draw(mixes.sum(), np.flatnonzero(read), self.drive, rng)
            # With one threshold for all, neurons of like synapses would say the same.
            threshold[block, mixes] = rng.integers(0, 3, mixes.sum())
        weights[blocks:, :BLOCK] = np.eye(BLOCK, dtype=np.int8)
        return FixedWeights(weights, threshold)

    def _reads(self, inputs: MapShape) -> tuple[int, int]:
        """Return how many elements a step reads, and how many there are."""
        there = inputs.size - (self.neurons if self.state else 0)
        reads = there if self.reads is None else self.reads
        if there < 1 or (self.waits and there < reads + self.waits):
            raise ScenarioError(
                f"reads = {reads}, waits = {self.waits}: the input map {inputs} has {max(there, 0)} elements to read; "
                "let topology 'reservoir' choose them"
            )
        if reads > self.neurons:
            raise ScenarioError(
                f"neurons = {self.neurons}: are too few to read {reads} elements in a step, one each at least; choose "
                f"neurons = {_blocks(reads) * BLOCK} or more, or read less in a step"
            )
        return reads, min(reads, there)

    def _seen(self, reads: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which elements of what is read, and of the state, each block sees, −1 for none."""
        rng = np.random.default_rng([self.seed, 0])
        blocks = _blocks(self.neurons)
        seen_read = _deal(rng.permutation(reads), blocks, CORE_INPUTS // 2)
        return seen_read, _deal(rng.permutation(self.neurons), blocks, CORE_INPUTS - seen_read.shape[1])


def _blocks(elements: int) -> int:
    return -(-elements // BLOCK)


def _deal(elements: NDArray[np.int64], blocks: int, most: int) -> NDArray[np.int64]:
    """Deal elements out to blocks in turn, each to `REACH` of them at most, as long as they have room for `most`."""
    each = min(most, len(elements))
    dealt = np.arange(min(REACH * len(elements), blocks * each))
    hands = np.array_split(elements[dealt % len(elements)], blocks)
    seen = np.full((blocks, max(map(len, hands))), -1, np.int64)
    for block, hand in enumerate(hands):
        seen[block, : len(hand)] = hand
    return seen


def _draw(neurons: int, rows: NDArray[np.int64], synapses: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Return weights (inputs, neurons) with so many synapses each to inputs among `rows`, every second inhibiting."""
    weights = np.zeros((CORE_INPUTS, neurons), np.int8)
    order = np.argsort(rng.random((len(rows), neurons)), axis=0)[:synapses]
    signs = np.where(np.arange(len(order)) % 2, -1, 1).astype(np.int8)
    np.put_along_axis(weights, rows[order], signs[:, None], axis=0)
    return weights
