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
from neurosyn.engine.simulation import simulate_frames
from neurosyn.model.inference import class_scores, infer
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
    bits = inputs.input_spikes(model)
    expected = infer(model, bits)
    chip = scenario.options("chip", ChipOptions).fitted(program.cores)
    options, trace = scenario.options("simulate", SimulateOptions), scenario.options("trace", TraceOptions)
    chosen_cores(trace, program)  # cores that do not exist are refused before an older result goes
    folder.retract()
    recorder = ParquetRecorder(folder.trace, trace, checkpoint=checkpoint.folder)
    probes = ScenarioProbes(scenario, (recorder,))
    checkpoint.wanted = lambda: probes.watch.why_off(recorder) is None
    program = probes.disturb(program)
    labels, energy = inputs.frames.split.labels, EnergyModel.of(chip)

    def interim(so_far: InterimResult) -> None:
        if so_far.timed_ticks in _INTERIM_TICKS:
            predictions = class_scores(model.network, so_far.spikes).argmax(axis=1)
            progress.line(_interim_text(so_far, float((predictions == labels).mean()), energy, program.cores))

    result = simulate_frames(
        program,
        placement,
        chip,
        options,
        bits,
        probes=probes.watch,
        progress=progress.update,
        jobs=jobs,
        ticks_per_frame=model.network.ticks_per_frame,
        checkpoint=checkpoint,
        interim=interim,
    )
    if checkpoint.resumed_at is not None:
        progress.line(f"      continued at tick {checkpoint.resumed_at:,}")
    simulated = outcomes._replace(program=program)
    return write_results(scenario, inputs, folder, simulated, probes, result, expected, provenance())


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
        Output spikes of the trained network.
    origin
        Versions and machine.
    """
    model, program, placement = simulated
    chip = scenario.options("chip", ChipOptions).fitted(program.cores)
    options = scenario.options("simulate", SimulateOptions)
    outcomes = probes.write(folder.probes)
    split, index = inputs.frames
    scores = class_scores(model.network, result.spikes)
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
        expected_predictions=class_scores(model.network, expected).argmax(axis=1),
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
        "model": model.provenance,
        "provenance": origin,
        "run": str(folder.path),
    }
    if unused := unused_in_scenario(scenario, inputs, program.cores, chip):
        summary["unused"] = unused
    write_json(folder.provenance, summary["provenance"])
    write_summary(folder.summary, summary)
    return summary
