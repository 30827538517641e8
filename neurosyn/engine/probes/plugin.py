"""The contract of probes that a scenario can name: options, hooks, and what they found out."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.engine.probes.probe import Probe
from neurosyn.options import Options

__all__ = ["Columns", "Disturbance", "ProbePlugin"]

Columns = dict[str, NDArray[Any]]
"""A table: arrays (rows,) by the name of their column."""


class Disturbance(NamedTuple):
    """A program that a probe has changed on purpose.

    Attributes
    ----------
    program : Program
        What is simulated in place of the one that was compiled.
    deviations : tuple of str
        What was changed, a sentence each; every output of the run shows them.
    """

    program: Program
    deviations: tuple[str, ...]


class ProbePlugin(Options, Probe):
    """A probe plugin (group ``probes``): its options are its fields, its hooks are those of `Probe`.

    What it gathers goes into private attributes (their names begin with ``_``), which `started` sets anew. A probe that
    raises, in whatever method, is switched off with a warning that names it, and the run goes on.
    """

    def disturb(self, program: Program, seed: int) -> Disturbance | None:  # noqa: ARG002
        """Change what is simulated, before anything is; most probes only look and do not override this.

        Parameters
        ----------
        program
            As compiled, or as the probe before has left it. Its arrays are not to be written to:
            `dataclasses.replace` makes another one.
        seed
            The same program and seed give the same disturbance.

        Returns
        -------
        Disturbance or None
            None where nothing is changed.
        """
        return None

    def results(self) -> dict[str, Any]:
        """Return what the summary and the report show; called after `finished` if the run ended well.

        Plain JSON values by short names. Numbers and texts are shown to people, nested values only written.
        """
        return {}

    def tables(self) -> dict[str, Columns]:
        """Return tables by name; each becomes ``probes/PROBE/NAME.parquet`` in the run folder."""
        return {}
