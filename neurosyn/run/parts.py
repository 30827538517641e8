"""Simulation of a run's frames in parts of fixed size, each in a folder of its own, and the run joined from them.

The number of processes that simulate parts decides nothing: parts have the same frames and results however many there
are, and are joined in their order to the bytes of a run in one part.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.run_summary import FramesSummary
from neurosyn.chip.options import ChipOptions
from neurosyn.engine.frame_parts import FrameSimulator, PartResult, join_parts
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.dispatch import ProbeDispatcher
from neurosyn.engine.probes.plugin import ProbePlugin
from neurosyn.engine.probes.probe import Probe, RunInfo
from neurosyn.errors import DataError
from neurosyn.importing.model import SpikingModel
from neurosyn.model.inference import class_scores, infer
from neurosyn.run.encoded_frames import EncodedFrames
from neurosyn.run.folder import RunFolder
from neurosyn.run.frame_simulation import write_results
from neurosyn.run.inputs import RunInputs
from neurosyn.run.part_files import StoredPart, is_part, load_part, part_head, save_part
from neurosyn.run.placed_program import PlacedProgram
from neurosyn.run.probes import ScenarioProbes
from neurosyn.run.provenance import provenance, run_command
from neurosyn.run.shard import PART_FRAMES
from neurosyn.scenario.scenario import Scenario
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.parts import EarlierRows, PartRecorder, TraceJoiner
from neurosyn.trace.selection import chosen_cores

__all__ = ["PartedRun"]

Update = Callable[[int, int, str], None]


class PartedRun:
    """Simulation stage of a run in parts.

    Parameters
    ----------
    scenario, inputs, folder
        The options, the frames, and the folder of the run.
    outcomes
        Of the stages before.
    key
        Key of the simulation stage.
    frames
        Frames of a part.
    jobs
        Ticks that may be played in time at once; None: as many as there are processors.
    """

    def __init__(
        self,
        scenario: Scenario,
        inputs: RunInputs,
        folder: RunFolder,
        outcomes: PlacedProgram,
        key: str,
        *,
        frames: int = PART_FRAMES,
        jobs: int | None = None,
    ) -> None:
        self.folder, self.key, self.frames = folder, key, frames
        self._scenario, self._inputs = scenario, inputs
        self._model: Any
        self._model, program, self._placement = outcomes
        self._chip = scenario.options("chip", ChipOptions).fitted(program.cores)
        self._options = scenario.options("simulate", SimulateOptions)
        self._trace = scenario.options("trace", TraceOptions)
        chosen_cores(self._trace, program)  # cores that do not exist are refused before any part is simulated
        self._probes = ScenarioProbes(scenario)
        self._program = self._probes.disturb(program, self._placement, self._chip.board)
        self._jobs = jobs

    @property
    def cores(self) -> int:
        """Number of cores."""
        return self._program.cores

    @property
    def obstacle(self) -> str | None:
        """Return why the frames cannot be simulated in parts; None if they can."""
        for name, probe in self._scenario.named("probes", ProbePlugin).items():
            if type(probe).tick is not Probe.tick:
                return f"probe '{name}' observes every tick in order"
        if self._options.tick_ps is not None and self._options.timing != "none":
            return "with a given tick period (simulate.tick) what happens in a tick depends on all before"
        if isinstance(self._model, SpikingModel):
            return "samples of a network with state are simulated together"
        return None

    @cached_property
    def _simulator(self) -> FrameSimulator:
        rows = len(self._inputs.frames.split) * self._model.network.ticks_per_frame
        return FrameSimulator(
            self._program,
            self._placement,
            self._chip,
            self._options,
            rows,
            self._model.network.ticks_per_frame,
            jobs=self._jobs,
        )

    @cached_property
    def _earlier_rows(self) -> EarlierRows:
        timed = self._simulator.timed
        outcomes = self._simulator.outcomes(self._encoded, range(timed.stop))
        return EarlierRows(self._trace, self._info, outcomes, timed)

    @property
    def _info(self) -> RunInfo:
        return RunInfo(self._program, self._placement, self._chip, self._options.timing)

    @cached_property
    def _encoded(self) -> EncodedFrames:
        return EncodedFrames(self._inputs, self._model)

    @cached_property
    def count(self) -> int:
        """Number of parts."""
        return len(self._simulator.parts(self.frames))

    def part_folder(self, number: int) -> Path:
        """Return the folder of a part of this run."""
        return Path(self.folder.parts) / f"{number:06}"

    def part_key(self, number: int) -> str:
        """Return the key of a part."""
        return RunFolder.key("part", self.key, number, self.frames)

    def is_done(self, number: int) -> bool:
        """Whether a part's results are in the run folder."""
        return is_part(self.part_folder(number), self.part_key(number))

    def missing(self) -> list[int]:
        """Return the parts without results in the run folder."""
        return [number for number in range(self.count) if not self.is_done(number)]

    def simulate(self, number: int, progress: Update) -> None:
        """Simulate a part and write its results into its folder; two processes that do give the same files.

        Parameters
        ----------
        number
            Of the part.
        progress
            Called with the amount done, the total, and the unit.
        """
        simulator, frames = self._simulator, self._encoded
        part = simulator.parts(self.frames)[number]
        before = self._earlier_rows.before(part.ticks.start)
        folder = self.part_folder(number)
        # Another process may be simulating the same part: the files of each have their own place until they are whole.
        with _own_folder(folder) as own:
            recorder = PartRecorder(own, self._trace, before, simulator.routes)
            probes = ProbeDispatcher([recorder])
            result = simulator.simulate(frames, part, probes, progress)
            reason = probes.why_off(recorder)
            if reason is not None:
                raise DataError(f"{folder}: the trace could not be written ({reason}); correct the cause and repeat")
            expected = infer(self._model, frames[part.rows.start : part.rows.stop])
            save_part(
                own,
                StoredPart(result, expected),
                key=self.part_key(number),
                run=self.key,
                number=number,
                parts=self.count,
                frames=self.frames,
                command=run_command(),
            )

    def join(self, progress: Update, folders: Sequence[Path] = ()) -> FramesSummary:
        """Write trace, probes' results, answers, provenance and summary of the run from its parts.

        Parameters
        ----------
        progress
        folders
            Folders of parts, beside those of the run folder.

        Raises
        ------
        DataError
            If parts are missing or damaged.
        """
        parts = [self._part_at(number, folders) for number in range(self.count)]
        absent = [number + 1 for number, folder in enumerate(parts) if folder is None]
        if absent:
            raise DataError(
                f"{self.folder.path}: {len(absent)} of {self.count} parts of the run are missing "
                f"({_numbers(absent)}); simulate them with --shard {absent[0]}/{self.count} and so on, or give the "
                "folders that hold them"
            )
        self.folder.retract()
        whole = [folder for folder in parts if folder is not None]
        head = part_head(whole[0])
        assert head is not None
        joiner = TraceJoiner(self.folder.trace, self._trace)
        joiner.started(self._info)
        expected: list[NDArray[np.uint8]] = []

        def results() -> Iterator[PartResult]:
            start_ps = 0
            for number, folder in enumerate(whole):
                result, of_network = load_part(folder)
                joiner.add_part(folder, start_ps)
                start_ps += result.duration_ps
                expected.append(of_network)
                yield result
                progress(number + 1, self.count, "parts joined")

        try:
            joined = join_parts(results(), len(self._encoded))
        finally:
            joiner.finished()
        return write_results(
            self._scenario,
            self._inputs,
            self.folder,
            PlacedProgram(self._model, self._program, self._placement),
            self._probes,
            joined,
            np.concatenate(expected),
            class_scores(self._model.network, np.concatenate(expected)),
            provenance() | {"command": head.command},
        )

    def clear(self) -> None:
        """Remove the parts, after the run was joined from them."""
        shutil.rmtree(self.folder.parts, ignore_errors=True)

    def _part_at(self, number: int, folders: Iterable[Path]) -> Path | None:
        names = [self.part_folder(number), *(folder / f"{number:06}" for folder in folders)]
        return next((folder for folder in names if is_part(folder, self.part_key(number))), None)


@contextlib.contextmanager
def _own_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of `folder` when the block ends without an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".partial-{folder.name}-"))
    try:
        yield own
        own.chmod(0o755)
        while True:
            with contextlib.suppress(FileNotFoundError):
                # Older results, or those of another process, go out of the way in one step.
                shutil.rmtree(folder.rename(f"{own}-before"))
            try:
                own.rename(folder)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                break
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _numbers(numbers: Sequence[int]) -> str:
    listed = ", ".join(str(number) for number in numbers[:8])
    return listed + (", …" if len(numbers) > 8 else "")
