"""The element that limits a tick, by kind. Every neuron here fires at every tick."""

import numpy as np
import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.chip.spikes import InputSpikes
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.simulation import simulate_ticks
from tests.engine.playing import QUICK
from tests.engine.programs import make_program, neuron_type

ALWAYS = neuron_type(leak=1)


def timing(dest_core, positions, mesh=None, *, spikes=(), ticks=1, synapses=0.0, tick="auto", **changes):
    mesh = mesh or Mesh(1, 1, 4)
    dest_core = np.array(dest_core)
    cores, neurons = dest_core.shape
    program = make_program(
        np.full((cores, 2, neurons), synapses),
        dest_core,
        np.zeros_like(dest_core),
        types=ALWAYS,
        inputs=[(core, 0) for core in range(cores)],
        pins=1,
    )
    chip = ChipOptions(**(QUICK.model_dump() | changes | {"chips": (mesh.rows, mesh.columns)}))
    inputs = InputSpikes.on_lines(program, np.zeros(len(spikes), np.int64), np.array(spikes, np.int32))
    result = simulate_ticks(
        program,
        Placement(mesh, np.array(positions, np.int32)),
        chip,
        SimulateOptions(backend="numpy", tick=tick),
        inputs,
        ticks,
    )
    return result.timing


def limit(*arguments, **options):
    return timing(*arguments, **options).limit


def test_a_core_and_where_its_time_went():
    found = limit(
        [[NO_DESTINATION] * 3, [NO_DESTINATION] * 3],
        [(0, 0), (1, 0)],
        spikes=(1,),
        ticks=2,
        synapses=1.0,
        neuron_time_ps=100_000,
        synaptic_event_time_ps=50_000,
    )
    assert (found.kind, found.id, found.name) == ("core", 1, "core 1 (layer layer0)")
    assert found.explanation == (
        "in tick 1 it finished after 0.450 µs: 0.300 µs for 3 neurons, 0.150 µs for 3 synaptic events, no waiting"
    )


def test_a_core_that_stood_still():
    found = limit(
        [[1, 1, 1, NO_DESTINATION], [NO_DESTINATION] * 4],
        [(0, 0), (1, 0)],
        fifo_depth=1,
        link_cycle_ps=1_000,
        neuron_time_ps=1_000,
    )
    assert found.kind == "core"
    # 1st: in at 1,000, its place is free at 2,000. The others find room in time.
    assert found.explanation.startswith("in tick 0 it finished after 0.004 µs")


def test_a_core_that_sent_late():
    found = limit([[1], [NO_DESTINATION]], [(0, 0), (3, 0)], neuron_time_ps=1_000)
    assert (found.kind, found.id) == ("core", 0)
    assert found.explanation == (
        "in tick 0 the last packet (core 0 neuron 0 → core 1 axon 0, 3 hops) arrived after 0.001 µs; "
        "it was sent after 0.001 µs and waited nowhere"
    )


def test_a_core_that_sent_late_because_it_was_held_up():
    silent = [NO_DESTINATION] * 6
    found = limit(
        [[1, 1, *silent, 1], [NO_DESTINATION] * 9],
        [(0, 0), (3, 0)],
        fifo_depth=1,
        link_cycle_ps=5_000,
        neuron_time_ps=1_000,
        hop_latency_ps=1_000,
    )
    # 1st: in at 1 ns, its place is free at 6. 2nd: ready at 2, in at 6. 9th: ready at 6 + 7 = 13, 4 later than without.
    assert (found.kind, found.id) == ("core", 0)
    assert found.explanation == (
        "in tick 0 the last packet (core 0 neuron 8 → core 1 axon 0, 3 hops) arrived after 0.017 µs; "
        "it was sent after 0.013 µs, for 0.004 µs of which its core was held up, and waited nowhere"
    )


@pytest.mark.parametrize(("tick", "stalled"), [("auto", 8_000), (0.002, 13_000)])
def test_how_long_cores_stood_still(tick, stalled):
    # Packets 1 and 2 of a tick that begins at rest are in at 1 and, when the place is free again, at 6 instead of 2 ns.
    # 2 leaves at 7, when 1 has left the next router's only place. If the second walk begins at 7, at the end of the
    # first: 3 is ready at 8, in at 12, and leaves at 13; 4 is ready at 13 and in at 18.
    found = timing(
        [[1, 1, NO_DESTINATION], [NO_DESTINATION] * 3],
        [(0, 0), (3, 0)],
        ticks=2,
        tick=tick,
        fifo_depth=1,
        link_cycle_ps=5_000,
        neuron_time_ps=1_000,
        hop_latency_ps=1_000,
    )
    assert found.core_stalled_ps == stalled


def test_a_local_port():
    found = limit([[3] * 4, [3] * 4, [3] * 4, [NO_DESTINATION] * 4], [(0, 1), (2, 1), (1, 2), (1, 1)], fifo_depth=40)
    assert (found.kind, found.name) == ("local port", "local port of core 3")
    assert found.id == 5 * (1 * 4 + 1) + 4
    assert "longest here" in found.explanation


def test_a_link():
    # The packet of core 0 comes to the link from (1, 0) on behind the burst of core 1.
    found = limit(
        [[2] + [NO_DESTINATION] * 11, [3] * 12, [NO_DESTINATION] * 12, [NO_DESTINATION] * 12],
        [(0, 0), (1, 0), (3, 0), (2, 0)],
        fifo_depth=40,
        hop_latency_ps=1_000,
        link_cycle_ps=1_000,
    )
    assert (found.kind, found.name) == ("link", "link (1,0)→(2,0)")
    assert found.explanation == (
        "in tick 0 the last packet (core 0 neuron 0 → core 2 axon 0, 3 hops) arrived after 0.015 µs; "
        "it waited 0.011 µs in all, longest here (0.011 µs)"
    )


def test_a_chip_edge():
    found = limit([[1] * 4, [NO_DESTINATION] * 4], [(0, 0), (2, 0)], Mesh(1, 2, 2), fifo_depth=40)
    assert (found.kind, found.name) == ("chip edge", "chip edge (0,0)→(1,0)")


def test_ports_of_the_host():
    found = limit([[NO_DESTINATION]] * 2, [(0, 0), (1, 0)], spikes=(0, 1, 1))
    assert (found.kind, found.name) == ("host input port", "host input port west of chip (0,0)")
    assert "line 1 → core 1 axon 0, 1 hops" in found.explanation
    assert "it waited 0.000 µs in all" in found.explanation  # 200 ps
    found = limit([[NO_DESTINATION]], [(2, 0)], spikes=(0,))
    assert found.kind == "host input port"
    assert found.explanation.endswith("waited nowhere")
    found = limit([[OUTPUT] * 3], [(2, 0)], fifo_depth=40)
    assert (found.kind, found.name) == ("host output port", "host output port east of chip (0,0)")
    assert "→ pin 0" in found.explanation
