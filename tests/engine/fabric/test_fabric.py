"""Routes of packets through ports, chips and the host, by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.chip.mesh import Mesh
from neurosyn.chip.options import ChipOptions
from neurosyn.chip.placement import Placement
from neurosyn.chip.program import NO_DESTINATION, OUTPUT
from neurosyn.engine.fabric.fabric import CORE, EAST, HOST, LOCAL, NORTH, SOUTH, WEST, Fabric, Kind
from neurosyn.engine.fabric.routes import Routes
from tests.engine.programs import make_program

BOARD = Mesh(2, 2, 4)


def board(**options):
    return Fabric(BOARD, ChipOptions(chips=(2, 2), **options))


def names(fabric, source, target):
    return [fabric.name(fabric.server_of(buffer)) for buffer in fabric.route(source, target)]


def test_a_packet_to_its_own_core_goes_through_the_local_port():
    assert names(board(), (2, 1), (2, 1)) == ["local port of router (2,1)"]


def test_a_packet_goes_along_x_then_along_y():
    assert names(board(), (2, 2), (1, 0)) == [
        "link (2,2)→(1,2)",
        "link (1,2)→(1,1)",
        "link (1,1)→(1,0)",
        "local port of router (1,0)",
    ]


def test_a_packet_passes_the_edges_between_chips():
    assert names(board(), (3, 4), (4, 3)) == [
        "link (3,4)→(4,4)",
        "chip edge (0,1)→(1,1)",
        "link (4,4)→(4,3)",
        "chip edge (1,1)→(1,0)",
        "local port of router (4,3)",
    ]


def test_a_packet_to_the_host_leaves_along_its_row():
    assert names(board(), (6, 5), HOST) == [
        "link (6,5)→(7,5)",
        "link (7,5)→host",
        "host output port east of chip (1,1)",
    ]
    assert names(board(output_side="south"), (6, 1), HOST) == [
        "link (6,1)→(6,0)",
        "link (6,0)→host",
        "host output port south of chip (1,0)",
    ]


def test_a_packet_of_the_host_enters_in_the_row_of_its_target():
    assert names(board(), HOST, (0, 5)) == ["host input port west of chip (0,1)", "local port of router (0,5)"]
    assert names(board(input_side="north"), HOST, (5, 6)) == [
        "host input port north of chip (1,1)",
        "link (5,7)→(5,6)",
        "local port of router (5,6)",
    ]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ((0, 5), ["host input port west of chip (0,1)", "local port of router (0,5)"]),
        ((9, 1), ["host input port south of chip (2,0)", "link (9,0)→(9,1)", "local port of router (9,1)"]),
        ((6, 10), ["host input port north of chip (1,2)", "link (6,11)→(6,10)", "local port of router (6,10)"]),
        ((11, 6), ["host input port east of chip (2,1)", "local port of router (11,6)"]),
        (
            (4, 6),
            [
                "host input port west of chip (0,1)",
                *(f"link ({x},6)→({x + 1},6)" for x in range(4)),
                "chip edge (0,1)→(1,1)",
                "local port of router (4,6)",
            ],
        ),
    ],
)
def test_with_ports_at_the_border_a_packet_enters_into_the_chip_of_its_target(target, expected):
    fabric = Fabric(Mesh(3, 3, 4), ChipOptions(host_ports="border"))
    assert names(fabric, HOST, target) == expected


def test_every_buffer_has_one_upstream_with_ports_at_the_border():
    fabric = Fabric(Mesh(3, 3, 2), ChipOptions(host_ports="border"))
    places = list(itertools.product(range(6), range(6)))
    upstream = {}
    for source, target in itertools.product([HOST, *places], places):
        before = source
        for buffer in fabric.route(source, target):
            assert upstream.setdefault(buffer, before) == before
            before = ("server", fabric.server_of(buffer))


def test_the_host_sends_nothing_to_itself():
    with pytest.raises(ValueError, match="host"):
        board().route(HOST, HOST)


def test_ports_are_directions_of_travel():
    fabric = Fabric(Mesh(1, 1, 4), ChipOptions())
    router = 1 * 4 + 2
    assert fabric.route((0, 1), (2, 2))[-2:] == [25 * router + 5 * NORTH + EAST, 25 * (router + 4) + 5 * LOCAL + NORTH]
    assert fabric.route((2, 1), (2, 0))[0] == 25 * router + 5 * SOUTH + CORE
    assert fabric.route((3, 1), (2, 1))[-1] == 25 * router + 5 * LOCAL + WEST


def test_kinds():
    fabric = board()
    kinds = [fabric.kind(server) for server in range(fabric.servers)]
    assert kinds.count(Kind.LOCAL_PORT) == BOARD.cores
    assert kinds.count(Kind.LINK) == 4 * BOARD.cores
    assert kinds.count(Kind.CHIP_EDGE) == 8
    assert kinds.count(Kind.HOST_OUTPUT) == 8
    assert kinds.count(Kind.HOST_INPUT) == 4


def test_buffers_are_numbered_by_server():
    fabric = board()
    owners = [fabric.server_of(buffer) for buffer in range(fabric.buffers)]
    assert owners == sorted(owners)
    assert set(owners) == set(range(fabric.servers))


def test_the_host_waits_outside():
    fabric = board(fifo_depth=3)
    entry, *rest = fabric.route(HOST, (6, 5))
    assert fabric.slots(entry) is None
    assert {fabric.slots(buffer) for buffer in rest} == {3}


def test_every_buffer_has_one_upstream():
    fabric = board()
    places = list(itertools.product(range(8), range(8)))
    upstream = {}
    for source, target in itertools.product([HOST, *places], [HOST, *places]):
        if source is HOST and target is HOST:
            continue
        before = source  # a core, or the host
        for buffer in fabric.route(source, target):
            assert upstream.setdefault(buffer, before) == before
            before = ("server", fabric.server_of(buffer))


def test_the_way_on_depends_on_where_a_packet_is_and_goes_alone():
    fabric = board()
    places = list(itertools.product(range(8), range(8)))
    following = {}
    for source, target in itertools.product([HOST, *places], places):
        path = fabric.route(source, target)
        for buffer, after in itertools.pairwise(path):
            assert following.setdefault((buffer, target), after) == after


def test_latencies_are_those_of_each_server():
    fabric = board(hop_latency_ps=3, link_cycle_ps=4, edge_latency_ps=5, edge_cycle_ps=6)
    for server in range(fabric.servers):
        inside = fabric.kind(server) in (Kind.LINK, Kind.LOCAL_PORT)
        assert (fabric.latency_ps(server), fabric.cycle_ps(server)) == ((3, 4) if inside else (5, 6))


SIDES = st.sampled_from(["west", "east", "north", "south"])


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 4),
    SIDES,
    SIDES,
    st.sampled_from(["side", "border"]),
    st.integers(0, 2**32 - 1),
)
def test_routes_are_what_paths_say(rows, columns, side, input_side, output_side, host_ports, seed):
    rng = np.random.default_rng(seed)
    mesh = Mesh(rows, columns, side)
    chip = ChipOptions(chips=(rows, columns), input_side=input_side, output_side=output_side, host_ports=host_ports)
    cores = min(mesh.cores, 9)
    where = rng.permutation(mesh.cores)[:cores]
    xy = np.stack([where % mesh.width, where // mesh.width], axis=1).astype(np.int32)
    dest = rng.integers(OUTPUT, cores, (cores, 4))
    program = make_program(
        np.zeros((cores, 2, 4)), dest, np.zeros((cores, 4), int), inputs=[(core, 0) for core in range(cores)], pins=1
    )
    routes = Routes.of(program, Placement(mesh, xy), chip)
    fabric = Fabric(mesh, chip)
    place = [tuple(position) for position in xy.tolist()]

    def measure(path):
        kinds = [fabric.kind(fabric.server_of(buffer)) for buffer in path]
        to_host = kinds[-1] is Kind.HOST_OUTPUT  # over a link that leads out, not to a router
        return kinds.count(Kind.LINK) - to_host, kinds.count(Kind.CHIP_EDGE)

    for core, neuron in np.ndindex(dest.shape):
        to = dest[core, neuron]
        expected = (0, 0)
        if to != NO_DESTINATION:
            expected = measure(fabric.route(place[core], HOST if to == OUTPUT else place[to]))
        assert (routes.hops[core, neuron], routes.crossings[core, neuron]) == expected
    for line in range(cores):
        assert (routes.line_hops[line], routes.line_crossings[line]) == measure(fabric.route(HOST, place[line]))
