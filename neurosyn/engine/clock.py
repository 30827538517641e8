"""Clock of a simulation: a SimPy process that plays tick after tick, its function first and then its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.engine.chip_function import ChipFunction, Outcome
from neurosyn.engine.environment import ChipEnvironment
from neurosyn.engine.fabric.fabric import Fabric, Position
from neurosyn.engine.fabric.tick_times import TickTimes, packet_columns
from neurosyn.engine.fabric.traffic import Scans
from neurosyn.engine.host_inputs import Inputs
from neurosyn.engine.probes.probe import TickColumns
from neurosyn.engine.state import State, number
from neurosyn.engine.timing import Flight, Timing

__all__ = ["Clock", "PlayedTick", "TimedTick", "make_timing"]


@dataclass(frozen=True)
class TimedTick:
    """Times of a tick, and packets and cores that missed its end.

    Attributes
    ----------
    times : TickTimes
    scans : Scans
    late : bool array (packets,)
        Packets that arrived after their delivery tick had begun.
    overruns : int
        Cores whose scan had not ended when the tick ended.
    """

    times: TickTimes
    scans: Scans
    late: NDArray[np.bool_]
    overruns: int


@dataclass(frozen=True)
class PlayedTick:
    """A tick that is over: all packets have arrived, and all scans have ended."""

    outcome: Outcome
    timed: TimedTick | None

    def columns(self, chip: ChipOptions) -> TickColumns:
        """Return the tick as probes receive it."""
        outcome, packets, timed = self.outcome, self.outcome.packets, self.timed
        return TickColumns(
            tick=outcome.tick,
            start_ps=None if timed is None else timed.times.start_ps,
            spike_core=outcome.spike_core,
            spike_neuron=outcome.spike_neuron,
            synaptic_events=outcome.events_of_cores,
            packets=len(packets) - packets.from_host,
            input_packets=packets.from_host,
            output_packets=packets.to_host,
            hops=int(packets.hops.sum(dtype=np.int64)),
            crossings=int(packets.crossings.sum(dtype=np.int64)),
            collisions=int(outcome.collisions.sum()),
            late_packets=0 if timed is None else int(np.count_nonzero(timed.late)),
            core_overruns=0 if timed is None else timed.overruns,
            makespan_ps=None if timed is None else timed.times.makespan_ps,
            core_finish_ps=None if timed is None else timed.times.core_finish_ps - timed.times.start_ps,
            columns=None if timed is None else packet_columns(packets, timed.times, timed.late, chip),
        )


@dataclass
class _OpenTick:
    outcome: Outcome
    scans: Scans
    flight: Flight


class Clock:
    """Clock: plays a program tick by tick.

    Parameters
    ----------
    function
        The chip without time.
    inputs
        Packets that the host injects.
    placement, chip
        Positions of the cores, and times of cores, routers and links.
    timing
        Name of the timing engine (`make_timing`).
    period_ps
        Time from tick to tick; None: a timed tick lasts until everything is at rest. Ticks without timing take no time.
    played
        Called with each tick, in order, when it is over.
    threads
        Ticks that the compiled timing may compute at once, if they do not overlap.
    stepped
        Called with the outcome of each tick, in order, before the tick is timed.
    """

    def __init__(
        self,
        function: ChipFunction,
        inputs: Inputs,
        placement: Placement,
        chip: ChipOptions,
        timing: str,
        period_ps: int | None,
        played: Callable[[PlayedTick], None],
        threads: int = 1,
        stepped: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        self._function = function
        self._inputs = inputs
        self._placement = placement
        self._chip = chip
        self._timing_name = timing
        self._period_ps = period_ps
        self._played = played
        self._threads = threads
        self._stepped = stepped
        self._env = ChipEnvironment()
        self._timing: Timing | None = None
        self._open: deque[_OpenTick] = deque()
        self._paused = False
        self.tick = 0
        """The next tick."""
        self.late = False
        """True once a packet was late at a core: from then on the function depends on time."""

    @property
    def now_ps(self) -> int:
        """The time since the first tick began, in picoseconds."""
        return self._env.now

    def run(
        self,
        ticks: int,
        timed: range,
        *,
        if_late: int = 0,
        pause: Callable[[], bool] = lambda: False,
        paused: Callable[[], None] = lambda: None,
    ) -> int:
        """Play ticks up to `ticks` − 1, from `tick` on, and return the next one.

        Parameters
        ----------
        ticks
        timed
            Ticks to be timed, without gaps. With a given period the ticks that follow are timed as well, until one ends
            with no packet under way; once a packet was late at a core, all are.
        if_late
            Least number of ticks to play if a packet is late at a core.
        pause, paused
            Called as `advance` says, and after each pause.
        """
        try:
            while not self.advance(ticks, timed, if_late=if_late, pause=pause):
                paused()
            self.rest()
        finally:
            self.close()
        return self.tick

    def advance(self, to: int, timed: range, *, if_late: int = 0, pause: Callable[[], bool] = lambda: False) -> bool:
        """Play up to tick `to` − 1, as a part of `run`; return whether all of them have been played.

        With a given period the last ticks may be under way when this returns; they are not over yet.

        Parameters
        ----------
        to, timed, if_late
            As of `run`.
        pause
            Called between ticks, not before the first. Once it returns True, no further tick begins, those that have
            begun are played to their end, and `state` can be called. With a given period it is called only while
            nothing is under way.
        """
        self._paused = False
        if self._period_ps is None:
            clock = self._tick_at_rest(to, timed, pause)
        else:
            clock = self._tick(to, timed, if_late, pause)
        self._env.run(self._env.process(clock))
        return not self._paused

    def state(self) -> State:
        """Return the state between two ticks while nothing is under way.

        Then no time depends on earlier ticks but by the time at which the next one begins, so the timing engine has no
        state of its own to keep.
        """
        numbers = {"tick": self.tick, "now_ps": self._env.now, "late": int(self.late)}
        return {name: np.array(value, np.int64) for name, value in numbers.items()}

    def restore(self, state: State) -> None:
        """Go to a state that `state` returned, before the first tick is played."""
        self.tick, self.late = number(state, "tick"), bool(number(state, "late"))
        self._env = ChipEnvironment(number(state, "now_ps"))

    def rest(self) -> None:
        """Let all packets arrive and all scans end. Later ticks differ from those of a clock that did not rest."""
        if self._open:
            self._env.run(self._env.process(self._come_to_rest()))

    def close(self) -> None:
        """Close the timing engine."""
        if self._timing is not None:
            self._timing.close()

    def _get_timing(self) -> Timing:
        if self._timing is None:
            fabric = Fabric(self._placement.mesh, self._chip)
            self._timing = make_timing(self._timing_name, self._env, fabric, self._placement.xy.tolist(), self._threads)
        return self._timing

    # Ticks that last until everything is at rest, so they do not overlap.

    def _tick_at_rest(self, to: int, timed: range, pause: Callable[[], bool]) -> Generator[Event, None, None]:
        # Nothing can be late, so the function of the next ticks does not depend on the time of this one.
        coming = self._function_of(range(self.tick, to), timed, pause)
        ahead: deque[tuple[Outcome, Scans | None]] = deque()
        while True:
            while len(ahead) <= self._get_ahead() and (following := next(coming, None)) is not None:
                ahead.append(following)
            if not ahead:
                return
            outcome, scans = ahead.popleft()
            timed_tick = None
            if scans is not None:
                timing = self._get_timing()
                flight = timing.launch(outcome.packets, scans)
                yield timing.rest()
                timed_tick = TimedTick(flight.times(), scans, np.zeros(len(outcome.packets), np.bool_), 0)
            self.tick += 1
            self._played(PlayedTick(outcome, timed_tick))

    def _get_ahead(self) -> int:
        return 0 if self._timing is None else self._timing.ahead

    def _function_of(
        self, ticks: range, timed: range, pause: Callable[[], bool]
    ) -> Iterator[tuple[Outcome, Scans | None]]:
        for tick in ticks:
            if tick > ticks.start and self._pauses(pause):
                return
            outcome, scans = self._step(tick), None
            self._function.deliver_at_once(outcome)
            if tick in timed:
                scans = self._get_timing().scans(outcome.packets, outcome.synaptic_events)
                self._get_timing().expect(outcome.packets, scans)
            yield outcome, scans

    # Ticks of a given period, which may overlap.

    def _tick(self, to: int, timed: range, to_if_late: int, pause: Callable[[], bool]) -> Generator[Event, None, None]:
        first = self.tick
        while self.tick < (max(to, to_if_late) if self._open or self.late else to):
            rests = not self._open and (self._timing is None or self._timing.is_at_rest)
            if rests and self.tick > first and self._pauses(pause):
                return
            outcome = self._step(self.tick)
            if self.tick in timed or self._open or self.late:
                scans = self._get_timing().scans(outcome.packets, outcome.synaptic_events)
                flight = self._get_timing().launch(outcome.packets, scans)
                self._open.append(_OpenTick(outcome, scans, flight))
                assert self._period_ps is not None
                yield self._env.tick_in(self._period_ps)
                self.tick += 1
                self._gather()
            else:
                self._function.deliver_at_once(outcome)
                self.tick += 1
                self._played(PlayedTick(outcome, None))

    def _pauses(self, pause: Callable[[], bool]) -> bool:
        self._paused = pause()
        return self._paused

    def _come_to_rest(self) -> Generator[Event, None, None]:
        yield self._get_timing().rest()
        self._gather()

    def _step(self, tick: int) -> Outcome:
        outcome = self._function.step(tick, self._inputs.at(tick))
        self._stepped(outcome)
        return outcome

    def _gather(self) -> None:
        """Deliver the packets that have landed, and pass on the ticks that are over."""
        for tick in self._open:
            self._function.deliver(tick.outcome, tick.flight.landed())
        while self._open and self._open[0].flight.over:
            tick = self._open.popleft()
            timed = self._judge(tick)
            self.late |= bool((timed.late & (tick.outcome.packets.dest_core >= 0)).any())
            self._played(PlayedTick(tick.outcome, timed))

    def _judge(self, tick: _OpenTick) -> TimedTick:
        times, packets, period = tick.flight.times(), tick.outcome.packets, self._period_ps
        assert period is not None
        begins = times.start_ps + (packets.delivery_tick - tick.outcome.tick) * period
        overruns = int(np.count_nonzero(times.core_finish_ps > times.start_ps + period))
        return TimedTick(times, tick.scans, times.arrival_ps > begins, overruns)


def make_timing(
    name: str, env: ChipEnvironment, fabric: Fabric, positions: Sequence[Position], threads: int = 1
) -> Timing:
    """Return the timing engine with a name, "simpy" or "compiled", for cores at the given positions."""
    if name == "simpy":
        from neurosyn.engine.reference.timing import SimpyTiming

        return SimpyTiming(env, fabric, positions)
    from neurosyn.engine.compiled.timing import CompiledTiming

    return CompiledTiming(env, fabric, positions, threads=threads)
