"""Energy by layer, part, core, link, tick and frame. Every table adds up exactly to its total.

Energies of events are multiples of 2⁻¹⁰ pJ (`neurosyn.chip.energy`), so sums are exact in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurosyn.analysis.finished_run import FinishedRun
from neurosyn.analysis.result import Analysis
from neurosyn.chip.energy import EnergyModel
from neurosyn.errors import DataError
from neurosyn.trace.schema import ENERGY_PARTS, HOST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosyn.trace.reader import Trace

__all__ = ["analyse", "draw"]

_PARTS = ("leakage", *ENERGY_PARTS)


def analyse(run: FinishedRun) -> Analysis:
    """Return energy and power by layer and part, and as far as recorded by core, link, tick and frame.

    ``layers`` and ``parts`` are of the whole run, that is of all its frames. The other tables are of the trace's ticks:
    ``cores`` and ``ticks`` of all that were simulated, ``links`` of the timed ones.

    Raises
    ------
    DataError
        If the run's files are damaged, or its chip has no energies.
    """
    if "power_mw" in run.summary and run.summary["power_mw"] is None:
        raise DataError(
            f"{run.path}: the description of its chip has no energies; give them in chip.description, or analyse times "
            "and traffic"
        )
    layers, ticks = _layers(run)
    total = float(layers["energy_pj"].sum())
    time_ps = ticks * run.tick_ps
    parts = pd.DataFrame({"part": _PARTS, "energy_pj": [float(layers[f"{part}_pj"].sum()) for part in _PARTS]})
    parts["power_mw"] = parts["energy_pj"] * 1e3 / max(time_ps, 1)
    parts["share"] = parts["energy_pj"] / (total or 1.0)
    tables = {"layers": layers, "parts": parts}
    notes = [f"Layers and parts are of {ticks:,} ticks of {run.tick_ps / 1e6:,.3f} µs: the whole run."]
    if run.has_trace:
        tables |= _of_trace(run, notes)
    notes += [f"Not counted: {what} ({why})." for what, why in (run.summary.get("not_counted") or {}).items()]
    frames = (run.summary.get("dataset") or {}).get("frames")
    return Analysis(
        "power",
        str(run.path),
        run.title,
        {
            "energy_pj": total,
            "power_mw": total * 1e3 / max(time_ps, 1),
            "ticks": ticks,
            "tick_ps": run.tick_ps,
            "voltage": run.summary.get("voltage") or run.trace.chip.voltage,
            "frames": frames,
            "energy_per_frame_pj": total / frames if frames else None,
            "energy_per_tick_pj": total / max(ticks, 1),
            "largest_part": str(parts["part"].iloc[int(parts["energy_pj"].argmax())]),
            "hungriest_layer": str(layers["layer"].iloc[int(layers["energy_pj"].argmax())]),
        },
        tables,
        tuple(notes),
        draw=draw,
    )


def _layers(run: FinishedRun) -> tuple[pd.DataFrame, int]:
    """Return the energy of each layer and of the host by part, and the number of ticks."""
    summary = run.summary
    if summary.get("layers") and "host_energy_pj" in summary:
        rows = [
            {"layer": row["name"], "cores": row["cores"]}
            | {f"{part}_pj": row["energy_parts_pj"][part] for part in _PARTS}
            for row in summary["layers"]
        ]
        rows.append({"layer": HOST, "cores": 0} | {f"{part}_pj": summary["host_energy_pj"][part] for part in _PARTS})
        ticks = summary["counted_ticks"] if "counted_ticks" in summary else _ticks_of_leakage(run)
    else:
        trace = run.trace
        ticks, cores = trace.ticks_simulated, trace.cores(["layer"])["layer"].value_counts()
        leaked = EnergyModel.of(trace.chip).leakage_pj(run.tick_ps) * ticks
        by_layer: Any = trace.energy().pivot_table(
            index="layer", columns="part", values="energy_pj", aggfunc="sum", observed=False
        )
        rows = [
            {"layer": name, "cores": int(cores.get(name, 0)), "leakage_pj": leaked * int(cores.get(name, 0))}
            | {f"{part}_pj": float(by_layer.loc[name, part]) for part in ENERGY_PARTS}
            for name in (*trace.layers, HOST)
        ]
    table = pd.DataFrame(rows)
    table["energy_pj"] = table[[f"{part}_pj" for part in _PARTS]].sum(axis=1)
    table["power_mw"] = table["energy_pj"] * 1e3 / max(ticks * run.tick_ps, 1)
    table["share"] = table["energy_pj"] / (table["energy_pj"].sum() or 1.0)
    return table, int(ticks)


def _ticks_of_leakage(run: FinishedRun) -> int:
    """Return the ticks of a summary of an earlier version: every core of TrueNorth leaks alike in each."""
    summary = run.summary
    leaked = EnergyModel(summary["voltage"]).leakage_pj(run.tick_ps) * summary["cores"]
    return round(summary["energy_pj"]["leakage"] / leaked) if leaked else run.trace.ticks_simulated


def _of_trace(run: FinishedRun, notes: list[str]) -> dict[str, pd.DataFrame]:
    trace = run.trace
    leaked = EnergyModel.of(trace.chip).leakage_pj(run.tick_ps)
    cores = trace.cores(["core", "layer", "x", "y", *(f"{part}_pj" for part in ENERGY_PARTS)])
    cores["leakage_pj"] = leaked * trace.ticks_simulated
    cores["energy_pj"] = cores[[f"{part}_pj" for part in _PARTS]].sum(axis=1)
    tables = {"cores": cores}
    notes.append(f"Cores and ticks are of the {trace.ticks_simulated:,} ticks that were played one by one.")
    if trace.has("links"):
        links = trace.links(["link", "name", "kind", "packets", "energy_pj"])
        tables["links"] = links.sort_values("energy_pj", ascending=False, kind="stable", ignore_index=True)
        notes.append(f"Links are of the {trace.ticks_timed:,} timed ticks.")
    if trace.has("ticks"):
        ticks = trace.ticks(["tick", "start_ps", "energy_pj"]).rename(columns={"energy_pj": "active_pj"})
        ticks["leakage_pj"] = leaked * trace.n_cores
        ticks["energy_pj"] = ticks["active_pj"] + ticks["leakage_pj"]
        ticks["power_mw"] = ticks["energy_pj"] * 1e3 / run.tick_ps
        ticks["timed"] = ticks.pop("start_ps").notna()
        tables["ticks"] = ticks
        frames = _frames(run, trace, leaked * trace.n_cores)
        if frames is not None:
            tables["frames"] = frames
            notes.append(
                f"Frames are the {len(frames):,} of {run.summary['dataset']['frames']:,} whose way through all stages "
                "of the pipeline was recorded core by core (trace.ticks, trace.level)."
            )
    return tables


def _frames(run: FinishedRun, trace: Trace, leakage_pj: float) -> pd.DataFrame | None:
    """Return the energy of each frame whose whole passage through the pipeline was recorded, core by core.

    A frame is in stage k of the pipeline k ticks after its entry; the host's packets belong to the tick of entry.
    """
    from neurosyn.chip.stateless import pipeline
    from neurosyn.formats.program_file import load_program

    total = (run.summary.get("dataset") or {}).get("frames")
    path = run.path / "program.npz"
    if not total or not path.is_file() or not trace.has("core_ticks") or {"cores", "layers"} & set(trace.selected):
        return None
    stages = pipeline(load_program(path))
    if stages is None or len(stages.stage) != trace.n_cores:
        return None
    per_frame = int(run.summary.get("ticks_per_frame") or 1)
    energies: dict[int, float] = {}
    parts: dict[int, int] = {}
    of_cores: dict[int, float] = {}
    for batch in trace.batches("core_ticks", ["tick", "core", "energy_pj"]):
        tick, core, energy = (batch.column(name).to_numpy() for name in ("tick", "core", "energy_pj"))
        entered = tick - stages.stage[core]
        _add(energies, parts, entered, energy)
        _add(of_cores, {}, tick, energy)
    whole = trace.ticks(["tick", "energy_pj"]).set_index("tick")["energy_pj"]
    rows: dict[int, dict[str, Any]] = {}
    for entered in sorted(energies):
        host = None if entered not in of_cores or entered < 0 else float(whole[entered]) - of_cores[entered]
        if parts[entered] != trace.n_cores or host is None:
            continue
        row = rows.setdefault(entered // per_frame, {"ticks": 0, "active_pj": 0.0})
        row["ticks"] += 1
        row["active_pj"] += energies[entered] + host
    complete = [
        {
            "entered_tick": number * per_frame,
            "frame": number % total,
            "active_pj": row["active_pj"],
            "leakage_pj": leakage_pj * per_frame,
            "energy_pj": row["active_pj"] + leakage_pj * per_frame,
        }
        for number, row in rows.items()
        if row["ticks"] == per_frame
    ]
    return pd.DataFrame(complete, columns=["entered_tick", "frame", "active_pj", "leakage_pj", "energy_pj"])


def _add(sums: dict[int, float], counts: dict[int, int], keys: Any, values: Any) -> None:
    distinct, index = np.unique(keys, return_inverse=True)
    # bincount adds in order; energies are multiples of a power of two, so that the order does not matter.
    for key, value, count in zip(
        distinct.tolist(), np.bincount(index, values).tolist(), np.bincount(index).tolist(), strict=True
    ):
        sums[key] = sums.get(key, 0.0) + value
        counts[key] = counts.get(key, 0) + count


def draw(analysis: Analysis, figure: Figure) -> None:
    """Draw the energy of each layer in parts, and the power tick by tick."""
    from neurosyn.analysis.plotting import COLOURS, PART_COLOURS, bar_labels, energy_axis, legend

    layers = analysis.table("layers")
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    begun = np.zeros(len(layers))
    for part in _PARTS:
        energy = layers[f"{part}_pj"].to_numpy(np.float64)
        if energy.any():
            label = f"{part.replace('_', ' ')} ({energy.sum() / max(layers['energy_pj'].sum(), 1e-30):.0%})"
            left.barh(np.arange(len(layers)), energy, left=begun, color=PART_COLOURS[part], label=label)
        begun += energy
    bar_labels(left, layers["layer"])
    energy_axis(left.xaxis)
    left.set_title("Energy by layer, in the whole run")
    legend(left, loc="lower right")
    if "ticks" not in analysis.tables:
        right.set_axis_off()
        return
    ticks = analysis.table("ticks")
    timed = ticks[ticks["timed"]] if ticks["timed"].any() else ticks
    right.plot(timed["tick"], timed["power_mw"], color=COLOURS[0], marker="." if len(timed) < 100 else "")
    right.axhline(analysis.headline["power_mw"], color=COLOURS[1], linewidth=1, label="mean of the run")
    right.set_ylim(0, 1.15 * max([1e-3, *timed["power_mw"]]))
    right.set_xlabel("tick")
    right.set_ylabel("mW")
    right.set_title("Power by tick")
    legend(right, loc="lower right")
