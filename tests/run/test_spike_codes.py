"""Networks without a layer before the chip, and frames of several ticks, from training to the report."""

import numpy as np
import pytest

from neurosyn.errors import ScenarioError
from neurosyn.model.inference import class_scores
from neurosyn.model.model_file import load_model
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.changes import parse_assignments
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.untrusted import read_npz
from tests.runs import simulate_scenario

FRAMES = 12
ALL = 'simulate.timed_frames="all"'
ON_CHIP = """layers=[
  { kind = "conv2d", features = 24, kernel = 4, stride = 4 },
  { kind = "conv2d", features = 30, kernel = 3, groups = 2 },
  { kind = "readout" },
]""".replace("\n", "")


def overrides(encoder, *more):
    return [f"encoder={encoder}", f"network.{ON_CHIP}", "train.epochs=1", f"simulate.frames={FRAMES}", ALL, *more]


@pytest.mark.parametrize(
    ("encoder", "ticks", "timing"),
    [
        ('{ kind = "rate", ticks = 5 }', 5, "compiled"),
        ('{ kind = "rate", ticks = 3, spacing = "bernoulli" }', 3, "none"),
        ('{ kind = "thermometer", levels = 2 }', 1, "none"),
        ('{ kind = "threshold" }', 1, "compiled"),
    ],
)
def test_chip_answers_as_trained_at_every_tick(tiny, tmp_path, encoder, ticks, timing):
    summary = simulate_scenario(tiny, tmp_path / "run", *overrides(encoder, f'simulate.timing="{timing}"'))
    assert summary["mismatched_frames"] == 0
    assert summary["accuracy"] == summary["trained_accuracy"]
    assert summary["dataset"]["frames"] == FRAMES
    assert summary["ticks_per_frame"] == ticks
    period = summary["tick_period_us"] * 1e-6
    assert summary["frames_per_second"] == pytest.approx(1 / (ticks * period))
    # Splitters, two layers: the first tick of a frame is answered three ticks later, the last one T − 1 ticks after it.
    assert summary["latency_us"] == pytest.approx((3 + ticks - 1) * period * 1e6)
    watts = summary["power_mw"]["total"] * 1e-3
    assert summary["energy_per_frame_uj"] == pytest.approx(watts * ticks * period * 1e6)
    assert summary["energy_pj"]["total"] / FRAMES == pytest.approx(summary["energy_per_frame_uj"] * 1e6)
    timed = 0 if timing == "none" else FRAMES
    assert (summary["engine"]["timed_frames"], summary["engine"]["timed_ticks"]) == (timed, timed * ticks)
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert model.network.ticks_per_frame == ticks


def test_read_out_adds_up_the_ticks_of_a_frame(tiny, tmp_path):
    simulate_scenario(tiny, tmp_path / "run", *overrides('{ kind = "rate", ticks = 4 }', 'simulate.timing="none"'))
    model = load_model(tmp_path / "run" / "model.safetensors")
    outputs = read_npz(tmp_path / "run" / "outputs.npz")
    pins = model.network.readout.size
    spikes = np.unpackbits(outputs["spikes"], axis=1, count=pins).reshape(FRAMES, 4, pins)
    assert np.ptp(spikes.sum(axis=2), axis=1).any(), "the ticks of a frame differ"
    for frame, scores in zip(spikes, outputs["scores"], strict=True):
        for of_class, score in enumerate(scores):
            assert score == pytest.approx(frame[:, model.network.readout == of_class].mean())
    with pytest.raises(Exception, match="no whole number of frames of 4 ticks"):
        class_scores(model.network, spikes[0, :3])


def test_a_short_tick_that_mixes_frames_changes_nothing_but_time(tiny, tmp_path):
    """Given periods are played tick by tick where packets are late; a long one must say what the batch says."""
    encoder = '{ kind = "rate", ticks = 3 }'
    free = simulate_scenario(tiny, tmp_path / "free", *overrides(encoder, 'simulate.timing="compiled"'))
    given = simulate_scenario(
        tiny, tmp_path / "free", *overrides(encoder, "simulate.tick=2000.0", 'simulate.timing="compiled"')
    )
    assert given["events"]["late_packets"] == 0
    assert given["events"]["spikes"] == free["events"]["spikes"]
    assert given["frames_per_second"] == pytest.approx(1e6 / 2000 / 3)


def test_real_values_need_a_layer_before_the_chip(tiny):
    scenario = load_scenario(tiny, changes=parse_assignments(overrides('{ kind = "contrast" }')))
    with pytest.raises(
        ScenarioError, match="encoder 'contrast' gives real values, and no layer before the chip turns them"
    ):
        _ = RunInputs(scenario).network


def test_a_model_for_other_ticks_is_refused(tiny, tmp_path):
    simulate_scenario(tiny, tmp_path / "run", *overrides('{ kind = "rate", ticks = 2 }', 'simulate.timing="none"'))
    model = f"train.model={tmp_path / 'run' / 'model.safetensors'}"
    with pytest.raises(ScenarioError, match=r"was trained with encoder .*'ticks': 2.* the scenario says .*'ticks': 3"):
        simulate_scenario(tiny, tmp_path / "other", *overrides('{ kind = "rate", ticks = 3 }', model))
