"""Command line of the predictions: ``python -m verification.silicon``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from neurosyn.chip.options import ChipOptions
from neurosyn.errors import InterruptedRunError, NeurosynError
from neurosyn.model.shipped import shipped_models
from neurosyn.support.files import sha256_file, write_text
from verification.eedn_table.measure import TableRun
from verification.silicon.fit import fit_event_time
from verification.silicon.measured import LoadsFile, measure_board, measure_model
from verification.silicon.page import FIT_PLOT, RATIO_PLOT, page
from verification.silicon.plot import draw_fit, draw_ratios
from verification.silicon.rows import board_rows, choose_tasks, other_rows, task_rows
from verification.style import save

__all__ = ["BOARD_NETWORKS", "main"]

_REPOSITORY = Path(__file__).parents[2]
_RUNS = Path("runs/silicon")
BOARD_NETWORKS = ((4, 48), (8, 96), (8, 12))
"""Chips and filters of the transduction of the board networks: 12 filters per chip, as on one chip, and 12 in all."""
_BOARD_FRAMES = 4


def main(arguments: list[str] | None = None) -> int:
    """Measure the missing loads, fit the time, and write page, plots and loads; return 1 if a model failed, else 0."""
    options = _parser().parse_args(arguments)
    models = shipped_models() | {path.stem: path for path in options.model}
    chosen = dict.fromkeys(options.only or models)
    if unknown := [name for name in chosen if name not in models]:
        _parser().error(f"there is no model {', '.join(unknown)} (there are: {', '.join(models) or 'none'})")
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    path = options.out / "silicon" / "loads.json"
    loads = LoadsFile.read(path)
    kept = {} if options.renew else loads.models
    loads.models = {n: row for n, row in kept.items() if n in models and row.model_sha256 == sha256_file(models[n])}
    table = TableRun(options.scenarios, _RUNS, options.frames, options.frames, options.jobs)
    failed = []
    try:
        for name in chosen:
            if name in loads.models:
                continue
            err.print(f"{name} …")
            try:
                with table.plan(models[name]) as plan:
                    loads.models[name] = measure_model(plan, options.jobs)
                loads.write(path)
            except NeurosynError as error:
                failed.append(name)
                err.print(f"{name}: {error}")
        for chips, filters in BOARD_NETWORKS if options.boards else ():
            err.print(f"{chips} chips, {filters} filters …")
            loads.boards[f"{chips}x{filters}"] = measure_board(options.scenarios, chips, filters, _BOARD_FRAMES)
            loads.write(path)
    except KeyboardInterrupt:
        err.print("interrupted; the same command continues after what was measured last")
        return InterruptedRunError.exit_code
    _write(loads, options.event_time, options.out, out)
    err.print(f"page: {options.out / 'silicon.md'}")
    return 1 if failed else 0


def _write(loads: LoadsFile, event_ps: int, folder: Path, out: Console) -> None:
    tasks = choose_tasks(loads.models.values())
    fits = [fit_event_time(tasks, "measured"), fit_event_time(tasks, "matched")] if len(tasks) > 1 else []
    rows = [*task_rows(tasks, event_ps), *board_rows(loads.boards, event_ps), *other_rows()]
    for fit in fits:
        out.print(
            f"fit, {fit.activity} activity: {fit.event_ps / 1e3:.1f} ns, RMS of the log residuals {fit.rms:.2f}, "
            f"{fit.left_out_rms:.2f} with each row left out"
        )
    for row in rows:
        out.print(
            f"{row.system}, {row.quantity}{f', {row.activity}' if row.activity else ''}: {row.predicted:,.4g} "
            f"{row.unit}, published {row.published:,.4g}, ratio {row.ratio:.2f}"
        )
    if fits:
        save(draw_fit(tasks, fits, event_ps), folder / "silicon" / FIT_PLOT)
    save(draw_ratios(rows), folder / "silicon" / RATIO_PLOT)
    loads.write(folder / "silicon" / "loads.json")
    write_text(folder / "silicon.md", page(tasks, fits, rows, loads, event_ps))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verification.silicon",
        description="Predict the published rates and powers row by row, fit the time of a synaptic event to all rows, "
        "and write page and plots. Loads of unchanged models are kept, so that a second run takes seconds.",
    )
    add = parser.add_argument
    add("--only", action="append", metavar="NAME", help="measure only this model; may be repeated")
    add("--model", action="append", type=Path, default=[], metavar="FILE", help="a model file beside the shipped ones")
    add("--frames", type=int, default=48, metavar="N", help="test frames to count and time, 48 by default")
    add("--boards", action="store_true", help="measure the networks on several chips again, some minutes")
    add(
        "--event-time",
        type=int,
        default=ChipOptions().synaptic_event_time_ps,
        metavar="PS",
        help="time of a synaptic event of the predictions; the default of chip.synaptic_event_time_ps if absent",
    )
    add("--jobs", "-j", type=int, metavar="N", help="ticks to time in parallel; one per processor by default")
    add("--renew", action="store_true", help="measure models again that have not changed")
    add("--scenarios", type=Path, default=_REPOSITORY / "scenarios", metavar="DIR", help="folder of the scenarios")
    add("--out", type=Path, default=Path("docs"), metavar="DIR", help="folder of the page; docs by default")
    return parser


if __name__ == "__main__":
    sys.exit(main())
