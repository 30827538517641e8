"""The stages of a scenario as functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from neurosyn.scenario.changes import Changes, changes_by_key

if TYPE_CHECKING:
    from neurosyn.api.run import Run
    from neurosyn.chip.program import Program
    from neurosyn.model.model import Model
    from neurosyn.run.stages import Goal, Stages

__all__ = ["Compiled", "Trained", "compile", "load_program", "simulate", "train"]


class Trained(NamedTuple):
    """Result of `train`.

    Attributes
    ----------
    model : Model
    summary : dict
        The document of ``neurosyn train --json``: the model's file, its accuracy on the test frames, its training.
    """

    model: Model
    summary: dict[str, Any]

    def __repr__(self) -> str:
        return f"Trained({self.model!r}; summary: {', '.join(self.summary)})"


class Compiled(NamedTuple):
    """Result of `compile`.

    Attributes
    ----------
    program : Program
    summary : dict
        The document of ``neurosyn compile --json``: the program's file, the network, and the use of the cores.
    """

    program: Program
    summary: dict[str, Any]

    def __repr__(self) -> str:
        return f"Compiled({self.program!r}; summary: {', '.join(self.summary)})"


def simulate(
    scenario: Path | str | Mapping[str, Any],
    *,
    profile: str | None = None,
    set: Changes = (),  # noqa: A002  (as on the command line)
    out: Path | str | None = None,
    force: bool = False,
    jobs: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    progress: bool = False,
) -> Run:
    """Run every stage: data, train, compile, place, simulate, trace, report; the same as ``neurosyn simulate``.

    Stages whose inputs have not changed since the last run in the same folder are not repeated.

    Parameters
    ----------
    scenario
        The scenario file, or the scenario's tables: ``{"data": {"kind": "svhn"}, "network": {"kind": "eedn_tiny"}}``.
    profile
        A profile of the scenario, e.g. ``smoke``.
    set
        Values to change, by their keys: ``{"chip.voltage": 0.8}`` or ``{"chip": {"voltage": 0.8}}``.
    out
        The run folder; ``runs/NAME-HASH`` by default.
    force
        Repeat stages that are up to date.
    jobs
        Number of ticks timed in parallel; by default one per processor. Results do not depend on it.
    workers
        Number of processes of this machine that share the frames; by default this process does all. Same results.
    cluster
        A Dask cluster that does: ``local:N``, the address of a scheduler or the path of a scheduler file.
    progress
        Show progress on stderr.

    Returns
    -------
    Run

    Raises
    ------
    ScenarioError
        If the scenario or a changed value is wrong: every mistake, one a line.
    NeurosynError
        If a stage fails (`neurosyn.errors` has the kinds).

    Examples
    --------
    >>> import neurosyn as ns
    >>> run = ns.simulate("scenarios/svhn.toml", profile="smoke")  # doctest: +SKIP
    >>> run.accuracy, run.summary["frames_per_second"]  # doctest: +SKIP
    """
    from neurosyn.api.run import Run
    from neurosyn.parallel.frames import part_runner
    from neurosyn.parallel.running import Workers

    stages = _open("simulate", scenario, profile, set, out, force=force)
    processes = Workers.of(workers, cluster)
    with stages.progress(quiet=not progress) as display:
        stages.simulate(display, jobs, None if processes is None else part_runner(processes))
    return Run(stages.folder.path)


def train(
    scenario: Path | str | Mapping[str, Any],
    *,
    profile: str | None = None,
    set: Changes = (),  # noqa: A002
    out: Path | str | None = None,
    packed: Path | str | None = None,
    progress: bool = False,
) -> Trained:
    """Train the scenario's network, even if the scenario names a trained one; the same as ``neurosyn train``.

    An interrupted training is resumed from its last checkpoint.

    Parameters
    ----------
    scenario, profile, set, out, progress
        As of `simulate`.
    packed
        A file for the model as it goes on the chip: trinary weights, integer leaks.

    Returns
    -------
    Trained
        ``model, summary``.

    Raises
    ------
    ScenarioError, NeurosynError
        As `simulate`.
    """
    from neurosyn.model.model_file import load_model

    stages = _open("train", scenario, profile, set, out)
    with stages.progress(quiet=not progress) as display:
        summary = stages.train(display, None if packed is None else Path(packed))
    return Trained(load_model(stages.folder.model), summary)


def compile(  # noqa: A001  (as on the command line)
    scenario: Path | str | Mapping[str, Any],
    *,
    profile: str | None = None,
    set: Changes = (),  # noqa: A002
    out: Path | str | None = None,
    progress: bool = False,
) -> Compiled:
    """Compile the scenario's trained network into a chip program; the same as ``neurosyn compile``.

    Parameters
    ----------
    scenario, profile, set, out, progress
        As of `simulate`.

    Returns
    -------
    Compiled
        ``program, summary``.

    Raises
    ------
    ChipLimitError
        If the network does not fit the chip.
    ScenarioError, NeurosynError
        As `simulate`.
    """
    stages = _open("compile", scenario, profile, set, out)
    with stages.progress(quiet=not progress) as display:
        summary = stages.compile(display)
    return Compiled(load_program(stages.folder.program), summary)


def load_program(path: Path | str) -> Program:
    """Read a program of neurosyn (``.npz``), of IBM's tools (CPE JSON) or of RANC (JSON); the content decides which.

    `neurosyn.formats.open_program.open_program` returns the file's positions and input spikes, too.

    Raises
    ------
    DataError
        If the file is missing, of another kind, damaged or cut short.
    """
    from neurosyn.formats.open_program import open_program

    return open_program(Path(path)).program


def _open(
    goal: Goal,
    scenario: Path | str | Mapping[str, Any],
    profile: str | None,
    changes: Changes,
    out: Path | str | None,
    *,
    force: bool = False,
) -> Stages:
    from neurosyn.run.stages import Stages

    return Stages.open(
        goal,
        Path(scenario) if isinstance(scenario, str) else scenario,
        profile=profile,
        changes=changes_by_key(changes),
        out=None if out is None else Path(out),
        force=force,
    )
