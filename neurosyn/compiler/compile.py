"""Compiler from a trained network to a chip program.

Steps: fold normalisation into leaks, replace filters that spike often by their complements, plan each layer from the
last to the first, cut layers into corelets, pack the input splitters, set the crossbars, assemble one `Program`.

Every layer takes one tick, and so do the splitters: a frame injected at tick t leaves at tick t + layers + 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.lfsr import DEFAULT_SEED
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
from neurosyn.chip.shipped import TRUENORTH
from neurosyn.compiler.bounds import find_demands
from neurosyn.compiler.complement import LayerOnChip, OnChip, complement_filters
from neurosyn.compiler.corelets import Corelet, Targets, make_corelet
from neurosyn.compiler.crossbars import CrossbarStore
from neurosyn.compiler.fold import fold
from neurosyn.compiler.neurons import IDLE, RELAY, make_neuron_types
from neurosyn.compiler.options import CompileOptions
from neurosyn.compiler.pack import pack_layer
from neurosyn.compiler.plan import LayerPlan, check_copies, plan_layer
from neurosyn.compiler.splitters import Splitters, pack_splitters
from neurosyn.model.model import Model
from neurosyn.network.layer import AXONS_PER_INPUT
from neurosyn.network.network import Network

__all__ = ["SPLITTER_LAYER", "compile_network", "count_cores", "count_layer_cores"]

SPLITTER_LAYER = "input"
"""Name of the splitter cores in a program's layers."""


def compile_network(
    model: Model,
    options: CompileOptions | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
    chip: ChipDescription = TRUENORTH,
) -> Program:
    """Compile a trained or deployed model onto cores.

    Parameters
    ----------
    model
        Network and parameters; on-chip layers are folded here if they still have their normalisation.
    options
        How layers are cut into cores.
    progress
        Called with the number of layers done, the number of layers, and the name of the last one done.
    chip
        The chip whose limits leaks, weights and potentials keep; the size of a core is that of `options`.

    Returns
    -------
    Program
        Stateless: the output of a frame depends on that frame alone. Its ``about`` has ``network``, ``model``
        (provenance), ``encoder``, ``options``, ``input_map`` (height, width, channels of the map whose elements are the
        input lines), ``depth`` (ticks from injection to the resulting output), ``ticks_per_frame`` (ticks during which
        a frame is injected), ``complemented_filters`` and ``filters`` (their numbers), and ``layers`` (one plan for
        each of ``layer_names``).

    Raises
    ------
    ChipLimitError
        If a layer does not fit a core; the message gives layer, limit, value and remedy.
    """
    options = options or CompileOptions()
    deployed = fold(model, chip.limits.leak)
    network = deployed.network
    layout = _lay_out(network, options)
    corelets, targets, splitters, sizes = layout.corelets, layout.targets, layout.splitters, layout.sizes
    on_chip = complement_filters(deployed, wanted=options.complement)
    leaks = np.unique(np.concatenate([layer.leak.ravel() for layer in on_chip.layers]))
    first = np.cumsum([0, *sizes])
    draft = _Draft(int(first[-1]), options)
    draft.add_splitters(splitters, targets[0], int(first[1]), _input_activity(deployed, on_chip, options))
    for number, (corelet, layer) in enumerate(zip(corelets, on_chip.layers, strict=True), start=1):
        next_targets = targets[number] if number < len(targets) else None
        draft.add_corelet(corelet, layer, leaks, int(first[number]), next_targets)
        progress(number, len(corelets), corelet.plan.layer.name)

    demands = find_demands(network, [layer.weights for layer in on_chip.layers], options)
    plans = [_describe_splitters(corelets[0], targets[0]), *(_describe_plan(c.plan) for c in corelets)]
    about: dict[str, Any] = {
        "network": network.describe(),
        "model": deployed.provenance,
        "encoder": deployed.encoder,
        "options": options.model_dump(),
        "input_map": list(network.chip_inputs),
        "depth": len(sizes),
        "ticks_per_frame": network.ticks_per_frame,
        "complemented_filters": on_chip.filters[0],
        "filters": on_chip.filters[1],
        "layers": [plan | {"demand": asdict(demand)} for plan, demand in zip(plans, demands, strict=True)],
    }
    return Program(
        axons=options.axons,
        neurons=options.neurons,
        crossbars=draft.crossbars.stack(),
        crossbar=draft.crossbar,
        axon_types=draft.axon_types,
        neuron_types=make_neuron_types(leaks, chip.limits),
        neuron_type=draft.neuron_type,
        initial_potential=np.zeros_like(draft.neuron_type),
        dest_core=draft.dest_core,
        dest_axon=draft.dest_axon,
        delay=np.ones(draft.neuron_type.shape, np.uint8),
        seeds=np.full(len(draft.crossbar), DEFAULT_SEED, np.uint32),
        input_core=splitters.core,
        input_axon=splitters.axon,
        pins=network.layers[-1].output.size,
        pin_class=network.readout.astype(np.int32),
        layer_names=(SPLITTER_LAYER, *(corelet.plan.layer.name for corelet in corelets)),
        core_layer=np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
        activity=draft.activity,
        about=about,
        input_line=splitters.line,
        input_inverted=on_chip.complemented[splitters.line],
        limits=chip.limits,
    )


def count_cores(network: Network, options: CompileOptions | None = None) -> int:
    """Return the number of cores of a network, splitters included; it does not depend on the weights.

    Raises
    ------
    ChipLimitError
        If a layer does not fit a core; the message gives layer, limit, value and remedy.
    """
    return sum(count_layer_cores(network, options))


def count_layer_cores(network: Network, options: CompileOptions | None = None) -> list[int]:
    """Return the number of cores of the splitters of the input, then of each layer on the chip; see `count_cores`."""
    return _lay_out(network, options or CompileOptions()).sizes


@dataclass(frozen=True, eq=False)
class _Layout:
    """Cores of a network before placement and without weights.

    Attributes
    ----------
    splitters : Splitters
    corelets : list of Corelet
        From the first on-chip layer to the last.
    targets : list of Targets
        Inputs of each corelet: `targets[i]` has the destinations of layer i − 1, or of the splitters for i = 0.
    sizes : list of int
        Number of cores of the splitters and of each corelet.
    """

    splitters: Splitters
    corelets: list[Corelet]
    targets: list[Targets]

    @property
    def sizes(self) -> list[int]:
        return [self.splitters.cores, *(corelet.cores for corelet in self.corelets)]


def _lay_out(network: Network, options: CompileOptions) -> _Layout:
    """Cut the layers into cores, from the last to the first: a layer's cores set the copies of the layer before."""
    corelets: list[Corelet] = []
    targets: list[Targets] = []
    before = ["the chip's input", *(layer.name for layer in network.on_chip)]
    for number in reversed(range(len(network.on_chip))):
        layer, after = network.on_chip[number], targets[0] if targets else None
        copies = np.ones(layer.output.size, np.int64) if after is None else after.copies
        if options.pack == "tight":
            plan = pack_layer(layer, copies, options)
        else:
            plan = plan_layer(layer, max(int(copies.max()), 1 if after is None else AXONS_PER_INPUT), options)
        check_copies(plan, before[number], options)
        corelets.insert(0, make_corelet(plan, after, options))
        targets.insert(0, corelets[0].targets())
    return _Layout(pack_splitters(corelets[0], targets[0], options), corelets, targets)


class _Draft:
    """Arrays of a program under construction."""

    def __init__(self, cores: int, options: CompileOptions) -> None:
        neurons = (cores, options.neurons)
        self.options = options
        self.crossbars = CrossbarStore(options)
        self.crossbar = np.zeros(cores, np.int32)
        self.axon_types = np.zeros((cores, options.axons), np.uint8)
        self.neuron_type = np.full(neurons, IDLE, np.int32)
        self.dest_core = np.full(neurons, NO_DESTINATION, np.int32)
        self.dest_axon = np.zeros(neurons, np.int32)
        self.activity = np.zeros(neurons, np.float32)

    def add_splitters(self, splitters: Splitters, targets: Targets, after: int, activity: NDArray[np.float32]) -> None:
        """Add the splitter cores as cores 0, 1, …; the next layer starts at core `after`."""
        neurons = splitters.neurons
        index = (neurons.core, neurons.neuron)
        self.crossbar[: splitters.cores] = self.crossbars.add_relays(neurons, splitters.axon, splitters.cores)
        self.neuron_type[index] = RELAY
        element = splitters.line[neurons.item]
        self.activity[index] = activity[element]
        self._connect(index, element, neurons.copy, targets, after)

    def add_corelet(
        self,
        corelet: Corelet,
        layer: LayerOnChip,
        leaks: NDArray[np.int32],
        first: int,
        targets: Targets | None,
    ) -> None:
        """Add a layer as cores `first`, `first` + 1, …; without `targets` its spikes go to output pins."""
        neurons = corelet.neurons
        cores = slice(first, first + corelet.cores)
        self.crossbar[cores] = self.crossbars.add_corelet(corelet, layer.weights)
        self.axon_types[cores] = np.arange(self.options.axons) % AXONS_PER_INPUT

        index = (first + neurons.core, neurons.neuron)
        site = corelet.sites[neurons.core, corelet.item_site[neurons.item]]
        feature = corelet.item_feature[neurons.item]
        self.neuron_type[index] = RELAY + 1 + np.searchsorted(leaks, layer.leak[site, feature])
        activity = layer.activity
        self.activity[index] = (
            self.options.activity if activity is None else activity[corelet.wiring.banks[site], feature]
        )
        output = corelet.item_output[neurons.item]
        if targets is None:
            self.dest_core[index] = OUTPUT
            self.dest_axon[index] = output
        else:
            self._connect(index, output, neurons.copy, targets, first + corelet.cores)

    def _connect(
        self,
        index: tuple[NDArray[np.int32], NDArray[np.int32]],
        element: NDArray[np.int32],
        copy: NDArray[np.int32],
        targets: Targets,
        after: int,
    ) -> None:
        """Set the destinations of neurons at `index` (core, neuron), which compute copies of elements."""
        has_target, core, axon = targets.find(element, copy)
        connected = (index[0][has_target], index[1][has_target])
        self.dest_core[connected] = after + core
        self.dest_axon[connected] = axon


def _input_activity(model: Model, on_chip: OnChip, options: CompileOptions) -> NDArray[np.float32]:
    """Return the expected spikes per tick of each element of the chip's input map."""
    activity = np.full(model.network.chip_inputs.size, options.activity, np.float32)
    before = len(model.network.off_chip)
    recorded = model.parameters[before - 1].activity if before else None
    if recorded is not None:
        wiring = model.network.layers[before - 1].connectivity
        activity[wiring.outputs] = recorded[wiring.banks]
    return np.where(on_chip.complemented, 1 - activity, activity)


def _describe_plan(plan: LayerPlan) -> dict[str, Any]:
    return {
        "groups": plan.layer.connectivity.grid[0],
        "tile": None if plan.tile is None else list(plan.tile),
        "parts": plan.parts,
        "copies": plan.copies,
        "bound": list(plan.bound),
    }


def _describe_splitters(first: Corelet, targets: Targets) -> dict[str, Any]:
    return {
        "groups": first.wiring.grid[0],
        "tile": None,
        "parts": 1,
        "copies": int(targets.copies.max()),
        "bound": ["neurons"],
    }
