"""Comparison of a model on the simulated chip with its arithmetic."""

from __future__ import annotations

import numpy as np

from neurosyn.model.model import Model

__all__ = ["differing_frames"]

_FRAMES = 8


def differing_frames(model: Model, seed: int = 0) -> int:
    """Return the number of random frames for which the simulated chip and the model's arithmetic differ in a spike.

    Raises
    ------
    ChipLimitError
        If the network does not fit.
    """
    from neurosyn.chip.mesh import Board, Mesh
    from neurosyn.chip.options import ChipOptions
    from neurosyn.compiler.compile import compile_network
    from neurosyn.engine.options import SimulateOptions
    from neurosyn.engine.simulation import simulate_frames
    from neurosyn.model.inference import infer, transduce
    from neurosyn.placement.place import place_program
    from neurosyn.registry import registry

    random, network = np.random.default_rng(seed), model.network
    if network.off_chip:
        encoded = random.normal(size=(_FRAMES, *network.inputs)).astype(np.float32)
        bits = transduce(model, encoded)
    else:
        bits = random.integers(0, 2, (_FRAMES, network.chip_inputs.size), dtype=np.uint8)
    program = compile_network(model)
    placement = place_program(program, Board(Mesh()), registry.get("placers", "row_major")(), seed=0)
    options = SimulateOptions(timing="none", backend="numpy")
    result = simulate_frames(program, placement, ChipOptions(), options, bits)
    return int((result.spikes != infer(model, bits)).any(axis=1).sum())
