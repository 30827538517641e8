"""Run one analysis from the command line: ``python -m neurosyn.analysis latency RUN``.

It is the same as ``neurosyn analyse latency RUN``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from neurosyn.analysis.catalogue import ANALYSES, analyse_run
from neurosyn.analysis.printing import print_analysis
from neurosyn.errors import NeurosynError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one analysis; an error is a line on stderr and the exit code of its kind."""
    parser = argparse.ArgumentParser("python -m neurosyn.analysis", description="Analyse a finished run.")
    names = parser.add_subparsers(dest="name", required=True, metavar="ANALYSIS")
    for name, about in ANALYSES.items():
        command = names.add_parser(name, help=about, description=about)
        command.add_argument("run", type=Path, metavar="RUN", help="run folder, or a folder with a trace")
        command.add_argument("--json", action="store_true", help="print one JSON document")
        command.add_argument("--csv", action="store_true", help="print the main table, or --table, as CSV")
        command.add_argument("--table", help="only this table")
        command.add_argument("-n", "--rows", type=int, default=20, help="rows of a table that are shown")
        command.add_argument("--plot", type=Path, metavar="FILE", help="draw to a .png, .svg or .pdf file")
        if name == "critical-path":
            command.add_argument("-t", "--tick", type=int, help="by default the one that took longest")
    given = parser.parse_args(arguments)
    options = {"tick": given.tick} if given.name == "critical-path" else {}
    try:
        analysis = analyse_run(given.name, given.run, **options)
        if given.plot is not None:
            analysis.save_plot(given.plot)
        print_analysis(analysis, as_json=given.json, as_csv=given.csv, table=given.table, rows=given.rows)
    except NeurosynError as error:
        sys.stderr.write(f"neurosyn: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
