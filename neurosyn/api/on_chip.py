"""A classifier's network as a program, simulated on the chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, column_or_1d

from neurosyn.chip.options import ChipOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.model.inference import infer, predict
from neurosyn.model.model import Model
from neurosyn.registry import registry
from neurosyn.scenario.scenario import load_options

if TYPE_CHECKING:
    from neurosyn.chip.program import Program
    from neurosyn.compiler.options import CompileOptions

__all__ = ["ChipResult", "OnChip"]


@dataclass(frozen=True, eq=False)
class ChipResult:
    """Outcome of `SpikingClassifier.simulate`.

    Attributes
    ----------
    predictions : array (n_samples,)
        Class labels, as the chip decides.
    accuracy : float or None
        Share of the samples that the chip classifies correctly; None without labels.
    mismatched : int
        Samples whose output spikes differ from those of the trained network: 0 unless a tick is too short.
    frames_per_second : float
        A frame is a sample. Without timing it refers to the nominal tick of 1 ms.
    latency_us : float
        From the beginning of a frame to its last output spikes.
    power_mw, energy_per_frame_uj : float or None
        Power of all cores, and energy of a frame; None where the chip's description has no energies.
    pipeline_depth, cores : int
        Ticks from the injection of a frame to the firing of the last output neurons; number of cores.
    tick_limited_by : str
        The part that sets the tick period.
    summary : dict
        All numbers of the chip, as in the summary of a run: events, power by part, layers, assumptions.
    """

    predictions: NDArray[Any]
    accuracy: float | None
    mismatched: int
    frames_per_second: float
    latency_us: float
    power_mw: float | None
    energy_per_frame_uj: float | None
    pipeline_depth: int
    cores: int
    tick_limited_by: str
    summary: dict[str, Any]

    def __repr__(self) -> str:
        accuracy = "" if self.accuracy is None else f"accuracy {self.accuracy:.3f}, "
        energy = ""
        if self.power_mw is not None and self.energy_per_frame_uj is not None:
            energy = f"{self.power_mw:,.2f} mW, {self.energy_per_frame_uj:,.2f} µJ a frame, "
        return (
            f"ChipResult({accuracy}{self.frames_per_second:,.0f} frames/s, {energy}"
            f"{self.cores:,} cores, pipeline of {self.pipeline_depth} ticks)"
        )


class OnChip:
    """The part of `SpikingClassifier` that compiles and simulates its network."""

    model_: Model
    classes_: NDArray[Any]

    def input_spikes(self, X: ArrayLike) -> NDArray[np.uint8]:
        """Return the input spikes of the chip."""
        raise NotImplementedError

    def to_program(self, options: CompileOptions | None = None) -> Program:
        """Compile the network.

        Parameters
        ----------
        options : CompileOptions, optional
            Rules by which layers are cut into cores.

        Returns
        -------
        Program
            Ready to be placed and simulated; its output for `input_spikes` decides as `predict` does.
        """
        check_is_fitted(self)
        from neurosyn.compiler.compile import compile_network

        return compile_network(self.model_, options)

    @property
    def pipeline_depth_(self) -> int:
        """Ticks from the injection of a frame to the firing of the last output neurons; the network is compiled."""
        from neurosyn.chip.stateless import pipeline

        stages = pipeline(self.to_program())
        assert stages is not None  # compiled networks are pipelines
        return stages.depth

    def simulate(
        self,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        chip: Mapping[str, Any] | None = None,
        timing: Literal["compiled", "simpy", "none"] = "compiled",
        placer: str | Mapping[str, Any] = "anneal",
    ) -> ChipResult:
        """Compile, place and simulate the network on the chip: accuracy, speed, power and energy.

        Parameters
        ----------
        X
            Samples, as for `predict`; one frame each.
        y : array (n_samples,), optional
            Class labels, for the accuracy.
        chip
            Options of the chip that differ from their defaults, as in a scenario's ``[chip]``: ``{"voltage": 0.8}``.
        timing
            ``compiled``: the time of every packet; ``simpy``: the same by the reference; ``none``: function and counts,
            at the nominal tick of 1 ms.
        placer
            Name or table of the placer plugin; its seed is 0.

        Returns
        -------
        ChipResult

        Raises
        ------
        ChipLimitError
            If the network does not fit the chip.
        ScenarioError
            If an option is wrong.
        ValueError
            If `X` and `y` do not have equally many samples.

        Notes
        -----
        Fewer than some dozen samples say little: the tick period is that of the slowest timed tick.
        """
        from neurosyn.compiler.compile import compile_network
        from neurosyn.compiler.options import CompileOptions
        from neurosyn.engine.simulation import simulate_frames
        from neurosyn.placement.place import place_program
        from neurosyn.placement.placer import Placer
        from neurosyn.run.summary import summarise_frames

        frames = self.input_spikes(X)
        network = self.model_.network
        samples = len(frames) // network.ticks_per_frame
        labels = None if y is None else column_or_1d(y)
        if labels is not None and len(labels) != samples:
            raise ValueError(f"X has {samples} samples and y {len(labels)}; give as many of each")
        tables = {"chip": dict(chip or {}), "simulate": {"timing": timing}}
        options = load_options(tuple(tables), tables)
        described, simulated = options["chip"], options["simulate"]
        assert isinstance(described, ChipOptions)
        assert isinstance(simulated, SimulateOptions)
        description = described.description
        program = compile_network(self.model_, CompileOptions().for_chip(description), chip=description)
        board = described.fitted(program.cores)
        table = {"kind": placer} if isinstance(placer, str) else dict(placer)
        placement = place_program(program, board.board, registry.build("placers", table, "placer", Placer), 0)
        result = simulate_frames(program, placement, board, simulated, frames, ticks_per_frame=network.ticks_per_frame)
        expected = infer(self.model_, frames)
        chosen = predict(network, result.spikes)
        chosen_by_model = predict(network, expected)
        answers = self.classes_[chosen]
        numbers = summarise_frames(
            program,
            placement,
            board,
            simulated,
            result,
            labels=chosen_by_model,
            predictions=chosen.astype(np.intp),
            expected=expected,
            expected_predictions=chosen_by_model.astype(np.intp),
        )
        accuracy = None if labels is None else float((answers == labels).mean())
        by_model = None if labels is None else float((self.classes_[chosen_by_model] == labels).mean())
        power = numbers["power_mw"]
        return ChipResult(
            predictions=answers,
            accuracy=accuracy,
            mismatched=numbers["mismatched_frames"],
            frames_per_second=numbers["frames_per_second"],
            latency_us=numbers["latency_us"],
            power_mw=None if power is None else power["total"],
            energy_per_frame_uj=numbers["energy_per_frame_uj"],
            pipeline_depth=result.depth,
            cores=program.cores,
            tick_limited_by=numbers["tick_limited_by"]["text"],
            summary={**numbers, "accuracy": accuracy, "trained_accuracy": by_model},
        )
