"""Packets per link, against counting them on their routes."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.engine.fabric import link_loads as loads
from neurosyn.engine.fabric.fabric import HOST, Fabric
from neurosyn.engine.fabric.link_loads import server_loads
from tests.engine.programs import make_program

SIDES = st.sampled_from(["west", "east", "north", "south"])


PORTS = st.sampled_from(["side", "border"])


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), SIDES, SIDES, PORTS, st.integers(0, 2**32 - 1))
def test_servers_carry_what_passes_through_them(rows, columns, side, input_side, output_side, host_ports, seed):
    rng, mesh = np.random.default_rng(seed), Mesh(rows, columns, side)
    sides = {"input_side": input_side, "output_side": output_side, "host_ports": host_ports}
    fabric = Fabric(mesh, ChipOptions(chips=(rows, columns), **sides))
    cores = min(mesh.cores, 9)
    where = rng.permutation(mesh.cores)[:cores]
    xy = np.stack([where % mesh.width, where // mesh.width], axis=1).astype(np.int32)
    dest = rng.integers(OUTPUT, cores, (cores, 5))
    program = make_program(np.zeros((cores, 2, 5)), dest, np.zeros((cores, 5), int), pins=1)
    fired, host = rng.integers(0, 4, (cores, 5)), rng.integers(0, 4, cores)
    expected = Counter()
    for core, at in enumerate(xy.tolist()):
        flows = [(HOST, at, host[core])]
        for to, n in zip(dest[core], fired[core], strict=True):
            if to != NO_DESTINATION:
                flows.append((at, HOST if to == OUTPUT else xy[to].tolist(), n))
        for source, target, n in flows:
            for buffer in fabric.route(source, target):
                expected[fabric.server_of(buffer)] += n
    found = server_loads(fabric, program, Placement(mesh, xy), fired, host)
    assert found.tolist() == [expected[server] for server in range(fabric.servers)]


def test_cores_are_looked_at_in_pieces(monkeypatch):
    rng, mesh = np.random.default_rng(0), Mesh(2, 1, 3)
    xy = np.array([(n % 3, n // 3) for n in range(18)], np.int32)
    program = make_program(np.zeros((18, 1, 4)), rng.integers(OUTPUT, 18, (18, 4)), np.zeros((18, 4), int), pins=1)
    arguments = Fabric(mesh, ChipOptions(chips=(2, 1))), program, Placement(mesh, xy)
    fired, host = rng.integers(0, 4, (18, 4)), np.zeros(18, np.int64)
    whole = server_loads(*arguments, fired, host)
    monkeypatch.setattr(loads, "_CORES", 5)
    np.testing.assert_array_equal(server_loads(*arguments, fired, host), whole)
    assert whole.any()
