"""Conformance check of placers."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosyn.chip.mesh import Board, Mesh
from neurosyn.chip.program import Program
from neurosyn.errors import ChipLimitError
from neurosyn.placement.place import place_program
from neurosyn.placement.placer import Placer
from neurosyn.testing.conformance.problems import Problems, freeze_arrays
from neurosyn.testing.made_up_runs import random_run

__all__ = ["check_placer"]

BOARDS = (Board(Mesh(1, 1, 4)), Board(Mesh(2, 2, 4), output_side="west"), Board(Mesh(1, 3, 4), "south", "north"))
"""Boards of the check, with 4 × 4 cores per chip."""
_LAYERS = {"of one core": (1,), "of 9 cores": (4, 3, 2), "that fills a chip": (6, 6, 4)}


def check_placer(plugin: type[Placer] | Placer, options: dict[str, Any] | None = None) -> None:
    """Check a placer: positions on several boards, equal in repeated calls, and a board that is too small.

    Parameters
    ----------
    plugin
        The class, or an instance with options.
    options
        Options for the class; ignored for an instance.

    Raises
    ------
    ConformanceError
        If the plugin breaks its contract; lists every problem.
    """
    problems = Problems("placers", plugin)
    placer = problems.instance(plugin, Placer, options)  # type: ignore[type-abstract]
    if placer is not None:
        with problems.watching(placer):
            for board in BOARDS:
                for what, layers in _LAYERS.items():
                    _check_board(problems, placer, _program(layers), board, what)
            _check_room(problems, placer)
    problems.raise_if_any()


def _program(layers: tuple[int, ...]) -> Program:
    program = random_run(layers=layers, mesh=Mesh(1, 2, 8), ticks=0, timed=0)[0].program
    freeze_arrays(program)
    return program


def _check_board(problems: Problems, placer: Placer, program: Program, board: Board, what: str) -> None:
    where = f"place() of a program {what} on {board.mesh.chips} chips"
    calls: list[tuple[int, int]] = []
    with problems.blaming(where):
        placements = [
            place_program(program, board, placer, seed, lambda done, all_, _unit: calls.append((done, all_)))
            for seed in (1, 1)
        ]
        if not np.array_equal(placements[0].xy, placements[1].xy):
            problems.add(where, "gives other positions for the same seed; draw from the seed alone")
        if any(not 0 <= done <= all_ for done, all_ in calls):
            problems.add(where, "reports more progress than the total; call progress(done, all, unit)")


def _check_room(problems: Problems, placer: Placer) -> None:
    where = "place() on a board that is too small"
    program, board = _program((6, 6, 5)), Board(Mesh(1, 1, 4))
    try:
        placer.place(program, board, 1, lambda *_: None)
    except ChipLimitError:
        return
    except Exception as error:
        problems.add(where, f"raises {type(error).__name__}: {error}; raise ChipLimitError (`require_room` does)")
    else:
        problems.add(where, "returns; raise ChipLimitError (`require_room` does)")
