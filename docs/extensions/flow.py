"""The packages of the house: a list with their contracts, and a picture of their imports in layers.

Layers and contracts are those of `pyproject.toml`, which ``lint-imports`` checks; the imports are read from the code by
Grimp, as ``lint-imports`` does. The picture leaves out an arrow where a chain of arrows leads to the same package, and
all arrows to the ground, which every package may import.
"""

from __future__ import annotations

import ast
import itertools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docs.extensions.markdown import summary, table

__all__ = ["PICTURE", "contracts", "draw", "imports", "layers", "packages"]

PICTURE = Path("docs/images/flow.svg")

ROOT = Path(__file__).parents[2]
STAGES = {
    "scenario": "scenario",
    "data": "data",
    "train": "training",
    "compile": "compiler",
    "place": "placement",
    "simulate": "engine",
    "trace": "trace",
    "report": "report",
}
"""The stages of a run, in order, and the package of each."""

SHIPPED = "neurosyn_plugins"
GROUND = ("registry", "support", "options", "errors", "version")
"""What every package may import; drawn as one row without arrows."""

WIDTH, BOX_WIDTH, BOX_HEIGHT, ROW, TOP, MARGIN = 760, 100, 32, 74, 92, 16
PASSAGE = 20
"""Room in a row for an arrow that passes through it."""


def packages() -> str:
    """Return every package with a line on it, from its docstring."""
    rows = [row for layer in layers() for name in layer for row in _rows(ROOT / "neurosyn" / name, ROOT / "neurosyn")]
    shipped = ROOT / "plugins" / SHIPPED
    rows += [row for path in _children(shipped) for row in _rows(path, shipped.parent)]
    return table(("package", "contents"), rows)


def contracts() -> str:
    """Return the contracts that ``lint-imports`` checks, and the order of the first one's layers."""
    order = "\n".join(f"{number}. {', '.join(f'`{name}`' for name in row)}" for number, row in enumerate(layers(), 1))
    names = [f"- {contract['name']}." for contract in _settings()["contracts"]]
    return "\n".join([*names, "", "The layers, a package imports from those below it only:", "", order]) + "\n"


def layers() -> list[list[str]]:
    """Return the packages and modules of neurosyn in the layers of the first contract, from the top."""
    contract = next(contract for contract in _settings()["contracts"] if contract["type"] == "layers")
    return [[name.strip().removeprefix("neurosyn.") for name in _split(layer)] for layer in contract["layers"]]


def imports() -> dict[str, set[str]]:
    """Return the packages that each package imports, also inside functions."""
    import grimp

    graph = grimp.build_graph("neurosyn", SHIPPED)
    names = {f"neurosyn.{name}": name for layer in layers() for name in layer} | {SHIPPED: SHIPPED}
    for module in names:
        if graph.find_children(module):
            graph.squash_module(module)
    return {
        name: {names[target] for target in graph.find_modules_directly_imported_by(module) if target in names} - {name}
        for module, name in names.items()
    }


def draw() -> str:
    """Return the picture as SVG."""
    rows = [names for layer in layers() if (names := [name for name in layer if name not in GROUND])]
    level = {name: number for number, row in enumerate(rows) for name in row}
    level[SHIPPED] = level["plugins"] - 1
    edges = _reduced({name: targets - {*GROUND} for name, targets in imports().items()})
    chains = [_chain(above, below, level) for above, targets in sorted(edges.items()) for below in sorted(targets)]
    x = _positions(level, chains)
    height = TOP + ROW * (len(rows) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="14">',
        f"<title>Packages of neurosyn: {escape(', '.join(STAGES))}; arrows are imports</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#8a94a6"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        *_strip(),
    ]
    parts += [_arrow([(x[node], _y(row)) for node, row in chain]) for chain in chains]
    numbers = {package: str(number) for number, package in enumerate(STAGES.values(), 1)}
    for name, row in level.items():
        parts += _box(x[name], _y(row), name, numbers.get(name, ""))
    parts += _ground(_y(len(rows)))
    return "\n".join([*parts, "</svg>", ""])


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    linter: dict[str, Any] = settings["tool"]["importlinter"]
    return linter


def _split(layer: str) -> list[str]:
    return layer.replace(":", "|").split("|")


def _rows(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the first docstring paragraph of a package or module, then of the packages inside it."""
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    about = summary(ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))).split("\n\n")[0]
    yield f"`{file.relative_to(root) if path != file.parent else f'{path.relative_to(root)}/'}`", about
    for child in _children(path):
        yield from _rows(child, root)


def _children(path: Path) -> list[Path]:
    return sorted(child.parent for child in path.glob("*/__init__.py"))


def _reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the graph without the edges that longer paths imply (its transitive reduction; it has no cycle)."""
    below: dict[str, set[str]] = {}

    def reach(name: str) -> set[str]:
        if name not in below:
            below[name] = graph[name].union(*map(reach, graph[name]))
        return below[name]

    return {name: {t for t in targets if not any(t in reach(o) for o in targets)} for name, targets in graph.items()}


def _chain(above: str, below: str, level: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the nodes that an arrow passes, one in each row: its ends and, between them, points of its own."""
    between = [(f"{above}>{below}", row) for row in range(level[above] + 1, level[below])]
    return [(above, level[above]), *((f"{name}:{row}", row) for name, row in between), (below, level[below])]


def _positions(level: Mapping[str, int], chains: list[list[tuple[str, int]]]) -> dict[str, float]:
    """Return the x of every node: near the mean of its neighbours, and apart from the others of its row."""
    rows: dict[int, list[str]] = {}
    neighbours: dict[str, list[str]] = {}
    for node, row in itertools.chain(level.items(), *chains):
        if node not in neighbours:
            rows.setdefault(row, []).append(node)
            neighbours[node] = []
    for (above, _), (below, _) in itertools.chain.from_iterable(map(itertools.pairwise, chains)):
        neighbours[above].append(below)
        neighbours[below].append(above)
    x = {n: WIDTH * (i + 1) / (len(nodes) + 1) for nodes in rows.values() for i, n in enumerate(nodes)}
    for sweep in range(200):
        for row in sorted(rows, reverse=bool(sweep % 2)):
            wanted = {n: sum(x[o] for o in neighbours[n]) / (len(neighbours[n]) or 1) or x[n] for n in rows[row]}
            nodes = sorted(rows[row], key=lambda n: (wanted[n], n))
            x |= _spread(nodes, wanted, level)
    left, right = (pick(x[n] + side * _room(n, level) / 2 for n in x) for pick, side in ((min, -1), (max, 1)))
    scale = max(1.0, (WIDTH - 2 * MARGIN) / (right - left))
    return {n: WIDTH / 2 + (x[n] - (left + right) / 2) * scale for n in x}


def _room(node: str, level: Mapping[str, int]) -> float:
    return PASSAGE if node not in level else _width(node) + 16


def _spread(nodes: list[str], wanted: Mapping[str, float], level: Mapping[str, int]) -> dict[str, float]:
    """Return positions in this order, as near to the wanted ones as the room between neighbours allows."""
    room = [(_room(a, level) + _room(b, level)) / 2 for a, b in itertools.pairwise(nodes)]
    offsets = [0.0, *itertools.accumulate(room)]
    blocks: list[list[float]] = []
    for node, offset in zip(nodes, offsets, strict=True):
        blocks.append([wanted[node] - offset])
        while len(blocks) > 1 and sum(blocks[-2]) / len(blocks[-2]) > sum(blocks[-1]) / len(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    starts = [sum(block) / len(block) for block in blocks for _ in block]
    low, high = _room(nodes[0], level) / 2, WIDTH - _room(nodes[-1], level) / 2 - offsets[-1]
    return {n: min(max(s, low), max(low, high)) + o for n, s, o in zip(nodes, starts, offsets, strict=True)}


def _y(row: int) -> float:
    return TOP + ROW * (row + 0.5)


def _arrow(points: list[tuple[float, float]]) -> str:
    first, *between, last = points
    path = f"M{first[0]:.0f} {first[1] + BOX_HEIGHT / 2:.0f}"
    at = (first[0], first[1] + BOX_HEIGHT / 2)
    for x, y in [*between, last]:
        arrives = y - BOX_HEIGHT / 2 - (2 if (x, y) == last else 0)
        middle = (at[1] + arrives) / 2
        path += f"C{at[0]:.0f} {middle:.0f} {x:.0f} {middle:.0f} {x:.0f} {arrives:.0f}"
        at = (x, arrives)
        if (x, y) != last:
            at = (x, y + BOX_HEIGHT / 2)
            path += f"V{at[1]:.0f}"
    return f'<path d="{path}" fill="none" stroke="#8a94a6" stroke-width="1.2" marker-end="url(#tip)"/>'


def _width(name: str) -> float:
    return max(BOX_WIDTH, 8 * len(name))


def _box(x: float, y: float, name: str, number: str = "") -> Iterator[str]:
    fill, ink, line = ("#21536b", "#ffffff", "#21536b") if number else ("#eef2f5", "#1c2733", "#9aa7b4")
    dashes = ' stroke-dasharray="4 3"' if name == SHIPPED else ""
    yield (
        f'<rect x="{x - _width(name) / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{_width(name)}" '
        f'height="{BOX_HEIGHT}" rx="5" fill="{fill}" stroke="{line}"{dashes}/>'
    )
    text = f"{number} {name}" if number else name
    yield f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="{ink}">{escape(text)}</text>'


def _ground(y: float) -> Iterator[str]:
    """Yield the row of what every package may import."""
    yield (
        f'<rect x="{MARGIN}" y="{y - 28:.0f}" width="{WIDTH - 2 * MARGIN}" height="56" rx="6" fill="none" '
        'stroke="#9aa7b4"/>'
    )
    step = (WIDTH - 2 * MARGIN) / len(GROUND)
    for number, name in enumerate(GROUND):
        yield from _box(MARGIN + step * (number + 0.5), y, name)


def _strip() -> Iterator[str]:
    """Yield the stages of a run in order, above the packages."""
    step = WIDTH / len(STAGES)
    for number, stage in enumerate(STAGES):
        x = step * (number + 0.5)
        yield (
            f'<text x="{x:.0f}" y="38" text-anchor="middle" fill="#21536b" font-weight="bold">'
            f"{number + 1} {escape(stage)}</text>"
        )
        if number:
            yield f'<text x="{step * number:.0f}" y="38" text-anchor="middle" fill="#8a94a6">→</text>'
    yield (
        f'<text x="{WIDTH / 2:.0f}" y="68" text-anchor="middle" fill="#4c5a67" font-size="12">'
        "Above: the stages of a run. Below: the packages; an arrow is an import. "
        "Arrows to the last row are left out.</text>"
    )
