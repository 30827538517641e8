"""The guide to networks prints numbers that the compiler gives, and a scenario that can be read."""

import re
from pathlib import Path

import pytest

from neurosyn.chip.mesh import Mesh
from neurosyn.compiler.compile import count_cores
from neurosyn.compiler.options import CompileOptions
from neurosyn.network.layer import MapShape
from neurosyn.registry import registry
from neurosyn.scenario.scenario import load_scenario
from tests.networks import bind_topology

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "networks.md"
SLOW = 4_000
"""Larger networks follow the same rules; those of 4,042 cores are compiled in other tests."""
_ROW = re.compile(
    r"^\| `(eedn_\w+|dense|committee|reservoir)`(.*?) \| (\d+) \| ([\d,]+) \| ([\d,]+) \| [\d,]+ \| (\d) × (\d) "
    r"\| (\d+) \|$"
)


def rows():
    found = [_ROW.match(line) for line in GUIDE.read_text(encoding="utf-8").splitlines()]
    return [match.groups() for match in found if match]


def network(kind, text):
    options = {}
    for name, value in re.findall(r"(\w+) = (\[.*?\]|[\d.]+)", text):
        options[name] = [int(n) for n in value[1:-1].split(",")] if value[0] == "[" else float(value)
        if name in ("inputs", "transduction", "members"):
            options[name] = int(value)
    side, channels = re.search(r"(\d+)×\1", text), re.search(r"(\d+) channels", text)
    shape = MapShape(*[int(side[1]) if side else 32] * 2, int(channels[1]) if channels else 3)
    topology = registry.get("topologies", kind).from_table(options)
    return bind_topology(topology, shape, 10)


def test_the_table_has_the_networks_it_promises():
    kinds = [kind for kind, *_ in rows()]
    assert (kinds.count("eedn_chips"), kinds.count("eedn_one_chip"), len(kinds)) == (6, 5, 15)


@pytest.mark.parametrize(
    "row", [row for row in rows() if int(row[3].replace(",", "")) < SLOW], ids=lambda r: r[0] + r[1]
)
def test_cores_of_the_table(row):
    kind, text, layers, cores, packed, board_rows, board_columns, depth = row
    bound = network(kind, text)
    assert len(bound.layers) == int(layers)
    assert len(bound.on_chip) + 1 == int(depth)
    assert count_cores(bound) == int(cores.replace(",", ""))
    assert count_cores(bound, CompileOptions(pack="tight")) == int(packed.replace(",", ""))
    mesh = Mesh.holding(count_cores(bound))
    assert (mesh.rows, mesh.columns) == (int(board_rows), int(board_columns))


def test_the_scenario_can_be_read(tmp_path):
    text = re.search(r"```toml\n(# rate\.toml\n.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1]
    path = tmp_path / "rate.toml"
    path.write_text(text, encoding="utf-8")
    scenario = load_scenario(path)
    assert scenario.resolved["encoder"] == {"kind": "rate", "ticks": 4, "spacing": "even", "seed": 0}
