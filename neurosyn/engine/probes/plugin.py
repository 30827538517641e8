"""Contract of probe plugins: options, hooks, results and tables."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from neurosyn.chip.program import Program
from neurosyn.engine.probes.probe import Probe
from neurosyn.options import PluginOptions

__all__ = ["Columns", "Disturbance", "ProbePlugin"]

Columns = dict[str, NDArray[Any]]
"""A table: arrays (rows,) by the name of their column."""


class Disturbance(NamedTuple):
    """Program that a probe has changed on purpose.

    Attributes
    ----------
    program : Program
        Simulated instead of the one that was compiled.
    deviations : tuple of str
        The changes, a sentence each; every output of the run shows them.
    """

    program: Program
    deviations: tuple[str, ...]


class ProbePlugin(PluginOptions, Probe):
    """A probe plugin (group ``probes``): its options are its fields, its hooks are those of `Probe`.

    Its state goes into private attributes (their names begin with ``_``), which `started` resets. A probe that
    raises, in whatever method, is switched off with a warning that names it, and the run goes on.
    """

    def disturb(self, program: Program, seed: int) -> Disturbance | None:  # noqa: ARG002
        """Change the program before it is simulated; most probes only observe and do not override this.

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
        """Return values for the summary and the report; called after `finished` if the run ended well.

        Plain JSON values by short names. Numbers and texts are shown to people, nested values only written.
        """
        return {}

    def tables(self) -> dict[str, Columns]:
        """Return tables by name; each becomes ``probes/PROBE/NAME.parquet`` in the run folder."""
        return {}
