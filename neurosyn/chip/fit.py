"""Fit of a program to a chip: its cores, the ranges of its values, and the limits that a simulation applies."""

from __future__ import annotations

import dataclasses

import numpy as np

from neurosyn.chip.description import ChipDescription
from neurosyn.chip.program import NEURON_TYPE, Program, neuron_type_dtype
from neurosyn.errors import ChipLimitError, DataError

__all__ = ["fit_program", "require_core"]


def require_core(program: Program, chip: ChipDescription) -> None:
    """Refuse a program whose cores are larger than those of a chip.

    Raises
    ------
    ChipLimitError
        With the values and what to set.
    """
    for name in ("axons", "neurons"):
        needed, there = getattr(program, name), getattr(chip.core, name)
        if needed > there:
            raise ChipLimitError(
                f"program: has cores of {needed} {name}, a core of {chip.title} has {there}; choose another chip, or "
                f"change this one, which scales its energies: chip.description.core.{name}={needed}"
            )


def fit_program(program: Program, chip: ChipDescription) -> Program:
    """Return a program with the limits of a chip.

    Raises
    ------
    ChipLimitError
        If a core or a value of the program is beyond the chip's.
    """
    require_core(program, chip)
    limits = chip.limits
    if program.limits == limits:
        return program
    types = program.neuron_types
    if types["weights"][:, limits.axon_types :].any() and int(program.axon_types.max()) >= limits.axon_types:
        raise ChipLimitError(
            f"program: uses {int(program.axon_types.max()) + 1} axon types, {chip.title} has {limits.axon_types}; "
            "choose another chip"
        )
    fitted = np.zeros(len(types), neuron_type_dtype(limits.axon_types))
    for name in NEURON_TYPE.names or ():
        if name in ("weights", "stochastic_weights"):
            kinds = min(fitted[name].shape[1], types[name].shape[1])
            fitted[name][:, :kinds] = types[name][:, :kinds]
        else:
            fitted[name] = types[name]
    try:
        return dataclasses.replace(program, neuron_types=fitted, limits=limits)
    except DataError as error:
        raise ChipLimitError(f"{error} on {chip.title}; choose another chip or change the program") from error
