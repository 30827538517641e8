"""Overhead of the parts of a run in processor time, which other processes on the machine change little."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from neurosyn.run.parts import PartedRun
from neurosyn.run.sharded_stages import ShardedStages
from neurosyn.scenario.scenario import load_scenario

__all__ = ["measure_overhead"]


def measure_overhead(scenario: Path, folder: Path, part: int, parts: int) -> dict[str, float]:
    """Simulate frames as one part and as several in this process, and return the processor seconds of both.

    The parts are simulated out of their order, so each has its warm-up, as on workers that take turns. The trace keeps
    no rows, as in the many parts of a long run that come when it has all that it may keep.

    Parameters
    ----------
    scenario
        The scenario file.
    folder
        Folder of the run, whose stages up to the placement are done there if they are not.
    part, parts
        Frames of a part, and number of parts.
    """
    changes = {"simulate.frames": part * parts, "trace.max_rows": 0}
    stages = ShardedStages(load_scenario(scenario, changes=changes), folder)

    def run_of(progress, frames: int) -> PartedRun:
        shutil.rmtree(stages.folder.parts, ignore_errors=True)
        placed = stages._placed(progress)
        return stages._parted(placed, 1, frames)

    def simulated(progress, frames: int) -> float:
        run = run_of(progress, frames)
        run.missing()
        began = time.process_time()
        numbers = list(range(run.count))
        for number in numbers[::2] + numbers[1::2][::-1]:
            run.simulate(number, lambda *_: None)
        run.join(lambda *_: None)
        return time.process_time() - began

    with stages.progress(quiet=True) as progress, stages._in_folder():
        simulated(progress, part)  # compiles what is compiled on first use
        whole_s, parts_s = simulated(progress, part * parts), simulated(progress, part)
        return {"frames": part * parts, "parts": parts, "whole_s": whole_s, "parts_s": parts_s}
