"""Command line of the table: ``python -m verification.eedn_table``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console

from neurosyn.errors import InterruptedRunError, NeurosynError
from neurosyn.model.shipped import shipped_models
from neurosyn.parallel.running import Workers
from neurosyn.run.stages import Stages
from neurosyn.support.files import sha256_file, write_text
from neurosyn.support.formatting import count, number, percent
from neurosyn.support.progress import StageProgress
from verification.eedn_table.measure import TableRun
from verification.eedn_table.page import PLOT, page
from verification.eedn_table.plot import draw
from verification.eedn_table.row import ModelRow, read_rows, write_rows
from verification.style import save

__all__ = ["main"]

_REPOSITORY = Path(__file__).parents[2]
_RUNS = Path("runs/eedn_table")


def main(arguments: list[str] | None = None) -> int:
    """Simulate the missing rows and write page, JSON and plot; return 1 if a row failed, else 0."""
    options = _parser().parse_args(arguments)
    models = shipped_models() | {path.stem: path for path in options.model}
    chosen = dict.fromkeys(options.only or models)
    if unknown := [name for name in chosen if name not in models]:
        _parser().error(f"there is no model {', '.join(unknown)} (there are: {', '.join(models) or 'none'})")
    # A table of few frames does not go into the documentation.
    out = options.out or (Path("docs") if options.frames is None else _RUNS / "quick")
    workers = Workers.of(options.workers, options.cluster)
    table = TableRun(options.scenarios, _RUNS, options.frames, options.timed_frames, options.jobs, workers)
    shown, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    file = out / "eedn_table" / "rows.json"
    rows, missing = {} if options.renew else read_rows(file), dict[str, str]()
    # Rows of models that are gone or have changed are dropped.
    rows = {name: row for name, row in rows.items() if name in models and row.model_sha256 == sha256_file(models[name])}
    for name in chosen:
        err.print(f"{name} …")
        try:
            with table.plan(models[name]) as plan:
                if name not in rows or rows[name].key != plan.key:
                    rows.pop(name, None)
                    with StageProgress(Stages.STAGES, quiet=options.quiet) as progress:
                        rows[name] = plan.simulate(progress)
                    write_rows(rows.values(), file)
        except (KeyboardInterrupt, InterruptedRunError):
            err.print("interrupted; the same command continues after the last finished row")
            return InterruptedRunError.exit_code
        except NeurosynError as error:
            missing[name] = str(error)
            err.print(f"{name}: {error}")
        else:
            shown.print(_line(rows[name]))
    missing |= {name: "not taken yet" for name in models if name not in rows and name not in missing}
    write_table(rows.values(), missing, out)
    err.print(f"table: {out / 'eedn_table.md'}")
    return 1 if any(name in missing for name in chosen) else 0


def write_table(rows: Iterable[ModelRow], missing: Mapping[str, str], out: Path) -> None:
    """Write ``eedn_table.md``, and ``rows.json`` and the plot into the folder ``eedn_table``."""
    rows, folder = list(rows), out / "eedn_table"
    write_rows(rows, folder / "rows.json")
    save(draw(rows), folder / PLOT)
    write_text(out / "eedn_table.md", page(rows, missing))


def _line(row: ModelRow) -> str:
    accuracy = f"{percent(row.on_chip)} on the chip ({row.kind}, {count(row.frames)} frames, {row.mismatched} differ)"
    speed = f"{count(row.frames_per_second)} frames/s, {row.power_mw['total']:.1f} mW, {number(row.energy_uj)} µJ/frame"
    return f"{row.name}: {accuracy}; {count(row.cores)} cores, {speed}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verification.eedn_table",
        description="Simulate every shipped model on its whole test set and write the table beside Esser et al. 2016. "
        "Rows of the same scenario, model and data are kept.",
    )
    add = parser.add_argument
    add("--only", action="append", metavar="NAME", help="only the row of one model; may be repeated")
    add("--model", action="append", type=Path, default=[], metavar="FILE", help="a model file beside the shipped ones")
    add("--frames", type=_positive, metavar="N", help="number of test frames, drawn by seed; all by default")
    add("--timed-frames", type=_positive, default=100, metavar="N", help="number of timed frames, 100 by default")
    add("--jobs", "-j", type=_positive, metavar="N", help="ticks to time in parallel; one per processor by default")
    add("--workers", type=_positive, metavar="N", help="simulate in N processes of this machine")
    add("--cluster", metavar="CLUSTER", help="simulate on a Dask cluster, as `neurosyn simulate --cluster`")
    add("--renew", action="store_true", help="simulate again for rows that exist")
    add("--scenarios", type=Path, default=_REPOSITORY / "scenarios", metavar="DIR", help="folder of the scenarios")
    add("--out", type=Path, metavar="DIR", help=f"default: docs; with --frames {_RUNS / 'quick'}")
    add("--quiet", "-q", action="store_true", help="no progress on stderr")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


if __name__ == "__main__":
    sys.exit(main())
