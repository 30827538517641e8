"""State of a simulation between two ticks: named arrays, from which it can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosyn.errors import DataError

__all__ = [
    "Checkpoint",
    "Resumable",
    "State",
    "fill",
    "gather",
    "gather_all",
    "never_due",
    "number",
    "part_of",
    "restore_all",
    "stored",
]

State = dict[str, NDArray[Any]]
"""Arrays by name; numbers and texts are arrays without dimensions. No array is a Python object's."""


class Resumable(Protocol):
    """Part of a simulation that keeps something from tick to tick."""

    def state(self) -> State:
        """Return all that later ticks and the results depend on."""

    def restore(self, state: State) -> None:
        """Go to a state that `state` returned in an equal simulation."""


class Checkpoint(Protocol):
    """Storage of the state of an unfinished simulation."""

    def load(self) -> State | None:
        """Return the state to resume from; None to begin at the first tick."""

    def is_due(self) -> bool:
        """Whether the state should be saved at the next opportunity."""

    def save(self, state: State | None) -> None:
        """Replace the stored state; with None, which stands for one that cannot be stored, keep the older one."""


def never_due() -> bool:
    """Return False: `Checkpoint.is_due` of a simulation without checkpoints."""
    return False


def gather(**parts: State) -> State:
    """Return the states of several parts as one; each name gets its part's name in front."""
    return {f"{name}.{key}": array for name, state in parts.items() for key, array in state.items()}


def gather_all(members: Mapping[str, Resumable], probes: State | None) -> State | None:
    """Return the states of the members of a simulation and of its probes; None if a probe cannot be resumed."""
    if probes is None:
        return None
    return gather(probes=probes, **{name: member.state() for name, member in members.items()})


def restore_all(members: Mapping[str, Resumable], state: State) -> None:
    """Restore the members of a simulation from a state of `gather_all`."""
    for name, member in members.items():
        member.restore(part_of(state, name))


def part_of(state: State, name: str) -> State:
    """Return the state of one part of `gather`."""
    return {key.removeprefix(f"{name}."): array for key, array in state.items() if key.startswith(f"{name}.")}


def stored(state: State, name: str) -> NDArray[Any]:
    """Return an array of a state.

    Raises
    ------
    DataError
        If there is none of this name.
    """
    if name not in state:
        raise DataError(f"checkpoint: has no '{name}'; delete it to begin at the first tick")
    return state[name]


def fill(array: NDArray[Any], state: State, name: str) -> None:
    """Copy an array of a state into one of the same type and shape.

    Raises
    ------
    DataError
        If there is none of this name, or its type or shape differs.
    """
    source = stored(state, name)
    if source.dtype != array.dtype or source.shape != array.shape:
        raise DataError(
            f"checkpoint: '{name}' is {source.dtype} {source.shape}, not {array.dtype} {array.shape}; "
            "delete it to begin at the first tick"
        )
    array[...] = source


def number(state: State, name: str) -> int:
    """Return a whole number of a state.

    Raises
    ------
    DataError
        If there is none of this name.
    """
    value = np.zeros((), np.int64)
    fill(value, state, name)
    return int(value)
