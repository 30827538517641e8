"""A chip to step: inject spikes, play ticks, read potentials, spikes and packets."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosyn.api.run import Run
from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.fit import fit_program
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import Program
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.chip_function import Outcome
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.probe import PacketColumns, Probe, TickColumns
from neurosyn.engine.results import TicksResult, TimingResult
from neurosyn.engine.stepping import TickSimulation
from neurosyn.errors import DataError
from neurosyn.formats.open_program import open_program, place_in_rows
from neurosyn.run.summary import summarise_events
from neurosyn.scenario.scenario import load_options
from neurosyn.trace.schema import TABLES
from neurosyn.trace.tallies import tick_row

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Simulator"]

_SPIKES = ("tick", "core", "neuron", "dest_core", "dest_axon")


class Simulator:
    """A program on a board, played tick by tick.

    The outcome is that of one run of ``neurosyn run``, however many ticks each `step` plays.

    Parameters
    ----------
    program
        A program, a program's file, or a run of `simulate`. A file's own spikes (RANC) are injected; a run brings its
        placement and its chip along.
    placement
        By default that of the run or the file, else row by row on the smallest board.
    chip
        Options of the chip that differ from their defaults, or from the run's: ``{"voltage": 0.8}``.
    timing
        ``compiled``: the time of every packet; ``simpy``: the same by the reference; ``none``: function and counts.
    tick
        The tick period in µs; ``auto``: each tick takes as long as it needs, so that none overlaps the next.
    backend
        Where crossbars are integrated; the results are the same.
    probes
        Instruments that observe the ticks (`neurosyn.plugins`).

    Raises
    ------
    DataError
        If the program cannot be read, or placement and program do not belong together.
    ChipLimitError
        If the program does not fit the board.
    ScenarioError
        If an option is wrong.
    BackendError
        If the backend does not work here.

    Examples
    --------
    >>> with ns.Simulator("program.npz", timing="none") as sim:  # doctest: +SKIP
    ...     sim.inject(core=0, axon=3)
    ...     sim.step(4)
    ...     print(sim.potential(core=0), sim.spikes, sim.events)
    """

    def __init__(
        self,
        program: Program | Run | Path | str,
        *,
        placement: Placement | None = None,
        chip: ChipOptions | Mapping[str, Any] | None = None,
        timing: Literal["compiled", "simpy", "none"] = "compiled",
        tick: Literal["auto"] | float = "auto",
        backend: Literal["auto", "numpy", "numba", "cupy"] = "auto",
        probes: Sequence[Probe] = (),
    ) -> None:
        own: InputSpikes | None = None
        changed: dict[str, Any] = {}
        if isinstance(program, Run):
            placement = program.placement if placement is None else placement
            changed = _given(program.trace.chip)
            program = program.program
        if isinstance(chip, ChipOptions):
            chip = _given(chip)
        tables = {
            "chip": changed | dict(chip or {}),
            "simulate": {"timing": timing, "tick": tick, "backend": backend},
        }
        options = load_options(tuple(tables), tables)
        described, simulated = options["chip"], options["simulate"]
        assert isinstance(described, ChipOptions)
        assert isinstance(simulated, SimulateOptions)
        if not isinstance(program, Program):
            raw = open_program(Path(program), chip=described)
            placement = raw.placement if placement is None else placement
            program, own = raw.program, raw.spikes
        self.program = fit_program(program, described.description)
        self.placement = place_in_rows(self.program, described) if placement is None else placement
        mesh = self.placement.mesh
        self.chip = described.model_copy(update={"chips": (mesh.rows, mesh.columns)})
        self._options = simulated
        self._own = own
        self._probes = tuple(probes)
        self._simulation = self._begin()

    def _begin(self) -> TickSimulation:
        self._notes = _Notes(self.chip)
        self._spikes: list[Outcome] = []
        self._over = ""
        simulation = TickSimulation(
            self.program,
            self.placement,
            self.chip,
            self._options,
            probes=[*self._probes, self._notes],
            stepped=self._spikes.append,
        )
        if self._own is not None:
            simulation.inject(self._own)
        return simulation

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def tick(self) -> int:
        """Number of the next tick, which is how many have been played."""
        return self._simulation.tick

    def inject(
        self,
        core: ArrayLike | None = None,
        axon: ArrayLike | None = None,
        *,
        lines: ArrayLike | None = None,
        frame: ArrayLike | None = None,
        tick: ArrayLike | None = None,
    ) -> None:
        """Send spikes from the host: to cores and axons, on input lines, or those of a frame.

        A spike that is sent in tick t is integrated in tick t + 1.

        Parameters
        ----------
        core, axon : int, or int arrays (n,)
        lines : int, or int array (n,)
            Numbers of the program's input lines.
        frame : array (elements,)
            Where it is not 0, the element's input line carries a spike.
        tick : int, or int array (n,)
            Tick in which they are sent; by default the next. −1: they are in the schedulers before the first
            tick.

        Raises
        ------
        DataError
            If there is no such core, axon or line, or the tick is over.
        ChipLimitError
            If a packet would have to go further than it can.
        """
        self._require_open()
        given = [(core is not None, axon is not None), lines is not None, frame is not None]
        if given not in ([(True, True), False, False], [(False, False), True, False], [(False, False), False, True]):
            raise DataError("inject: give `core` and `axon`, or `lines`, or a `frame`")
        if frame is not None:
            lines = self._lines_of(np.asarray(frame))
        when = self.tick if tick is None else tick
        if lines is not None:
            ticks, lines_ = _columns({"tick": when, "lines": lines})
            spikes = InputSpikes.on_lines(self.program, ticks, lines_.astype(np.int32))
        else:
            assert core is not None
            assert axon is not None
            ticks, cores, axons = _columns({"tick": when, "core": core, "axon": axon})
            spikes = InputSpikes.to_axons(ticks, cores.astype(np.int32), axons.astype(np.int32))
        self._simulation.inject(spikes)

    def _lines_of(self, frame: NDArray[Any]) -> NDArray[np.intp]:
        needed = int(self.program.input_line.max(initial=-1)) + 1
        if frame.ndim != 1 or len(frame) < needed:
            raise DataError(f"inject: the frame has the shape {frame.shape}; the program needs ({needed},)")
        return np.flatnonzero(self.program.lines_of(frame))

    def step(self, ticks: int = 1) -> Self:
        """Play ticks.

        With a given tick period the last packets may still be in transit afterwards; `packets`, `ticks` and `timing`
        cover a tick once all of its packets have arrived.

        Raises
        ------
        DataError
            If the simulation is over (`finish`, `close`), or was interrupted.
        """
        self._require_open()
        if isinstance(ticks, bool) or ticks != int(ticks) or ticks < 0:
            raise DataError(f"step: {ticks!r} is no number of ticks; give 0 or more")
        try:
            self._simulation.step(int(ticks))
        except BaseException:
            # An interruption leaves a half-played tick.
            self._over = "was interrupted"
            self._simulation.close()
            raise
        return self

    def finish(self) -> TicksResult:
        """Play until all packets have arrived, and return the outcome. Results stay; `reset` starts over."""
        self._require_open()
        self._over = "is over"
        return self._simulation.finish()

    def reset(self) -> None:
        """Start over: no tick played, nothing injected, initial potentials and random numbers."""
        self._simulation.close()
        self._simulation = self._begin()

    def close(self) -> None:
        """Release the simulation's threads; results stay."""
        if not self._over:
            self._over = "is closed"
        self._simulation.close()

    def _require_open(self) -> None:
        if self._over:
            raise DataError(f"simulator: {self._over}; `reset()` starts over")

    def potential(self, core: int | None = None) -> NDArray[np.int32]:
        """Return the membrane potentials before the next tick; a copy.

        Parameters
        ----------
        core
            By default all of them.

        Returns
        -------
        int32 array (N,), or (C, N) of all cores

        Raises
        ------
        DataError
            If there is no such core.
        """
        if core is not None and not 0 <= core < self.program.cores:
            raise DataError(f"potential: there is no core {core}; the program has {self.program.cores:,}")
        potential = self._simulation.potential
        return potential if core is None else potential[core]

    @property
    def spikes(self) -> pd.DataFrame:
        """All spikes up to now: tick, core, neuron, dest_core and dest_axon.

        ``dest_core`` is −1 for neurons that send nothing, −2 for those that send to the host; ``dest_axon`` is then the
        output pin.
        """
        import pandas as pd

        none = np.zeros(0, np.int32)
        core = np.concatenate([none, *(outcome.spike_core for outcome in self._spikes)])
        neuron = np.concatenate([none, *(outcome.spike_neuron for outcome in self._spikes)])
        tick = np.repeat(
            np.array([outcome.tick for outcome in self._spikes], np.int64),
            [len(outcome.spikes) for outcome in self._spikes],
        )
        dest = self.program.dest_core[core, neuron], self.program.dest_axon[core, neuron]
        return pd.DataFrame(dict(zip(_SPIKES, (tick, core, neuron, *dest), strict=True)))

    @property
    def ticks(self) -> pd.DataFrame:
        """One row for each tick that is over: its events, times and energy; columns as in the trace."""
        import pandas as pd

        return pd.DataFrame(self._notes.rows, columns=TABLES["ticks"].column_names)

    @property
    def packets(self) -> pd.DataFrame:
        """The packets of the last tick that is over, with their times; columns as in the trace.

        Raises
        ------
        DataError
            If it was not timed, or there is none.
        """
        import pandas as pd

        last = self._notes.last
        if last is None or last.columns is None:
            raise DataError("packets: no timed tick is over; step, with another timing than 'none'")
        names = [field.name for field in fields(PacketColumns)]
        return pd.DataFrame({"tick": last.tick} | {name: getattr(last.columns, name) for name in names})

    @property
    def events(self) -> dict[str, int]:
        """Event counts of all ticks played: spikes, synaptic events, packets, hops and so on."""
        sums: Mapping[str, Any] = summarise_events(self._simulation.counts, self.timing)
        return {"ticks": self.tick, **sums}

    @property
    def timing(self) -> TimingResult | None:
        """Times of the timed ticks that are over: the period they need, and its limit; None without timing."""
        return self._simulation.timing

    def __repr__(self) -> str:
        state = f", {self._over}" if self._over else ""
        return f"Simulator of {self.program.cores:,} cores before tick {self.tick:,}{state}"

    def _repr_html_(self) -> str:
        """Show the events in a notebook."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{name.replace('_', ' ')}</th><td>{count:,}</td></tr>"
            for name, count in self.events.items()
        )
        return f"<h4>{html.escape(repr(self))}</h4><table>{rows}</table>"


class _Notes(Probe):
    """Keeps the counts of each tick, and all columns of the last."""

    def __init__(self, chip: ChipOptions) -> None:
        self._energy = EnergyModel.of(chip)
        self.rows: list[dict[str, int | float | None]] = []
        self.last: TickColumns | None = None

    def tick(self, columns: TickColumns) -> None:
        self.last = columns
        self.rows.append(tick_row(columns, self._energy))


def _given(chip: ChipOptions) -> dict[str, Any]:
    """Return the options that are set."""
    return chip.to_table()


def _columns(given: dict[str, ArrayLike]) -> tuple[NDArray[np.int64], ...]:
    """Return numbers and lists of numbers as columns of one length."""
    arrays = {name: np.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        if array.ndim > 1 or (array.size and array.dtype.kind not in "iu"):
            raise DataError(f"inject: {name} is {array.dtype} {array.shape}; give a whole number, or a list of them")
    try:
        columns = np.broadcast_arrays(*(np.atleast_1d(array) for array in arrays.values()))
    except ValueError as error:
        sizes = ", ".join(f"{array.size} of {name}" for name, array in arrays.items())
        raise DataError(f"inject: {sizes} do not go together; give as many of each, or one") from error
    limit = 2**31 - 1
    for name, column in zip(arrays, columns, strict=True):
        if column.size and max(abs(int(column.min())), abs(int(column.max()))) > limit:
            raise DataError(f"inject: {name} goes beyond {limit:,}")
    return tuple(column.astype(np.int64) for column in columns)
