"""The stages of a scenario as functions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from neurosyn.api.changes import Changes, overrides

if TYPE_CHECKING:
    from neurosyn.api.run import Run
    from neurosyn.chip.program import Program
    from neurosyn.model.model import Model
    from neurosyn.run.stages import Stages

__all__ = ["Compiled", "Trained", "compile", "load_program", "simulate", "train"]


class Trained(NamedTuple):
    """What `train` returns.

    Attributes
    ----------
    model : Model
    summary : dict
        What ``neurosyn train --json`` prints: the model's file, its accuracy on the test frames, how it was trained.
    """

    model: Model
    summary: dict[str, Any]


class Compiled(NamedTuple):
    """What `compile` returns.

    Attributes
    ----------
    program : Program
    summary : dict
        What ``neurosyn compile --json`` prints: the program's file, the network, and the use of the cores.
    """

    program: Program
    summary: dict[str, Any]


def simulate(
    scenario: Path | str,
    *,
    profile: str | None = None,
    set: Changes = (),  # noqa: A002  (as on the command line)
    out: Path | str | None = None,
    force: bool = False,
    jobs: int | None = None,
    progress: bool = False,
) -> Run:
    """Do everything: data, train, compile, place, simulate, trace, report; the same as ``neurosyn simulate``.

    Stages whose inputs have not changed since the last run in the same folder are not repeated.

    Parameters
    ----------
    scenario
        The scenario file.
    profile
        A profile of the scenario, e.g. ``smoke``.
    set
        Values to change, by their keys: ``{"chip.voltage": 0.8}`` or ``{"chip": {"voltage": 0.8}}``.
    out
        The run folder; ``runs/NAME-HASH`` by default.
    force
        Repeat stages that are up to date.
    jobs
        How many ticks may be played in time at once; by default as many as there are processors. It changes nothing
        else.
    progress
        Say on stderr how far it is.

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
    from neurosyn.support.progress import StageProgress

    stages = _stages(scenario, profile, set, out, force=force)
    with StageProgress(stages.STAGES, quiet=not progress) as said:
        stages.simulate(said, jobs)
    return Run(stages.folder.path)


def train(
    scenario: Path | str,
    *,
    profile: str | None = None,
    set: Changes = (),  # noqa: A002
    out: Path | str | None = None,
    packed: Path | str | None = None,
    progress: bool = False,
) -> Trained:
    """Train the scenario's network, also where the scenario names a trained one; the same as ``neurosyn train``.

    A training that was stopped goes on from its last checkpoint.

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
    from neurosyn.support.progress import StageProgress

    stages = _stages(scenario, profile, [*overrides(set), 'train.model=""'], out)
    with StageProgress(2, quiet=not progress) as said:
        summary = stages.train(said, None if packed is None else Path(packed))
    return Trained(load_model(stages.folder.model), summary)


def compile(  # noqa: A001  (as on the command line)
    scenario: Path | str,
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
    from neurosyn.support.progress import StageProgress

    stages = _stages(scenario, profile, set, out)
    with StageProgress(3, quiet=not progress) as said:
        summary = stages.compile(said)
    return Compiled(load_program(stages.folder.program), summary)


def load_program(path: Path | str) -> Program:
    """Read a program of neurosyn (``.npz``), of IBM's tools (CPE JSON) or of RANC (JSON), told apart by content.

    What such a file says of positions and of input spikes is in `neurosyn.formats.open_program.open_program`.

    Raises
    ------
    DataError
        If the file is missing, of another kind, damaged or cut short.
    """
    from neurosyn.formats.open_program import open_program

    return open_program(Path(path)).program


def _stages(
    scenario: Path | str, profile: str | None, changes: Changes, out: Path | str | None, *, force: bool = False
) -> Stages:
    from neurosyn.run.stages import Stages
    from neurosyn.scenario.scenario import load_scenario

    loaded = load_scenario(Path(scenario), profile=profile, overrides=overrides(changes))
    return Stages(loaded, None if out is None else Path(out), force=force)
