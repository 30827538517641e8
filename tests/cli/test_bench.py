"""Command ``neurosyn bench``."""

import json


def test_chip_prints_one_document(neurosyn):
    arguments = ("--cores", 4, "--rate-hz", 20, "--synapses", 128, "--timing", "none", "--ticks", 3, "--repeats", 1)
    outcome = neurosyn("bench", "chip", *arguments, "--backend", "numpy", "--json")
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    needed = {"ms_per_tick", "spikes", "synaptic_events", "hops", "peak_rss_gb", "backend"}
    assert needed <= set(document)
    assert (document["cores"], document["ticks"], document["backend"]) == (4, 3, "numpy")
    assert "ms per tick" in outcome.err


def test_chip_prints_a_table_for_people(neurosyn):
    outcome = neurosyn("bench", "chip", "--cores", 1, "--ticks", 2, "--repeats", 1, "--backend", "numpy", "--quiet")
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    assert "ms per tick" in outcome.out
    assert "machine processors" in outcome.out


def test_wrong_options_end_with_2(neurosyn):
    for arguments in (["--cores", "5"], ["--timing", "exact"], ["--ticks", "1"], ["--repeats", "0"]):
        outcome = neurosyn("bench", "chip", "--backend", "numpy", *arguments)
        assert outcome.code == 2, arguments
        assert outcome.out == ""
        assert outcome.err
