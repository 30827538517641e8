"""Every option acts in every timing mode, is refused, or is named in the summary as not used."""

import hashlib
import json
import shutil

import pytest

from neurosyn.chip.defects import DefectOptions
from neurosyn.chip.options import ChipOptions
from neurosyn.compiler.options import CompileOptions
from neurosyn.engine.options import SimulateOptions
from neurosyn.registry import registry
from neurosyn.run.unused_options import unused_options
from neurosyn.trace.options import TraceOptions
from tests.runs import simulate_scenario

VALUES = {
    "chip": {
        "description": "hypothetical5nm",
        "chips": [1, 2], "voltage": 0.8, "neuron_time_ps": 200_000, "synaptic_event_time_ps": 20_000,
        "hop_latency_ps": 9_000, "link_cycle_ps": 70_000, "fifo_depth": 1, "edge_cycle_ps": 90_000,
        "edge_latency_ps": 90_000, "input_side": "north", "output_side": "north",
        "host_ports": "border",
    },
    "defects": {
        "dead_cores": 0.3, "dead_positions": [[0, 0]], "dead_links": 0.3, "draw": 3, "remap": False,
    },
    "simulate": {"timing": None, "tick": 500, "frames": 10, "timed_frames": 3, "backend": "numpy"},
    "trace": {
        "level": "spike", "ticks": [[0, 0]], "cores": [1], "layers": ["3 conv2d-30"], "max_rows": 0,
        "compression_level": 9, "row_group": 1_024,
    },
    "compile": {
        "axons": 300, "neurons": 128, "copies": "exact", "pack": "tight", "published_cores": 9, "activity": 0.2,
        "complement": False,
    },
    "place": {"moves_per_core": 3, "start_temperature": 40.0, "end_temperature": 4.0, "crossing": 64, "spread": True},
}  # fmt: skip
OPTIONS = {
    "chip": ChipOptions,
    "defects": DefectOptions,
    "simulate": SimulateOptions,
    "trace": TraceOptions,
    "compile": CompileOptions,
    "place": registry.get("placers", "anneal"),
}
_BOARD = ("chip.chips=[2, 2]",)
EXTRA = {
    "trace.row_group": ("trace.level=spike", "simulate.timed_frames=20"),
    "place.crossing": (*_BOARD, "place.spread=true"),
    "chip.host_ports": (*_BOARD, "place.spread=true"),
    "defects.draw": ("defects.dead_cores=0.3",),
    "defects.remap": ("defects.dead_positions=[[0, 0]]",),
}
"""What an option needs to act: rows for two groups, several chips. Without, it is named, but for `_ONLY_LAYOUT`."""
_ONLY_LAYOUT = "trace.row_group"


def test_every_option_has_a_value_here():
    assert {table: set(values) for table, values in VALUES.items()} == {
        table: set(options.model_fields) for table, options in OPTIONS.items()
    }


def results(folder):
    """Return summary and files, without what tells of the hour and of the options as they were given."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    numbers = {key: value for key, value in summary.items() if key not in ("provenance", "run", "unused")}
    numbers["engine"] |= {"wall_s": None}
    files = [folder / "program.npz", folder / "placement.npz", *sorted((folder / "trace").glob("*.parquet"))]
    return numbers, {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}, summary


@pytest.mark.parametrize(
    "timing", ["compiled", pytest.param("none", marks=pytest.mark.slow), pytest.param("simpy", marks=pytest.mark.slow)]
)
def test_every_option_acts_or_is_named(timing, tiny, tiny_run, tmp_path):
    silent = []
    for table, values in VALUES.items():
        for name, value in values.items():
            if value is None:
                continue
            key = f"{table}.{name}"
            for extra in {(), EXTRA.get(key, ())} - ({()} if key == _ONLY_LAYOUT else set()):
                common = (f"simulate.timing={timing}", *extra)
                outcomes = []
                for changes in (common, (*common, f"{key}={json.dumps(value)}")):
                    folder = tmp_path / hashlib.sha256(str(changes).encode()).hexdigest()[:8]
                    if not folder.exists():
                        shutil.copytree(tiny_run, folder)
                        simulate_scenario(tiny, folder, *changes)
                    outcomes.append(results(folder))
                (numbers, files, _), (changed_numbers, changed_files, summary) = outcomes
                # An assumption that is listed with its value must act as well.
                kept = {**numbers, "assumptions": None} == {**changed_numbers, "assumptions": None}
                is_named = key in summary.get("unused", {})
                if kept and files == changed_files and not is_named:
                    silent.append((key, extra))
                if is_named and (not kept or files != changed_files):
                    silent.append((key, extra, "is named and acts"))
    assert silent == []


def test_options_of_plugins_without_effect_are_named(tiny, tiny_run):
    changes = ("place.crossing=9", "simulate.frames=1000000", "encoder.kind=rate", "encoder.seed=7")
    unused = simulate_scenario(tiny, tiny_run, *changes, "train.soft_until=0.5", "train.images=1000000")["unused"]
    assert unused == {
        "simulate.frames": "the data have 40 test frames",
        "place.crossing": "all cores are on one chip",
        "encoder.seed": "spacing even draws nothing",
        "train.soft_until": "softness is 0: neurons are binary from the start",
        "train.images": "the data have 240 training images",
    }


def test_options_of_the_training_are_named_where_a_model_is_given(tiny, tiny_run, tmp_path):
    shutil.copy(tiny_run / "model.safetensors", tmp_path / "m.safetensors")
    changes = (f"train.model={tmp_path / 'm.safetensors'}", "train.rate=0.1", "train.images=20", "train.momentum=0.5")
    unused = simulate_scenario(tiny, tiny_run, *changes)["unused"]
    reason = "the model is m.safetensors; `neurosyn train` trains one"
    names = ("epochs", "batch", "rate", "momentum", "images", "validation")
    assert unused == dict.fromkeys((f"train.{name}" for name in names), reason)


@pytest.mark.parametrize("given", ["auto", 500])
def test_given_tick_holds_where_nothing_is_timed(given, tiny, tiny_run):
    change = f"simulate.tick={given}"
    summary = simulate_scenario(tiny, tiny_run, "simulate.timing=none", change)
    period = 1_000 if given == "auto" else given
    assert summary["tick_period_us"] == period
    assert summary["frames_per_second"] == pytest.approx(1e6 / period)
    assert summary["tick_limited_by"]["kind"] == ("nominal" if given == "auto" else "given")
    leakage = summary["power_mw"]["leakage"]
    assert leakage == pytest.approx(summary["energy_pj"]["leakage"] / (20 * period * 1e6) * 1e3)


def test_unused_options_are_those_that_differ_from_the_defaults():
    chip, simulate = ChipOptions(fifo_depth=9, voltage=0.8), SimulateOptions(timing="none")
    assert unused_options(chip, simulate, None) == {"chip.fifo_depth": "nothing was timed"}
    assert unused_options(chip, SimulateOptions(), TraceOptions(max_rows=5)) == {}
    assert list(unused_options(chip, SimulateOptions(), TraceOptions(level="tick", cores=(1,), max_rows=5))) == [
        "trace.cores",
        "trace.max_rows",
    ]
