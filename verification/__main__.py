"""Command line of the checks: ``python -m verification``."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from rich.console import Console

from verification.checks import CHECKS, run_check
from verification.outcome import CheckOutcome
from verification.results_table import mark, renew_document, write

DOCUMENT = Path("docs/verification.md")


def main(arguments: list[str] | None = None) -> int:
    """Run the checks, write their table and plots, and return 1 if one fails, else 0."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.renew_docs and options.only:
        parser.error("--renew-docs needs all checks; omit --only")
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    outcomes: dict[str, CheckOutcome] = {}
    for name in dict.fromkeys(options.only or CHECKS):
        err.print(f"{name}: {CHECKS[name]} …")
        began = time.perf_counter()
        outcomes[name] = run_check(name)
        for row in outcomes[name].rows:
            out.print(
                f"{mark(row):7} {row.name}: {row.what}: {row.measured} (expected {row.expected}; {row.tolerance})"
            )
        err.print(f"{name}: {time.perf_counter() - began:.1f} s")
    write(outcomes, options.out, date.today())
    err.print(f"table and plots: {options.out}")
    if options.renew_docs:
        renew_document(outcomes, DOCUMENT, date.today())
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    total, skipped = len(rows), sum(row.passed is None for row in rows)
    failed = sum(len(outcome.failed) for outcome in outcomes.values())
    out.print(f"{total - failed - skipped} of {total} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verification",
        description="Compare the simulated chip with published and exact values. Exit code 1 if a check fails.",
        epilog="Checks: " + "; ".join(f"{name}: {about}" for name, about in CHECKS.items()) + ".",
    )
    parser.add_argument("--only", action="append", choices=CHECKS, metavar="NAME", help="one check; may be repeated")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/verification"), metavar="DIR", help="folder for table and plots"
    )
    parser.add_argument("--renew-docs", action="store_true", help=f"write table and plots of {DOCUMENT}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
