"""Panels of the report page on the probes of the scenario: their numbers, tables and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.errors import DataError
from neurosyn.report import figures
from neurosyn.support.formatting import counted, number

__all__ = ["ProbePanel", "ProbeTable", "probe_panels"]

_HEAD = 8
"""Rows of a table that are shown."""
_COLUMNS = 10
"""Columns of a table that are shown."""
_NUMBERS = 24
"""Numbers of a probe that are shown."""
_LINES = 8
"""Most columns that are drawn as lines."""
_MOST_DRAWN = 5_000_000
"""Most rows that are drawn."""


@dataclass(frozen=True)
class ProbeTable:
    """A table of a probe: its file, its size, its first rows as text, and a figure where one fits its columns."""

    name: str
    file: str
    rows: int
    columns: list[str]
    head: list[list[str]]
    figure: str


@dataclass(frozen=True)
class ProbePanel:
    """A probe: its numbers, nested ones by dotted names, and its tables."""

    name: str
    kind: str
    error: str
    numbers: list[tuple[str, str]]
    tables: list[ProbeTable]


def probe_panels(run: FinishedRun) -> list[ProbePanel]:
    """Return a panel for each probe of a run.

    Raises
    ------
    DataError
        If a table of a probe is damaged; one that is no longer there is left out.
    """
    panels = []
    for probe in run.summary.get("probes") or []:
        numbers = list(_numbers(probe.get("results") or {}))
        shown = numbers[:_NUMBERS]
        if len(numbers) > len(shown):
            shown.append((f"{len(numbers) - len(shown):,} more", "in results.json"))
        paths = [run.path / "probes" / file for file in probe.get("files") or [] if str(file).endswith(".parquet")]
        tables = [_table(path, f"probes/{path.parent.name}/{path.name}") for path in paths if path.is_file()]
        panels.append(ProbePanel(str(probe["name"]), str(probe["kind"]), str(probe.get("error") or ""), shown, tables))
    return panels


def _numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield numbers and texts by name, those of nested tables by ``outer: inner``."""
    for key, value in values.items():
        name = f"{prefix}{str(key).replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{name}: ")
        elif isinstance(value, (bool, str)):
            yield name, str(value)
        elif isinstance(value, (int, float)):
            yield name, _cell(value)


def _table(path: Path, file: str) -> ProbeTable:
    try:
        with pq.ParquetFile(path) as parquet:
            names = list(parquet.schema_arrow.names)
            rows = parquet.metadata.num_rows
            head = next(parquet.iter_batches(_HEAD, columns=names[:_COLUMNS]), None)
            figure = _figure(parquet, path.stem) if 0 < rows <= _MOST_DRAWN else ""
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); simulate again") from error
    columns = names[:_COLUMNS] + (["…"] if len(names) > _COLUMNS else [])
    shown = [] if head is None else [[_cell(value) for value in row.values()] for row in head.to_pylist()]
    if len(names) > _COLUMNS:
        shown = [[*row, ""] for row in shown]
    return ProbeTable(path.stem, file, rows, columns, shown, figure)


def _figure(parquet: pq.ParquetFile, title: str) -> str:
    """Draw columns over the ticks, or the rows of each tick by their core; empty where there are no ticks."""
    numeric = [
        field.name
        for field in parquet.schema_arrow
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    ]
    if "tick" not in numeric:
        return ""
    ticks = parquet.read(["tick"])["tick"].to_numpy()
    if len(np.unique(ticks)) == len(ticks):
        drawn = [name for name in numeric if name != "tick"][:_LINES]
        if len(ticks) < 2 or not drawn:
            return ""
        values = parquet.read(drawn)
        label = f"{title}: {', '.join(drawn)} over {counted(len(ticks), 'tick')}"
        return figures.tick_lines(ticks, {name: values[name].to_numpy() for name in drawn}, label)
    if "core" not in numeric:
        return ""
    cores = parquet.read(["core"])["core"].to_numpy()
    label = f"{title}: {counted(len(ticks), 'row')} by tick and core"
    return figures.tick_raster(ticks, cores, label)


def _cell(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return number(value) if isinstance(value, float) else str(value)
