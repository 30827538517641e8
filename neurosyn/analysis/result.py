"""Result of an analysis: headline numbers, tables and notes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Analysis"]


@dataclass(frozen=True, eq=False)
class Analysis:
    """The result of an analysis.

    Units are in the names of numbers and columns: ``_ps``, ``_pj``, ``_mw``, ``_hz``; a ``_share`` is between 0 and 1.

    Attributes
    ----------
    name : str
        Name of the analysis, e.g. ``latency``.
    run : str
        The folder of the run.
    title : str
        Title of the run.
    headline : dict
        The most important numbers.
    tables : dict of data frames
        Tables by name; the first is the main one.
    notes : tuple of str
        Conditions on which the numbers rest, a sentence each.
    draw : function
        Function that draws an analysis of this kind into a figure.
    size : (float, float)
        Width and height of the drawing, in inches.
    """

    name: str
    run: str
    title: str
    headline: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    draw: Callable[[Analysis, Figure], None] = field(kw_only=True, repr=False)
    size: tuple[float, float] = field(default=(12.0, 5.0), kw_only=True, repr=False)

    def table(self, name: str | None = None) -> pd.DataFrame:
        """Return a table, by default the main one.

        Raises
        ------
        DataError
            If there is none of that name.
        """
        if not self.tables:
            raise DataError(f"{self.run}: {self.name} has no tables here")
        if name is None:
            return next(iter(self.tables.values()))
        if name not in self.tables:
            raise DataError(
                f"{self.name}: there is no table '{name}'{did_you_mean(name, self.tables)} "
                f"(there are: {', '.join(self.tables)})"
            )
        return self.tables[name]

    def plot(self) -> Figure:
        """Return the drawn figure, which notebooks show."""
        from neurosyn.analysis.plotting import new_figure

        return new_figure(partial(self.draw, self), title=self.heading, size=self.size)

    def save_plot(self, path: Path) -> None:
        """Draw the analysis to a .png, .svg or .pdf file."""
        from neurosyn.analysis.plotting import save_figure

        save_figure(path, partial(self.draw, self), title=self.heading, size=self.size)

    @property
    def heading(self) -> str:
        """Title of the drawing."""
        return f"{self.name}: {self.title}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; tables are lists of records, missing numbers are null."""
        return {
            "analysis": self.name,
            "run": self.run,
            "title": self.title,
            "headline": _plain(self.headline),
            "notes": list(self.notes),
            "tables": {
                name: json.loads(table.to_json(orient="records", double_precision=15))
                for name, table in self.tables.items()
            },
        }

    def __repr__(self) -> str:
        tables = ", ".join(f"{name} ({len(table):,} rows)" for name, table in self.tables.items())
        return f"Analysis {self.name} of {self.title}: {', '.join(self.headline)}; tables: {tables or 'none'}"

    def _repr_html_(self) -> str:
        """Show headline and main table in a notebook."""
        import html

        import pandas as pd

        facts = pd.Series(self.headline, dtype=object).to_frame("value").to_html(header=False)
        main = self.table().head(20).to_html(index=False) if self.tables else ""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<h4>{html.escape(self.name)}: {html.escape(self.title)}</h4>{facts}{main}{notes}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
