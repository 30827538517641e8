"""Networks for tests: from nodes to populations, and back to counts."""

from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.chip.options import ChipOptions
from neurosyn.compiler.assembly import CompiledPopulations, compile_populations
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.sample_batches import SamplesResult, simulate_samples
from neurosyn.formats.nir.reader import read_nir
from neurosyn.importing.building import build_network
from neurosyn.importing.mapping import Mapping, map_graph
from neurosyn.importing.network import SpikingNetwork
from neurosyn.importing.options import ImportOptions
from neurosyn.placement.place import place_program
from neurosyn.registry import registry
from tests.nir_files import write_nir


def network_of(path: Path, nodes: dict[str, Any], edges: Any, **options: Any) -> SpikingNetwork:
    file = write_nir(path / "net.nir", nodes, edges)
    return build_network(read_nir(file), ImportOptions(**options), "net.nir")


def mapping_of(path: Path, nodes: dict[str, Any], edges: Any, **options: Any) -> Mapping:
    file = write_nir(path / "net.nir", nodes, edges)
    return map_graph(read_nir(file), ImportOptions(**options), "net.nir")


def compiled(mapping: Mapping) -> CompiledPopulations:
    return compile_populations(
        mapping.populations, mapping.network.inputs, [(mapping.network.output, mapping.pin_class)]
    )


def play(mapping: Mapping, inputs: np.ndarray, timing: Any = "none", **more: Any) -> SamplesResult:
    program = compiled(mapping).program
    chip = ChipOptions().fitted(program.cores)
    placer: Any = registry.get("placers", "row_major")
    placement = place_program(program, chip.board, placer(), 0)
    options = SimulateOptions(timing=timing, backend="numpy")
    return simulate_samples(program, placement, chip, options, inputs, mapping.ticks(len(inputs)), **more)
