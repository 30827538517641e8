"""Defects of a board that is known before a network is placed: dead cores and dead links (table ``[defects]``).

A dead core never fires; its router still passes packets on. A packet whose route takes a dead link is lost: routes are
fixed, first along x, then along y, so that a destination is either always reached or never.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program, neuron_type_dtype
from neurosyn.errors import ScenarioError
from neurosyn.options import Options

__all__ = ["DefectOptions", "apply_defects", "with_faulty_neurons"]

_Coordinate = Annotated[int, Field(ge=0)]
_Links = dict[str, NDArray[np.bool_]]


class DefectOptions(Options):
    """Dead cores and links of the board, and whether the program is placed around the cores."""

    dead_cores: float = Field(0.0, ge=0, le=1, description="share of the board's cores that are dead, drawn")
    dead_positions: tuple[tuple[_Coordinate, _Coordinate], ...] = Field(
        (), description="positions [x, y] of cores that are dead in any case"
    )
    dead_links: float = Field(
        0.0, ge=0, le=1, description="share of the links between neighbouring routers that are dead, one per direction"
    )
    draw: int = Field(0, ge=0, le=2**32 - 1, description="which of all boards with such shares of defects")
    remap: bool = Field(True, description="place no core of the program at the position of a dead one")

    @property
    def has_dead_cores(self) -> bool:
        """True if a core may be dead."""
        return self.dead_cores > 0 or bool(self.dead_positions)

    def unused(self) -> dict[str, str]:
        """Return `draw` and `remap` where there is nothing that they decide on."""
        unused: dict[str, str] = {}
        if not self.dead_cores and not self.dead_links:
            unused |= dict.fromkeys(self.changed("draw"), "no share of defects is above 0")
        if not self.has_dead_cores:
            unused |= dict.fromkeys(self.changed("remap"), "no core is dead")
        return unused

    def dead_xy(self, mesh: Mesh) -> NDArray[np.int32]:
        """Return the positions of the dead cores of a board, int32 (n, 2), by row and column.

        A larger share has the dead cores of a smaller one among its own.

        Raises
        ------
        ScenarioError
            If a position lies outside of the board.
        """
        for x, y in self.dead_positions:
            if x >= mesh.width or y >= mesh.height:
                raise ScenarioError(
                    f"defects.dead_positions: [{x}, {y}] is outside of the board of {mesh.width} × {mesh.height} cores"
                )
        order = np.random.default_rng([self.draw, 0]).permutation(mesh.cores)
        drawn = order[: round(self.dead_cores * mesh.cores)]
        given = np.array([y * mesh.width + x for x, y in self.dead_positions], np.int64)
        rows, columns = np.divmod(np.union1d(drawn, given), mesh.width)
        return np.stack([columns, rows], axis=1).astype(np.int32)

    def dead_link_maps(self, mesh: Mesh) -> _Links:
        """Return by direction a bool array (height, width): the link that leaves this router there is dead."""
        inside = {side: np.ones((mesh.height, mesh.width), np.bool_) for side in ("east", "west", "north", "south")}
        inside["east"][:, -1] = inside["west"][:, 0] = inside["north"][-1] = inside["south"][0] = False
        places = np.flatnonzero(np.stack(list(inside.values())))
        order = np.random.default_rng([self.draw, 1]).permutation(places)
        dead = np.zeros((len(inside), mesh.height, mesh.width), np.bool_)
        dead.flat[order[: round(self.dead_links * len(places))]] = True
        return dict(zip(inside, dead, strict=True))


def apply_defects(
    program: Program, placement: Placement, board: Board, defects: DefectOptions
) -> tuple[Program, tuple[str, ...]]:
    """Return a placed program as the board with its defects computes it, and the differences, a sentence each.

    Raises
    ------
    ScenarioError
        If a dead position lies outside of the board.
    """
    differences: list[str] = []
    if defects.has_dead_cores:
        mesh = placement.mesh
        dead = np.zeros((mesh.height, mesh.width), np.bool_)
        x, y = defects.dead_xy(mesh).T
        dead[y, x] = True
        cores = np.flatnonzero(dead[placement.xy[:, 1], placement.xy[:, 0]])
        if len(cores):
            differences.append(f"{len(cores):,} of {program.cores:,} cores lie on dead cores of the board")
            nothing = np.zeros(0, np.int64)
            program = with_faulty_neurons(program, cores, nothing, nothing)
    if defects.dead_links:
        program, lost = _without_dead_links(program, placement, board, defects.dead_link_maps(placement.mesh))
        differences += lost
    return program, tuple(differences)


def _without_dead_links(
    program: Program, placement: Placement, board: Board, dead: _Links
) -> tuple[Program, list[str]]:
    """Take away the destinations and the host's input lines whose routes take a dead link."""
    xy = placement.xy
    core, neuron = np.nonzero(program.dest_core != NO_DESTINATION)
    goal = program.dest_core[core, neuron]
    source = xy[core]
    target = np.where((goal == OUTPUT)[:, None], placement.mesh.border(source, board.output_side), xy[goal])
    lost = _takes_dead_link(source, target, dead)
    dest_core, dest_axon, delay = program.dest_core.copy(), program.dest_axon.copy(), program.delay.copy()
    at = core[lost], neuron[lost]
    dest_core[at], dest_axon[at], delay[at] = NO_DESTINATION, 0, 1
    entered = xy[program.input_core]
    cut = _takes_dead_link(board.entries(entered), entered, dead)
    program = replace(
        program,
        dest_core=dest_core,
        dest_axon=dest_axon,
        delay=delay,
        input_core=program.input_core[~cut],
        input_axon=program.input_axon[~cut],
        input_line=program.input_line[~cut],
        input_inverted=program.input_inverted[~cut],
    )
    links = sum(int(of_side.sum()) for of_side in dead.values())
    counts = ((int(lost.sum()), len(lost), "neurons'"), (int(cut.sum()), len(cut), "input lines'"))
    return program, [
        f"{count:,} of {among:,} {whose} packets are lost at {links:,} dead links"
        for count, among, whose in counts
        if count
    ]


def _takes_dead_link(source: NDArray[np.int32], target: NDArray[np.int32], dead: _Links) -> NDArray[np.bool_]:
    """Return for routes (n, 2) → (n, 2), first along x, then along y, whether they take a dead link."""
    (x0, y0), (x1, y1) = source.T, target.T
    along_x = {"east": (y0, x0, x1), "west": (y0, x1 + 1, x0 + 1)}
    along_y = {"north": (x1, y0, y1), "south": (x1, y1 + 1, y0 + 1)}
    result = np.zeros(len(source), np.bool_)
    for side, (lane, first, end) in (along_x | along_y).items():
        lanes = dead[side] if side in along_x else dead[side].T
        before = np.zeros((lanes.shape[0], lanes.shape[1] + 1), np.int64)
        before[:, 1:] = lanes.cumsum(axis=1)
        result |= (first < end) & (before[lane, end] > before[lane, np.minimum(first, end)])
    return result


def with_faulty_neurons(
    program: Program, cores: NDArray[np.int64], dead: NDArray[np.int64], stuck: NDArray[np.int64]
) -> Program:
    """Return a program with dead cores, and with neurons that never fire or fire at every tick.

    Parameters
    ----------
    program
    cores : int array
        Dead cores: their neurons never fire, and they have no synapses.
    dead, stuck : int arrays
        Neurons, core · neurons + neuron.
    """
    added = np.zeros(2, neuron_type_dtype(program.limits.axon_types))
    added["threshold"], added["negative_saturation"], added["leak"] = 1, True, (0, 1)
    neuron_type, initial = program.neuron_type.copy(), program.initial_potential.copy()
    neuron_type.flat[dead] = neuron_type[cores] = len(program.neuron_types)
    neuron_type.flat[stuck] = len(program.neuron_types) + 1
    initial.flat[dead] = initial.flat[stuck] = initial[cores] = 0
    crossbar = program.crossbar.copy()
    crossbar[cores] = len(program.crossbars)
    return replace(
        program,
        crossbars=np.concatenate([program.crossbars, np.zeros_like(program.crossbars[:1])]),
        crossbar=crossbar,
        neuron_types=np.concatenate([program.neuron_types, added]),
        neuron_type=neuron_type,
        initial_potential=initial,
    )
