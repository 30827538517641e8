"""Programs of a few equal cores, and their simulation without timing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import pack_bits
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import Probe
from neurosyn.engine.results import TicksResult
from neurosyn.engine.simulation import simulate_ticks
from neurosyn.formats.open_program import place_in_rows
from neurosyn.formats.spikes.numbering import no_spikes

__all__ = ["equal_cores", "play"]


def equal_cores(
    kinds: NDArray[np.void],
    synapses: NDArray[np.bool_],
    *,
    cores: int = 1,
    seeds: NDArray[np.uint32] | None = None,
    axon_types: NDArray[np.uint8] | None = None,
    initial: NDArray[np.int32] | None = None,
    dest_axon: NDArray[np.int32] | None = None,
    delay: NDArray[np.uint8] | None = None,
) -> Program:
    """Return a program of cores that differ in their seeds alone; the input lines are the axons of the first core.

    Parameters
    ----------
    kinds : array of `neurosyn.chip.program.NEURON_TYPE` (N,)
        Parameters of the neurons of a core.
    synapses : bool array (N, A)
        Synapses between neurons and axons.
    cores
        Number of cores.
    seeds : uint32 array (cores,), optional
        By default 1 … cores.
    axon_types : uint8 array (A,), optional
        By default 0.
    initial : int32 array (N,), optional
        Potentials before the first tick; by default 0.
    dest_axon : int32 array (N,), optional
        Axon of the same core that each neuron drives, −1 for none; by default none.
    delay : uint8 array (N,), optional
        By default 1.
    """
    neurons, axons = synapses.shape
    target = np.full(neurons, -1, np.int32) if dest_axon is None else dest_axon
    same_core = np.arange(cores, dtype=np.int32)[:, None]

    def in_all(values: NDArray[Any]) -> NDArray[Any]:
        return np.tile(values, (cores, 1))

    return Program(
        axons=axons,
        neurons=neurons,
        crossbars=np.ascontiguousarray(pack_bits(synapses).T[None]),
        crossbar=np.zeros(cores, np.int32),
        axon_types=in_all(np.zeros(axons, np.uint8) if axon_types is None else axon_types),
        neuron_types=kinds,
        neuron_type=in_all(np.arange(neurons, dtype=np.int32)),
        initial_potential=in_all(np.zeros(neurons, np.int32) if initial is None else initial),
        dest_core=np.where(target >= 0, same_core, NO_DESTINATION).astype(np.int32),
        dest_axon=in_all(np.maximum(target, 0)),
        delay=in_all(np.ones(neurons, np.uint8) if delay is None else delay),
        seeds=np.arange(1, cores + 1, dtype=np.uint32) if seeds is None else seeds,
        input_core=np.zeros(axons, np.int32),
        input_axon=np.arange(axons, dtype=np.int32),
        pins=0,
        pin_class=np.zeros(0, np.int32),
        layer_names=("all",),
        core_layer=np.zeros(cores, np.int32),
        activity=np.ones((cores, neurons), np.float32),
    )


def play(
    program: Program,
    ticks: int,
    *,
    spikes: InputSpikes | None = None,
    placement: Placement | None = None,
    probes: Sequence[Probe] = (),
) -> TicksResult:
    """Simulate `ticks` ticks of a program without timing.

    Parameters
    ----------
    program, ticks
    spikes
        Input spikes; by default none.
    placement
        By default row by row.
    probes
        Probes of the run.
    """
    placement = place_in_rows(program) if placement is None else placement
    chip = ChipOptions(chips=(placement.mesh.rows, placement.mesh.columns))
    options = SimulateOptions(timing="none")
    return simulate_ticks(program, placement, chip, options, spikes or no_spikes(), ticks, probes=probes)
