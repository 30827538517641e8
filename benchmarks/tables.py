"""Results of the comparison as JSON, as tables in a page and as a plot."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosyn.analysis.plotting import ACCENT, COLOURS, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEGIN, END = "<!-- results -->", "<!-- end of results -->"

_TOOLS = ("neurosyn", "brian2", "nest", "superneuromat", "neurosyn_timed", "nengo", "numba_loop", "sanafe")
_TOOL_COLOURS = dict(zip(_TOOLS, COLOURS, strict=True))
_REAL_TIME_MS = 1.0


def write_page(document: dict[str, Any], folder: Path) -> None:
    """Write ``benchmarks/results.json``, ``benchmarks/ticks.png`` and the tables in ``benchmarks.md``."""
    (folder / "benchmarks").mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks" / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    _draw(document, folder / "benchmarks" / "ticks.png")
    replace_between(folder / "benchmarks.md", BEGIN, END, _results(document))


def replace_between(page: Path, begin: str, end: str, text: str) -> None:
    """Replace the text between two marks of a page; a new page gets both marks."""
    before = page.read_text(encoding="utf-8") if page.exists() else f"# Benchmarks\n\n{begin}\n{end}\n"
    head, rest = before.split(begin, 1)
    _, tail = rest.split(end, 1)
    page.write_text(f"{head}{begin}\n{text}{end}{tail}", encoding="utf-8")


def _median(document: dict[str, Any], cores: str, name: str, key: str) -> float | None:
    values = [run[key] for run in document["runs"][cores].get(name, []) if key in run]
    return statistics.median(values) if values else None


def _results(document: dict[str, Any]) -> str:
    parts = [_circumstances(document), *_times(document), *_reasons(document), *_limits(document["limits"])]
    return "\n".join([*parts, "", "![Time of a tick over the number of cores](benchmarks/ticks.png)", ""])


def _circumstances(document: dict[str, Any]) -> str:
    machine = document["machine"]
    return (
        f"Taken on {document['date']}: {machine['model']}, {machine['processors']} processors, "
        f"{machine['memory_gb']:.0f} GB, Python {machine['python']}; {document['repeats']} processes of "
        f"each simulator, in turns, {document['ticks']} ticks. Load of the machine meanwhile: "
        f"{document['load_from']} … {document['load_to']}."
    )


def _times(document: dict[str, Any]) -> list[str]:
    sizes = list(document["runs"])
    lines = [
        "",
        "Milliseconds per tick, in brackets as a multiple of neurosyn's function (medians):",
        "",
        f"| simulator | {' | '.join(f'{int(size):,} cores' for size in sizes)} | peak GB | version |",
        "|---|" + "---:|" * len(sizes) + "---:|---|",
    ]
    for name, title in document["tools"].items():
        cells = [_cell(document, size, name) for size in sizes]
        peaks = [peak for size in sizes if (peak := _median(document, size, name, "peak_rss_gb")) is not None]
        runs = [run for size in sizes for run in document["runs"][size].get(name, [])]
        version = next((run["version"] for run in runs if "version" in run), "")
        lines.append(f"| {title} | {' | '.join(cells)} | {f'{peaks[-1]:.2f}' if peaks else '–'} | {version} |")
    return lines


def _limits(measured: dict[str, Any]) -> list[str]:
    tick, batch, limits = measured["tick"], measured["batch"], measured["limits"]
    read, counted = limits["read_gb_per_s"], limits["popcount_gwords_per_s"]
    words = f"{batch['gwords_per_s']:.1f} G words/s"
    return [
        "",
        "The crossbars alone beside what this machine can do, both in one process (`neurosyn bench kernel`), "
        f"at a load of {measured['machine']['load_1min']}:",
        "",
        f"| {measured['cores']:,} cores | ms | rate | limit of the machine | share |",
        "|---|---:|---:|---:|---:|",
        f"| a tick | {tick['ms']:.2f} | {tick['gb_per_s']:.1f} GB/s | {read:.1f} GB/s read | {tick['of_limit']:.0%} |",
        f"| a frame, {batch['frames']} at once | {batch['ms_per_frame']:.2f} | {words} "
        f"| {counted:.1f} G words/s masked and counted | {batch['of_limit']:.0%} |",
    ]


def _cell(document: dict[str, Any], size: str, name: str) -> str:
    ms = _median(document, size, name, "ms_per_tick")
    ours = _median(document, size, "neurosyn", "ms_per_tick")
    if ms is None or ours is None:
        return "–"
    return _short(ms) if name == "neurosyn" else f"{_short(ms)} ({_short(ms / ours)}×)"


def _short(value: float) -> str:
    if value < 0.1:
        return f"{value:.2g}"
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _reasons(document: dict[str, Any]) -> list[str]:
    sizes_by_reason: dict[tuple[str, str], list[str]] = {}
    for size, results in document["runs"].items():
        for name, runs in results.items():
            for run in runs:
                if "reason" in run:
                    sizes_by_reason.setdefault((document["tools"][name], run["reason"]), []).append(f"{int(size):,}")
    lines = [f"- {title}, {' and '.join(sizes)} cores: {reason}" for (title, reason), sizes in sizes_by_reason.items()]
    return ["", "Not run, or not to the end:", "", *lines] if lines else []


def _draw(document: dict[str, Any], path: Path) -> None:
    def draw(figure: Figure) -> None:
        sizes = list(document["runs"])
        axes = figure.add_subplot()
        for name, title in document["tools"].items():
            points = [(int(size), ms) for size in sizes if (ms := _median(document, size, name, "ms_per_tick"))]
            if not points:
                continue
            cores, times = zip(*points, strict=True)
            is_neurosyn = name.startswith("neurosyn")
            axes.plot(
                cores,
                times,
                color=_TOOL_COLOURS.get(name, ACCENT),
                marker="o",
                markersize=4 if is_neurosyn else 3,
                linewidth=2 if is_neurosyn else 1.2,
                label=title,
            )
        axes.axhline(_REAL_TIME_MS, color=ACCENT, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.annotate(
            "the chip itself",
            (1, _REAL_TIME_MS),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks([int(size) for size in sizes], [f"{int(size):,}" for size in sizes])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.set_xlabel("cores")
        axes.set_ylabel("ms per tick")
        axes.grid(linewidth=0.6, alpha=0.5)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))

    save_figure(path, draw, title="The common workload: 20 Hz, 128 synapses at each axon", size=(6.4, 4.0))
