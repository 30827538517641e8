"""Probes of a scenario: attached to the simulation, their results written to the run folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from neurosyn.analysis.run_summary import ProbeOutcome, ProbeOutcomes
from neurosyn.chip.defects import DefectOptions, apply_defects
from neurosyn.chip.mesh import Board
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.engine.probes.checks import checked_tables, disturb_program, plain_results
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.plugin import Columns, ProbePlugin
from neurosyn.engine.probes.probe import Probe
from neurosyn.scenario.scenario import Scenario
from neurosyn.support.files import atomic_path, write_json

__all__ = ["ScenarioProbes"]


class ScenarioProbes:
    """The probes of a simulation.

    Parameters
    ----------
    scenario
        Its ``[[probes]]``.
    others
        Probes that no scenario names, such as the recorder of the trace.

    Attributes
    ----------
    watch : ProbeDispatcher
        All of the probes, as the simulation takes them.
    deviations : list of str
        Differences of the simulated program from the compiled one, a sentence each.
    """

    def __init__(self, scenario: Scenario, others: Sequence[Probe] = ()) -> None:
        # A scenario may be run again, so the probes that gather results are copies.
        named = scenario.named("probes", ProbePlugin)
        self._scenario = scenario
        self._named = {name: probe.model_copy() for name, probe in named.items()}
        names = [*self._named, *(type(probe).__name__ for probe in others)]
        self.watch = ProbeDispatcher([*self._named.values(), *others], names)
        self.deviations: list[str] = []

    def disturb(self, program: Program, placement: Placement, board: Board) -> Program:
        """Return the program with the board's defects, and then the changes of each probe that changes it."""
        defects = self._scenario.options("defects", DefectOptions)
        program, differences = apply_defects(program, placement, board, defects)
        self.deviations += [f"defects: {sentence}" for sentence in differences]
        for name, probe in self._named.items():
            if type(probe).disturb is ProbePlugin.disturb:
                continue
            seed = self._scenario.seed_of(f"probes.{name}")
            disturbed = self.watch.attempt(probe, "disturb", partial(disturb_program, probe, program, seed))
            if disturbed is not None:
                program = disturbed.program
                self.deviations += [f"{name}: {sentence}" for sentence in disturbed.deviations]
        return program

    def write(self, folder: Path) -> ProbeOutcomes:
        """Write the probes' results and return their part of the summary.

        Each probe has a folder of its own with ``results.json`` and its tables.
        """
        shutil.rmtree(folder, ignore_errors=True)
        outcomes: ProbeOutcomes = {}
        if self._named:
            outcomes["probes"] = [self._write_one(folder, name, probe) for name, probe in self._named.items()]
        if self.deviations:
            outcomes["deviations"] = self.deviations
        return outcomes

    def _write_one(self, folder: Path, name: str, probe: ProbePlugin) -> ProbeOutcome:
        results = self.watch.attempt(probe, "results", partial(plain_results, probe))
        tables = self.watch.attempt(probe, "tables", partial(checked_tables, probe))
        files = []
        if results:
            write_json(folder / name / "results.json", results)
            files.append(f"{name}/results.json")
        for table, columns in (tables or {}).items():
            _write_table(folder / name / f"{table}.parquet", columns)
            files.append(f"{name}/{table}.parquet")
        kind = next(table["kind"] for table in self._scenario.resolved["probes"] if table["name"] == name)
        return {
            "name": name,
            "kind": kind,
            "results": results or {},
            "files": files,
            "error": self.watch.why_off(probe),
        }


def _write_table(path: Path, columns: Columns) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with atomic_path(path) as temporary:
        pq.write_table(
            pa.table({name: np.asarray(column) for name, column in columns.items()}), temporary, compression="zstd"
        )
