"""Benchmark of start-up: loading a program, and ``neurosyn --help``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neurosyn.bench.eedn import shipped_network
from neurosyn.bench.measure import machine, peak_rss_gb, spread, time_calls
from neurosyn.formats.program_file import load_program, save_program

__all__ = ["bench_load"]

_HELP = ("-c", "import sys; sys.argv = ['neurosyn', '--help']; from neurosyn.cli import main; main()")
_EMPTY = ("-c", "")


def bench_load(*, repeats: int = 5, progress: Callable[[int, int, str], None] = lambda *_: None) -> dict[str, Any]:
    """Measure the reading of a full chip's program, and ``neurosyn --help`` beside an empty Python program.

    Returns
    -------
    dict
        Plain JSON values.
    """
    before = machine()
    progress(0, 3, "compiling")
    program = shipped_network()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.npz"
        save_program(program, path)
        size = path.stat().st_size
        progress(1, 3, "loading")
        load = time_calls(lambda: load_program(path), repeats)
    progress(2, 3, "starting")
    started = time_calls(lambda: _run(_HELP), repeats)
    python = time_calls(lambda: _run(_EMPTY), repeats)
    progress(3, 3, "starting")
    return {
        "cores": program.cores,
        "program_bytes": size,
        "repeats": repeats,
        **spread("load_program_s", load),
        **spread("help_s", started),
        **spread("python_s", python),
        "peak_rss_gb": peak_rss_gb(),
        "machine": before,
    }


def _run(arguments: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (constant commands)
