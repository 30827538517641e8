"""The hottest cores, against the tables of the trace."""

import pytest

from neurosyn.analysis import hotspots


def test_hotspots(board_run):
    cores = board_run.trace.cores()
    found = hotspots.analyse(board_run)
    hottest = found.table().set_index(["measure", "rank"])
    for measure, column in (("spikes", "timed_spikes"), ("finish_ps", "finish_ps"), ("energy_pj", "timed_energy_pj")):
        first = hottest.loc[(measure, 1)]
        assert first["value"] == cores[column].max()
        assert first["core"] == cores["core"][cores[column].astype(float).idxmax()]
        layer = cores[column][cores["layer"] == first["layer"]].astype(float)
        assert first["times_mean"] == pytest.approx(layer.max() / layer.mean())
    assert hottest.loc["spikes"]["share"].sum() <= 1
    layers = found.table("layers").set_index("layer")
    assert layers.loc["layer1", "spikes_max"] == cores["timed_spikes"][cores["layer"] == "layer1"].max()
