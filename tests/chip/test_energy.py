"""Energy per event by hand, against published powers, and sums to the last digit."""

import numpy as np
import pytest

from neurosyn.chip.energy import EnergyModel, Events

MILLISECOND_PS = 1_000_000_000
CORES, NEURONS, MEAN_HOPS = 4096, 4096 * 256, 21.3 + 21.3

# Merolla et al. 2014: supply in V, rate in Hz, active synapses per neuron, measured mW; then the model's mW.
PUBLISHED = [
    (0.70, 0, 0, 42, 45.5),
    (0.75, 20, 128, 65, 60.1),
    (0.775, 20, 128, 72, 66.1),
    (0.80, 11.58, 128, 68, 70.3),
    (0.80, 20.07, 128, 71, 72.6),
    (0.80, 95.93, 128, 94, 93.3),
    (1.05, 200, 256, 323, 327.9),
]


def characterisation(rate, synapses, seconds=10):
    spikes = round(NEURONS * rate * seconds)
    return Events(ticks=1000 * seconds, synaptic_events=spikes * synapses, hops=round(spikes * MEAN_HOPS))


@pytest.mark.parametrize(("voltage", "rate", "synapses", "measured", "modelled"), PUBLISHED)
def test_published_power_points(voltage, rate, synapses, measured, modelled):
    power = EnergyModel(voltage).power_mw(characterisation(rate, synapses), CORES, MILLISECOND_PS)
    assert power.total == pytest.approx(modelled, rel=0.005)
    assert power.total == pytest.approx(measured, rel=0.10)


def test_parts_by_hand_at_one_volt():
    energy = EnergyModel(1.0).energy_pj(
        Events(ticks=2, synaptic_events=1000, hops=100, crossings=3, ports=5), cores=10, tick_ps=MILLISECOND_PS
    )
    assert energy.memory == 20 * 8170
    assert energy.synaptic == pytest.approx(1900, rel=3e-4)
    assert energy.network == pytest.approx(384, rel=3e-4)
    assert energy.chip_to_chip == 3 * 32 * 26
    assert energy.io == 5 * 32 * 2
    # 36.5 mW · e^(4.5·0.25) / 4096 cores = 27.45 µW: 27,448 pJ in a millisecond
    assert energy.leakage == pytest.approx(20 * 27_448, rel=1e-4)
    assert energy.total == (
        energy.leakage + energy.memory + energy.synaptic + energy.network + energy.chip_to_chip + energy.io
    )


def test_power_is_energy_over_time():
    events, model = Events(ticks=7, synaptic_events=123_456, hops=789, crossings=12, ports=3), EnergyModel(0.8)
    energy, power = model.energy_pj(events, 4042, 400_000_000), model.power_mw(events, 4042, 400_000_000)
    assert power.total == pytest.approx(energy.total * 1e-12 / (7 * 400e-6) * 1e3)


@pytest.mark.parametrize("voltage", [0.65, 0.775, 1.0, 1.1])
def test_ledgers_add_up_to_the_last_digit_in_any_split(voltage):
    random, model = np.random.default_rng(3), EnergyModel(voltage)
    hops, crossings, ports = (random.integers(0, high, 10_000) for high in (130, 4, 3))
    packets = model.packets_pj(hops, crossings, ports)
    whole = model.energy_pj(
        Events(1, hops=int(hops.sum()), crossings=int(crossings.sum()), ports=int(ports.sum())), 1, 1
    )
    expected = whole.network + whole.chip_to_chip + whole.io
    assert packets.sum() == expected
    assert sum(packets[::-1].tolist()) == expected
    per_tick = model.energy_pj(Events(ticks=1, synaptic_events=77), 4042, 400_800_000)
    thousand = model.energy_pj(Events(ticks=1000, synaptic_events=77_000), 4042, 400_800_000)
    assert sum([per_tick.total] * 1000) == thousand.total
