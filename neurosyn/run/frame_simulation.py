"""Simulation stage: the test frames on the placed program, and its results in the run folder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.analysis.run_summary import FramesSummary, write_summary
from neurosyn.chip.energy import EnergyModel
from neurosyn.chip.options import ChipOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.results import FramesResult, InterimResult
from neurosyn.engine.sample_batches import simulate_samples
from neurosyn.engine.simulation import simulate_frames
from neurosyn.importing.model import SpikingModel
from neurosyn.model.inference import class_scores, infer
from neurosyn.model.model import Model
from neurosyn.run.checkpoint import TickCheckpoint
from neurosyn.run.folder import RunFolder
from neurosyn.run.inputs import RunInputs
from neurosyn.run.placed_program import PlacedProgram
from neurosyn.run.probes import ScenarioProbes
from neurosyn.run.provenance import provenance
from neurosyn.run.summary import summarise_frames
from neurosyn.run.unused_options import unused_in_scenario
from neurosyn.scenario.scenario import Scenario
from neurosyn.support.files import write_json, write_npz
from neurosyn.support.formatting import number, percent, time
from neurosyn.support.progress import StageProgress
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.recorder import ParquetRecorder
from neurosyn.trace.selection import chosen_cores

__all__ = ["simulate_test_frames", "write_results"]

_INTERIM_TICKS = (10, 100)
"""Numbers of timed ticks after which the results so far are shown."""
_SAMPLES = 256
"""Frames whose images are kept for the report page."""


def simulate_test_frames(
    scenario: Scenario,
    inputs: RunInputs,
    folder: RunFolder,
    outcomes: PlacedProgram,
    progress: StageProgress,
    jobs: int | None,
    checkpoint: TickCheckpoint,
) -> FramesSummary:
    """Simulate the test frames and write trace, probes' results, answers, provenance and summary.

    Parameters
    ----------
    scenario, inputs, folder
        The options, the frames, and the folder of the results.
    outcomes
        Of the stages before.
    progress
        Shows how far the simulation is.
    jobs
        Ticks that may be played in time at once; None: as many as there are processors.
    checkpoint
        Storage of the state of an unfinished simulation.

    Returns
    -------
    FramesSummary
        The contents of ``summary.json``.
    """
    model, program, placement = outcomes
    samples = bits = np.zeros((0, 0), np.uint8)
    if isinstance(model, SpikingModel):
        samples = inputs.samples()
        expected, expected_scores = model.expected(samples), model.original(samples)
    else:
        bits = inputs.input_spikes(model)
        expected = infer(model, bits)
        expected_scores = class_scores(model.network, expected)
    chip = scenario.options("chip", ChipOptions).fitted(program.cores)
    options, trace = scenario.options("simulate", SimulateOptions), scenario.options("trace", TraceOptions)
    chosen_cores(trace, program)  # cores that do not exist are refused before an older result goes
    folder.retract()
    recorder = ParquetRecorder(folder.trace, trace, checkpoint=checkpoint.folder)
    probes = ScenarioProbes(scenario, (recorder,))
    checkpoint.wanted = lambda: probes.watch.why_off(recorder) is None
    program = probes.disturb(program, placement, chip.board)
    result: FramesResult
    if isinstance(model, SpikingModel):
        result = simulate_samples(
            program, placement, chip, options, samples, model.mapping.ticks(len(samples)),
            timed=options.frames_to_time(samples.shape[1]), probes=probes.watch, progress=progress.update, jobs=jobs,
        )  # fmt: skip
    else:
        network, labels, energy = model.network, inputs.frames.split.labels, EnergyModel.of(chip)

        def interim(so_far: InterimResult) -> None:
            if so_far.timed_ticks in _INTERIM_TICKS:
                accuracy = (class_scores(network, so_far.spikes).argmax(axis=1) == labels).mean()
                progress.line(_interim_text(so_far, float(accuracy), energy, program.cores))

        result = simulate_frames(
            program, placement, chip, options, bits, probes=probes.watch, progress=progress.update, jobs=jobs,
            ticks_per_frame=network.ticks_per_frame, checkpoint=checkpoint, interim=interim,
        )  # fmt: skip
    if checkpoint.resumed_at is not None:
        progress.line(f"      continued at tick {checkpoint.resumed_at:,}")
    simulated = outcomes._replace(program=program)
    return write_results(scenario, inputs, folder, simulated, probes, result, expected, expected_scores, provenance())


def _interim_text(so_far: InterimResult, accuracy: float, energy: EnergyModel, cores: int) -> str:
    """Return the results so far as a line: accuracy of all frames, longest tick, mean power with this tick."""
    words = [
        f"{percent(accuracy)} of the frames are right",
        f"after {so_far.timed_ticks:,} timed ticks the longest is {time(so_far.longest_ps)}",
    ]
    if energy.is_known and so_far.longest_ps:
        power = energy.power_mw(so_far.counts.events(), cores, so_far.longest_ps).total
        words.append(f"power {number(power)} mW")
    return f"      so far: {'; '.join(words)}"


def write_results(
    scenario: Scenario,
    inputs: RunInputs,
    folder: RunFolder,
    simulated: PlacedProgram,
    probes: ScenarioProbes,
    result: FramesResult,
    expected: NDArray[np.uint8],
    expected_scores: NDArray[np.float64],
    origin: dict[str, Any],
) -> FramesSummary:
    """Write probes' results, answers, provenance and summary of a simulation, whose trace has been written.

    Parameters
    ----------
    scenario, inputs, folder
        As of `simulate_test_frames`.
    simulated
        The model, the program that was simulated, and its placement.
    probes
        The probes of the simulation.
    result
        Its outcome.
    expected : uint8 array (F·T, pins)
        Output spikes of the trained network; of one with state, as rounded to the chip.
    expected_scores : float64 array (F, classes)
        Of the trained network, before it was rounded.
    origin
        Versions and machine.
    """
    model, program, placement = simulated
    chip = scenario.options("chip", ChipOptions).fitted(program.cores)
    options = scenario.options("simulate", SimulateOptions)
    outcomes = probes.write(folder.probes)
    split, index = inputs.frames
    scores = score_frames(model, result)
    predictions = scores.argmax(axis=1)
    numbers = summarise_frames(
        program,
        placement,
        chip,
        options,
        result,
        labels=split.labels,
        predictions=predictions,
        expected=expected,
        expected_predictions=expected_scores.argmax(axis=1),
    )
    write_npz(
        folder.outputs,
        {
            "index": index.astype(np.int64),
            "labels": split.labels,
            "predictions": predictions.astype(np.int32),
            "scores": scores.astype(np.float32),
            "spikes": np.packbits(result.spikes, axis=1),
            "images": split.images[:_SAMPLES],
        },
    )
    if isinstance(model, SpikingModel):
        numbers["assumptions"] += model.assumptions()
    source = inputs.source
    summary: FramesSummary = {
        "scenario": scenario.name,
        "title": scenario.title,
        "seed": scenario.seed,
        "dataset": {
            "name": source.info.name,
            "official": source.info.official,
            "stand_in_because": source.reason if source.used_stand_in else None,
            "frames": len(split),
            "classes": list(source.info.classes),
            "licence": source.info.licence,
            "source": source.info.source,
        },
        **numbers,
        **outcomes,
        "model": model.describe(program) if isinstance(model, SpikingModel) else model.provenance,
        "provenance": origin,
        "run": str(folder.path),
    }
    if unused := unused_in_scenario(scenario, inputs, program.cores, chip):
        summary["unused"] = unused
    write_json(folder.provenance, summary["provenance"])
    write_summary(folder.summary, summary)
    return summary


def score_frames(model: Model | SpikingModel, result: FramesResult) -> NDArray[np.float64]:
    """Return the score of each class, float64 (F, classes): the mean spikes of its outputs in a tick.

    A network with state answers with the counts of its steps; those of the ticks before it are left out.
    """
    if not isinstance(model, SpikingModel):
        return class_scores(model.network, result.spikes)
    ticks = result.ticks_per_frame
    return model.mapping.count(result.spikes.reshape(-1, ticks, result.spikes.shape[1])) / ticks
