"""Options of a scenario that are given and have no effect in a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from neurosyn.chip.defects import DefectOptions
from neurosyn.chip.options import TIMES, ChipOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.plugin import ProbePlugin
from neurosyn.options import Options, PluginOptions
from neurosyn.placement.placer import Placer
from neurosyn.registry import blame
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import Scenario
from neurosyn.trace.options import TraceOptions
from neurosyn.training.trainer import Trainer

__all__ = ["unused_in_scenario", "unused_options"]

_TIMES = (*(name for name in TIMES if name != "edge_cycle_ps"), "fifo_depth")
"""Times that act on timed ticks alone; that of an edge decides the share of the time that ports are busy, too."""
_NOT_TIMED = "nothing was timed"


def unused_options(chip: ChipOptions, simulate: SimulateOptions, trace: TraceOptions | None) -> dict[str, str]:
    """Return the options without effect whose values are not the defaults, each with the reason.

    Parameters
    ----------
    chip, simulate
        The options of a run.
    trace
        Those of its trace; None without one.
    """
    timed = simulate.timing != "none"
    unused: dict[str, str] = {}
    if not timed:
        unused |= dict.fromkeys(_changed("chip", chip, _TIMES), _NOT_TIMED)
    if chip.board.enters_on_one_side:
        unused |= dict.fromkeys(_changed("chip", chip, ("host_ports",)), "all chips lie on the input side")
    if trace is None:
        return unused
    chooses = ("ticks", "cores", "layers")
    if trace.level in ("summary", "tick"):
        unused |= dict.fromkeys(_changed("trace", trace, chooses), f"level {trace.level} has no such rows")
    elif trace.level == "auto" and not timed:
        reason = f"level auto keeps rows of timed ticks, and {_NOT_TIMED}"
        unused |= dict.fromkeys(_changed("trace", trace, chooses), reason)
    if trace.level != "auto" or not timed:
        reason = "it limits timed ticks at level auto"
        unused |= dict.fromkeys(_changed("trace", trace, ("max_rows",)), reason)
    return unused


def unused_in_scenario(scenario: Scenario, inputs: RunInputs, cores: int, chip: ChipOptions) -> dict[str, str]:
    """Return the options of a scenario without effect, as `unused_options` does, those of its plugins included.

    Parameters
    ----------
    scenario, inputs
        The scenario, and its data.
    cores
        Cores of the program.
    chip
        The board that they are placed on.
    """
    simulate, trace = scenario.options("simulate", SimulateOptions), scenario.options("trace", TraceOptions)
    unused = unused_options(chip, simulate, trace)
    frames = len(inputs.frames.split)
    if (simulate.frames or 0) > frames:
        unused["simulate.frames"] = f"the data have {frames:,} test frames"
    placer = scenario.options("place", Placer)  # type: ignore[type-abstract]
    with blame("placers", scenario.kind("place"), "unused_on"):
        unused |= _named("place", placer.unused_on(cores, chip.board))
    with blame("datasets", type(inputs.source.dataset).__name__, "unused"):
        unused |= _named("data", inputs.source.dataset.unused(inputs.source.context))
    unused |= _named("defects", scenario.options("defects", DefectOptions).unused())
    for table in ("encoder", "network", "place", *(f"probes.{name}" for name in scenario.named("probes", ProbePlugin))):
        options = scenario.options(table, Options)
        if isinstance(options, PluginOptions):
            with blame(table, type(options).__name__, "unused"):
                unused |= _named(table, options.unused())
    return unused | _unused_in_training(scenario, inputs)


def _unused_in_training(scenario: Scenario, inputs: RunInputs) -> dict[str, str]:
    trainer = scenario.options(inputs.train_table, Trainer)  # type: ignore[type-abstract]
    source = inputs.model_source
    if inputs.is_spiking:
        given = _changed("train", trainer) + _changed("train", source, ("validation", "images", "model"))
        return dict.fromkeys(given, "the network is trained already")
    if source.model:
        model = source.model if ":" in source.model else Path(source.model).name
        reason = f"the model is {model}; `neurosyn train` trains one"
        return dict.fromkeys(_changed("train", trainer) + _changed("train", source, ("validation", "images")), reason)
    with blame("trainers", scenario.kind(inputs.train_table), "unused"):
        unused = _named("train", trainer.unused())
    images = inputs.source.info.sizes.get("train")
    if images is not None and (source.images or 0) > images:
        unused["train.images"] = f"the data have {images:,} training images"
    return unused


def _named(table: str, unused: Mapping[str, str]) -> dict[str, str]:
    return {f"{table}.{name}": reason for name, reason in unused.items()}


def _changed(table: str, options: Options, names: Iterable[str] = ()) -> list[str]:
    # Of a chip, the defaults are those of its description.
    if isinstance(options, ChipOptions):
        defaults = ChipOptions(description=options.description)
        return [f"{table}.{name}" for name in names if getattr(options, name) != getattr(defaults, name)]
    return [f"{table}.{name}" for name in options.changed(*names)]
