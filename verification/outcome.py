"""CheckOutcome of a check: rows of the table, and plots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CheckOutcome", "Row", "is_within"]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name, what : str
        Name of the check, and the quantity compared.
    expected, measured, tolerance : str
        Values as text, with units.
    passed : bool or None
        None if the comparison was skipped; `measured` then gives the reason.
    """

    name: str
    what: str
    expected: str
    measured: str
    tolerance: str
    passed: bool | None

    def __post_init__(self) -> None:
        # A NumPy bool is not JSON.
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))


@dataclass
class CheckOutcome:
    """CheckOutcome of a check.

    Attributes
    ----------
    name : str
        Name of the check.
    rows : list of Row
    figures : dict
        Plots by name, without suffix.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    def expect(self, what: str, expected: str, measured: str, tolerance: str, passed: bool | None) -> None:
        """Add a row; the parameters are the attributes of `Row`."""
        self.rows.append(Row(self.name, what, expected, measured, tolerance, passed))

    @property
    def failed(self) -> list[Row]:
        """Rows that did not pass."""
        return [row for row in self.rows if row.passed is False]


def is_within(measured: float, expected: float, tolerance: float) -> bool:
    """Return whether `measured` deviates from `expected` by at most the relative `tolerance`."""
    return abs(measured / expected - 1) <= tolerance
