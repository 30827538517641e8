"""DuckDB and polars read a trace by the code of the reference page, without neurosyn."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from tests.runs import record_run

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "trace.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="docs/ is not here: the tests run outside a clone")


@pytest.fixture
def folder(tmp_path):
    """Where the page has its trace: runs/window/trace."""
    record_run(random_run(ticks=8, timed=8), tmp_path / "runs" / "window" / "trace", TraceOptions(level="packet"))
    return tmp_path


def block(language, part):
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return next(text for text in blocks if part in text)


def alone(code, folder):
    """Run a program in a Python of its own, without neurosyn, and return what it prints."""
    code = f"import sys; sys.modules['neurosyn'] = None\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_duckdb(folder):
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    query = block("sql", "core_ticks.parquet")
    said = alone(f"import duckdb\nfor row in duckdb.sql({query!r}).fetchall(): print(*row, sep='|')", folder)
    rows = Trace(folder / "runs" / "window").core_ticks().groupby("layer", observed=True)
    expected = rows["synaptic_events"].sum()
    found = {layer: int(events) for layer, events, _ in (line.split("|") for line in said)}
    assert found == {str(layer): int(events) for layer, events in expected.items()}


def test_polars(folder):
    pytest.importorskip("polars", reason="polars is not installed")
    program = block("python", "scan_parquet")
    said = alone(f"{program}\nfor row in waits.iter_rows(): print(*row, sep='|')", folder)
    expected = Trace(folder / "runs" / "window").packets()["waited_at"].value_counts(dropna=False)
    found = sorted(int(count) for _, count in (line.split("|") for line in said))
    assert found == sorted(expected.tolist())
