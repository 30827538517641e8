"""What a check hands back: rows of the table, and plots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Outcome", "Row"]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name, what : str
        The check, and what of the chip it looks at.
    expected, measured, tolerance : str
        In words and numbers, with units.
    passed : bool or None
        None where it could not be checked; `measured` then says why.
    """

    name: str
    what: str
    expected: str
    measured: str
    tolerance: str
    passed: bool | None

    def __post_init__(self) -> None:
        # NumPy's False is not Python's.
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))


@dataclass
class Outcome:
    """The outcome of a check.

    Attributes
    ----------
    rows : list of Row
    figures : dict
        Plots by name, without suffix.
    """

    rows: list[Row] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def failed(self) -> list[Row]:
        """The rows that did not pass."""
        return [row for row in self.rows if row.passed is False]
