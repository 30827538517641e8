"""Recorded programs, spike for spike: IBM's simulator, IBM's Compass, and RANC's hardware."""

import json

import numpy as np
import pytest

from neurosyn.formats.open_program import open_program
from neurosyn.formats.spikes.files import read_outputs, read_spikes
from tests.formats.playing import play
from tests.formats.vectors import load_arrays, ranc_document, vectors_folder

pytestmark = pytest.mark.data


def test_ibms_simulator():
    folder = vectors_folder() / "patternMatch"
    raw = open_program(folder / "patternMatch.json")
    spikes = read_spikes(folder / "patternMatch_inputSpikes.sfti", raw.program)
    recorded = read_outputs(folder / "patternMatch_outputSpikes0.sfcp", raw.program)
    played = play(raw.program, spikes, 48, raw.placement)
    assert len(recorded) == 24
    assert played.tick.tolist() == recorded.tick.tolist()
    assert played.dest_axon.tolist() == recorded.dest_axon.tolist()


@pytest.mark.parametrize(
    ("name", "shift"), [*((f"compass/compass_{number:03d}", 1) for number in range(20)), ("ranc/tea_256", -1)]
)
def test_compass_and_rancs_hardware(tmp_path, name, shift):
    # What fires in tick t was recorded at t + shift.
    arrays = load_arrays(vectors_folder() / f"{name}.npz")
    path = tmp_path / "ranc.json"
    path.write_text(json.dumps(ranc_document(arrays)), encoding="ascii")
    raw = open_program(path)
    recorded = arrays["out_ev"]
    last = int(recorded[:, 0].max())
    ticks = max(last - shift + 1, json.loads(str(arrays["meta"])).get("ticks", 0))
    played = play(raw.program, raw.spikes, ticks, raw.placement)
    spikes = np.stack([played.tick + shift, played.dest_axon], axis=1)
    spikes = spikes[(spikes[:, 0] >= 0) & (spikes[:, 0] <= last)]
    assert np.array_equal(np.unique(spikes, axis=0), np.unique(recorded, axis=0))
    if shift == 1:
        assert len(played) == len(recorded)
