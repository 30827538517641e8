"""Neuron types in IBM's model files: the parameters of Cassidy et al. 2013 under the paper's names.

The lists of a core give each neuron's type as a number k; the library of types names it ``N%08X``. Type 0 is an unused
neuron if the library has no ``N00000000``.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.crossbar import AXON_TYPES
from neurosyn.chip.neuron import POTENTIAL_MAX, POTENTIAL_MIN
from neurosyn.chip.program import NEURON_TYPE
from neurosyn.formats.value_checks import UnfitError, flag, integer, member, table, text

__all__ = ["NEURON_CLASS", "UNUSED", "NeuronTypes", "reset_exponents"]

NEURON_CLASS = "NeuronGeneral"
"""The only class of neurons in IBM's files: the neuron of Cassidy et al. 2013."""
UNUSED = 0
"""Type of unused neurons. [IBM]"""

_THRESHOLD_MAX = 2**18 - 1
_RESET_EXPONENT_MAX = 19
"""R = ±(2^VR − 1) in 20 bits."""
_NUMBERED = re.compile(r"N([0-9A-Fa-f]{8})", re.ASCII)
_FIRST_NAMED = 1 << 32
"""First code of types with names other than IBM's ``N%08X``."""


class NeuronTypes:
    """Library of the neuron types of a file.

    A type is identified by a *code*: the number k, or a number from 2³² on for names of other tools.
    """

    def __init__(self) -> None:
        self._rows: list[Any] = []
        self._potentials: list[int] = []
        self._row_of: dict[int, int] = {}
        self._named: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def code(self, name: Any) -> int:
        """Return the code of a type's name."""
        match = _NUMBERED.fullmatch(text(name, "a neuron type"))
        return int(match[1], 16) if match else self._named.setdefault(name, _FIRST_NAMED + len(self._named))

    def add(self, value: Any) -> None:
        """Add a decoded type.

        Raises
        ------
        UnfitError
            If a parameter is missing or out of range.
        """
        members = table(value, "a neuron type")
        name = text(member(members, "name", "a neuron type"), "the name of a neuron type")[:40]
        code = self.code(name)
        if code in self._row_of:
            raise UnfitError(f"neuron type {name} occurs twice")
        try:
            row, potential = _parsed(members)
        except UnfitError as error:
            raise UnfitError(f"neuron type {name}: {error}") from None
        self._row_of[code] = len(self._rows)
        self._rows.append(row)
        self._potentials.append(potential)

    def rows_of(self, codes: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the rows of the table of types for codes (N,), int32 (N,).

        Raises
        ------
        UnfitError
            If there is no type with a code.
        """
        different, inverse = np.unique(codes, return_inverse=True)
        rows = np.empty(len(different), np.int32)
        for i, code in enumerate(different.tolist()):
            row = self._row_of.get(code)
            if row is None and code == UNUSED:
                row = self._row_of[UNUSED] = len(self._rows)
                self._rows.append(_unused())
                self._potentials.append(0)
            if row is None:
                raise UnfitError(f"there is no neuron type {self._name(code)}")
            rows[i] = row
        return rows[inverse]

    def tables(self) -> tuple[NDArray[np.void], NDArray[np.int32]]:
        """Return the `NEURON_TYPE` rows (T,) and the initial potentials (T,)."""
        return np.array(self._rows, NEURON_TYPE), np.array(self._potentials, np.int32)

    def _name(self, code: int) -> str:
        if code < _FIRST_NAMED:
            return f"{code} (N{code:08X})"
        return f"'{list(self._named)[code - _FIRST_NAMED][:40]}'"


def reset_exponents(reset: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return VR of reset potentials ±(2^VR − 1), and −1 for others."""
    exponents = np.full(reset.shape, -1, np.int64)
    for exponent in range(_RESET_EXPONENT_MAX + 1):
        exponents[np.abs(reset) == 2**exponent - 1] = exponent
    return exponents


def _unused() -> tuple[Any, ...]:
    """Return the parameters of a neuron that never fires: V stays at 0, below the threshold."""
    zeros = (0,) * AXON_TYPES
    return zeros, zeros, 0, False, False, _THRESHOLD_MAX, 0, 0, 0, False, 0


def _parsed(members: dict[str, Any]) -> tuple[tuple[Any, ...], int]:
    neuron_class = members.get("class", NEURON_CLASS)
    if neuron_class != NEURON_CLASS:
        raise UnfitError(f"class is {str(neuron_class)[:40]!r}; only '{NEURON_CLASS}' is known")

    def number(key: str, low: int, high: int) -> int:
        return integer(member(members, key, "it"), key, low, high)

    def yes(key: str) -> bool:
        return flag(member(members, key, "it"), key)

    def sign(key: str) -> int:
        value = number(key, -1, 1)
        if value == 0:
            raise UnfitError(f"{key} is 0; it must be 1 or -1")
        return value

    row = (
        tuple(sign(f"sigma{kind}") * number(f"s{kind}", 0, 255) for kind in range(AXON_TYPES)),
        tuple(yes(f"b{kind}") for kind in range(AXON_TYPES)),
        sign("sigma_lambda") * number("lambda", 0, 255),
        yes("c_lambda"),
        yes("epsilon"),
        number("alpha", 0, _THRESHOLD_MAX),
        number("beta", 0, _THRESHOLD_MAX),
        number("TM", 0, 18),
        number("gamma", 0, 2),
        yes("kappa"),
        sign("sigma_VR") * (2 ** number("VR", 0, _RESET_EXPONENT_MAX) - 1),
    )
    return row, number("V", POTENTIAL_MIN, POTENTIAL_MAX)
