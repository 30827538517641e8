"""The probes that a scenario names, in its run: set to work, and what they found out written to the run folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.chip.program import Program
from neurosyn.engine.probes.checks import checked_tables, disturb_program, plain_results
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.plugin import Columns, ProbePlugin
from neurosyn.engine.probes.probe import Probe
from neurosyn.scenario.scenario import Scenario
from neurosyn.support.files import atomic_path, write_json

__all__ = ["RunProbes"]


class RunProbes:
    """The probes of one simulation.

    Parameters
    ----------
    scenario
        Its ``[[probes]]``.
    others
        ProbeDispatcher that no scenario names, such as the recorder of the trace.
    """

    def __init__(self, scenario: Scenario, others: Sequence[Probe] = ()) -> None:
        # A scenario may be run again: what a probe gathers is this run's.
        named = scenario.named("probes", ProbePlugin)
        self._scenario = scenario
        self._named = {name: probe.model_copy() for name, probe in named.items()}
        names = [*self._named, *(type(probe).__name__ for probe in others)]
        self.watch = ProbeDispatcher([*self._named.values(), *others], names)
        """What a simulation is given as its probes."""
        self.deviations: list[str] = []
        """What the simulated program differs in from the compiled one, a sentence each."""

    def disturb(self, program: Program) -> Program:
        """Let the probes that want to change the program, one after the other, and return what is simulated."""
        for name, probe in self._named.items():
            if type(probe).disturb is ProbePlugin.disturb:
                continue
            seed = self._scenario.seed_of(f"probes.{name}")
            found = self.watch.ask(probe, "disturb", partial(disturb_program, probe, program, seed))
            if found is not None:
                program = found.program
                self.deviations += [f"{name}: {sentence}" for sentence in found.deviations]
        return program

    def write(self, folder: Path) -> dict[str, Any]:
        """Write what the probes found out, and return what the summary says of it; nothing if there are none.

        Each probe has a folder of its own with ``results.json`` and its tables.
        """
        shutil.rmtree(folder, ignore_errors=True)
        if not self._named:
            return {}
        found = [self._write_one(folder, name, probe) for name, probe in self._named.items()]
        return {"probes": found} | ({"deviations": self.deviations} if self.deviations else {})

    def _write_one(self, folder: Path, name: str, probe: ProbePlugin) -> dict[str, Any]:
        results = self.watch.ask(probe, "results", partial(plain_results, probe))
        tables = self.watch.ask(probe, "tables", partial(checked_tables, probe))
        files = []
        if results:
            write_json(folder / name / "results.json", results)
            files.append(f"{name}/results.json")
        for table, columns in (tables or {}).items():
            _write_table(folder / name / f"{table}.parquet", columns)
            files.append(f"{name}/{table}.parquet")
        kind = next(one["kind"] for one in self._scenario.resolved["probes"] if one["name"] == name)
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
