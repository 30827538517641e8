"""Stages of a scenario for processes that share a run: shards, their merging, and workers on single parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from neurosyn.errors import DataError, ScenarioError
from neurosyn.run.part_files import part_head
from neurosyn.run.shard import PART_FRAMES, Shard
from neurosyn.run.stages import Stages
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.progress import StageProgress

if TYPE_CHECKING:
    from neurosyn.run.parts import PartedRun

__all__ = ["ShardedStages"]


class ShardedStages(Stages):
    """Stages of a scenario of which this process does a share; parameters as of `Stages`."""

    @classmethod
    def of_shards(cls, folders: Sequence[Path], out: Path) -> Self:
        """Return the stages of the run whose shards are in `folders`, for `merge`.

        Raises
        ------
        DataError
            If the first folder is no run folder.
        """
        scenario = folders[0] / "scenario.toml"
        if not scenario.is_file():
            raise DataError(
                f"{folders[0]}: holds no shards of a run or a sweep; make them with `neurosyn simulate --shard I/N`"
            )
        return cls(load_scenario(scenario), out)

    def simulate_shard(
        self, progress: StageProgress, shard: Shard, jobs: int | None = None, *, part_frames: int = PART_FRAMES
    ) -> dict[str, Any]:
        """Simulate one shard of the frames, for `merge`; several may work in one folder at the same time.

        Stages up to the placement are shared: the first that comes does them, the others wait.

        Raises
        ------
        ScenarioError
            If the frames cannot be separated.
        """
        with self._in_folder(wait=True):
            outcomes = self._placed(progress)
            run = self._parted(outcomes, jobs, part_frames)
        if run.obstacle is not None:
            raise ScenarioError(f"--shard: the frames cannot be separated, {run.obstacle}; leave out --shard")
        numbers = shard.of(run.count)
        with progress.stage("simulate") as notes:
            missing = [number for number in numbers if not run.is_done(number)]
            for number in missing:
                run.simulate(number, progress.update)
            notes.append(f"shard {shard}: {len(numbers)} of {run.count} parts of {part_frames} frames")
            notes.append(f"{len(numbers) - len(missing)} up to date")
        return {"run": str(self.folder.path), "shard": str(shard), "parts": len(numbers), "of_parts": run.count}

    def merge(self, progress: StageProgress, folders: Sequence[Path]) -> dict[str, Any]:
        """Join the shards in run folders, and return the summary.

        Raises
        ------
        DataError
            If there are no shards or some are missing.
        """
        heads = [
            head
            for folder in folders
            for part in sorted((folder / "parts").glob("[0-9]*"))
            if (head := part_head(part)) is not None
        ]
        if not heads:
            raise DataError(f"{folders[0]}: holds no shards of a run; make them with `neurosyn simulate --shard I/N`")
        with self._in_folder():
            for folder in folders:
                if folder.resolve() != self.folder.path.resolve():
                    self.folder.adopt(folder)
            outcomes = self._placed(progress)
            self._simulation(progress, outcomes, None, None, heads[0].frames, [path / "parts" for path in folders])
            return self._report(progress).summary

    def parts(self, progress: StageProgress, key: str, part_frames: int, jobs: int | None) -> PartedRun:
        """Return the parts of a run whose stages up to the placement are in the folder, for a process that works on it.

        Raises
        ------
        DataError
            If a stage would have to be repeated, or the run is another one to this process: its code, its packages'
            versions or its data differ.
        """
        self._finished_only = True
        run = self._parted(self._placed(progress), jobs, part_frames)
        if run.key != key:
            raise self._other("the simulation")
        return run
