"""Processor time of a tick and a frame by part: ``python -m benchmarks.breakdown`` writes docs/benchmarks.md.

``--cpu x86-64-v3`` compiles for processors with AVX2 and without AVX-512, and writes a table of its own.
The processor time of one thread hardly depends on the load of the machine. The time of a part excludes that of other
parts that it calls.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numba

from benchmarks.tables import replace_between
from neurosyn.backend import numba_backend
from neurosyn.bench.chip import common_workload, simulated
from neurosyn.bench.eedn import shipped_network
from neurosyn.bench.measure import Stamps
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.stateless import pipeline
from neurosyn.engine import chip_function as function
from neurosyn.engine import event_counts as counts
from neurosyn.engine import frame_batches as frames
from neurosyn.engine import stopwatch
from neurosyn.engine.compiled import solver as compiled_solver
from neurosyn.engine.compiled import tick as compiled_tick
from neurosyn.engine.compiled import timing as compiled_timing
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_frames

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
CORES, TICKS, BURSTS, FRAMES, TIMED_FRAMES, BLOCK = 4096, 100, 20, 1000, 16, 64
LEAST = 0.01
"""Least share of the time of a part in the table."""

PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "schedulers: axons of the tick, spikes sent": (
        (numba_backend._NumbaSchedulers, "pop"),
        (numba_backend._NumbaSchedulers, "send"),
    ),
    "synapses, leak, threshold, reset": ((numba_backend._NumbaProgram, "step"),),
    "list of the spikes, events of each core": (
        (numba_backend._NumbaResult, "spikes"),
        (numba_backend._NumbaResult, "events_of_cores"),
    ),
    "synapses and thresholds, many frames at once": ((numba_backend._NumbaProgram, "evaluate_block"),),
    "spikes from neurons to axons, in words of frames": ((numba_backend._NumbaProgram, "send_words"),),
    "output pins": ((frames, "_collect"),),
    "counters": ((counts.EventCounter, "add"), (counts.EventCounter, "add_host")),
    "packets of the spikes": ((function._PacketTable, "packets"),),
    "scans of the token controllers": ((compiled_timing.CompiledTiming, "scans"),),
    "routes of the packets": ((compiled_tick.Departure, "of"),),
    "network, in a wave": ((compiled_solver.WaveSolver, "solve"),),
    "network, by events": ((compiled_solver._TickSolver, "_play"),),
    "longest tick, waits": ((stopwatch.Stopwatch, "add"),),
}
REST = "the rest"


class Breakdown:
    """Processor time of each part, between two calls of the engine's progress callback.

    Parameters
    ----------
    what
        Unit of the progress: ticks or frames.
    first
        Amount done when the measurement begins.
    number
        Amount measured.
    """

    def __init__(self, what: str, first: int, number: int) -> None:
        self.number = number
        self._what, self._first = what, first
        self._seconds: dict[str, float] = defaultdict(float)
        self._began = 0.0
        self._result: dict[str, float] = {}
        self._lock = threading.Lock()
        self._inner = threading.local()

    def __call__(self, done: int, _total: int, what: str) -> None:
        """Begin or end the measurement."""
        if what != self._what:
            return
        if done == self._first:
            self._seconds.clear()
            self._began = time.process_time()
        elif done == self._first + self.number:
            whole = time.process_time() - self._began
            self._result = dict(self._seconds)
            self._result[REST] = whole - sum(self._result.values())

    def ms(self) -> dict[str, float]:
        """Return the milliseconds of each part for one tick or frame."""
        return {part: 1e3 * self._result.get(part, 0.0) / self.number for part in (*PARTS, REST)}

    def _timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def timed(*args: Any, **options: Any) -> Any:
            outer, self._inner.seconds = getattr(self._inner, "seconds", 0.0), 0.0
            began = time.thread_time()
            try:
                return call(*args, **options)
            finally:
                took = time.thread_time() - began
                with self._lock:
                    self._seconds[part] += took - self._inner.seconds
                self._inner.seconds = outer + took

        return timed

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure all parts while the block runs."""
        with ExitStack() as stack:
            for part, calls in PARTS.items():
                for owner, name in calls:
                    function = vars(owner)[name]
                    if isinstance(function, classmethod):
                        timed: Any = classmethod(self._timed(part, function.__func__))
                    else:
                        timed = self._timed(part, function)
                    stack.enter_context(mock.patch.object(owner, name, timed))
            yield


def of_ticks(timing: str, ticks: int, **changes: int) -> dict[str, float]:
    """Return the ms of each part of a tick of the common workload."""
    workload = common_workload(CORES, chip=ChipOptions(**changes))
    simulated(workload, timing, "numba", 2, Stamps(), jobs=1)  # compiles
    breakdown = Breakdown("ticks", 1, ticks)
    with breakdown.measuring():
        simulated(workload, timing, "numba", 1 + ticks, breakdown, jobs=1)
    return breakdown.ms()


def of_frames(timing: str, number: int) -> dict[str, float]:
    """Return the ms of each part of a frame of the one-chip network."""
    program, placement, chip, spikes, _ = shipped_network()

    def play(breakdown: Breakdown) -> None:
        options = SimulateOptions.from_table({"timing": timing, "timed_frames": number, "backend": "numba"})
        with breakdown.measuring():
            simulate_frames(program, placement, chip, options, spikes, progress=breakdown, jobs=1)

    if timing == "none":
        breakdown = Breakdown("frames", BLOCK, number)
    else:
        depth = int(pipeline(program).stage.max())
        breakdown = Breakdown("ticks", depth, number)
    play(breakdown)
    return breakdown.ms()


def table(columns: dict[str, dict[str, float]]) -> str:
    """Return a table of the share of each part in the sum of its column."""
    load = f"Load of the machine: {os.getloadavg()[0]:.1f}."
    lines = ["", load, "", f"| part | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    sums = [sum(column.values()) for column in columns.values()]
    for part in (*PARTS, REST):
        shares = [column[part] / total for column, total in zip(columns.values(), sums, strict=True)]
        if max(shares) >= LEAST:
            cells = [f"{share:.0%}" if share >= LEAST / 2 else "" for share in shares]
            lines.append(f"| {part} | {' | '.join(cells)} |")
    lines.append(f"| **processor time, ms** | {' | '.join(f'{total:.3g}' for total in sums)} |")
    return "\n".join([*lines, ""])


def _compile_for(cpu: str) -> None:
    """Start this program anew with Numba compiling for a processor, apart from the cache of compiled code."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": folder}
        arguments = [sys.executable, "-m", "benchmarks.breakdown", "--cpu", cpu]
        sys.exit(subprocess.run(arguments, env=environment, check=False).returncode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", default="", help="LLVM's name of a processor to compile for; this one by default")
    cpu = parser.parse_args().cpu
    if cpu and os.environ.get("NUMBA_CPU_NAME") != cpu:
        _compile_for(cpu)
    section = f"parts on {cpu}" if cpu else "parts"
    numba.set_num_threads(1)
    frames_in_blocks = FRAMES // BLOCK * BLOCK - BLOCK
    columns = {
        "tick, function": of_ticks("none", TICKS),
        "tick, timed": of_ticks("compiled", TICKS),
        "tick, timed, all cores send at once": of_ticks("compiled", BURSTS, neuron_time_ps=0, synaptic_event_time_ps=0),
        "frame, function": of_frames("none", frames_in_blocks),
        "frame, timed": of_frames("compiled", TIMED_FRAMES),
    }
    text = table(columns)
    replace_between(PAGE, f"<!-- {section} -->", f"<!-- end of {section} -->", text)
    print(text)


if __name__ == "__main__":
    main()
