import os
import subprocess
import sys

import numba
import pytest

from neurosyn.support.numba_cache import compiled


def test_functions_are_compiled_where_no_folder_for_machine_code_can_be_written(monkeypatch):
    njit = numba.njit

    def without_folder(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", without_folder)

    @compiled(error_model="numpy")
    def half(x):
        return x / 2

    assert half(3) == 1.5
    assert half.nopython_signatures


SCRIPT = """
import sys, warnings
warnings.simplefilter("always")
sys.path.insert(0, sys.argv[1])
import doubling
print(doubling.double(21))
"""
MODULE = """
from neurosyn.support.numba_cache import compiled

@compiled()
def double(x):
    return 2 * x
"""


@pytest.fixture
def double(tmp_path):
    """Call the function ``double`` of a module in a process of its own; returns its output and its warnings."""
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "doubling.py").write_text(MODULE)
    cache = tmp_path / "cache"

    def run():
        ended = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / "module")],
            env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip(), ended.stderr

    run.cache = cache
    return run


@pytest.mark.parametrize("length", [0, 20])
def test_a_damaged_cache_is_named_and_repaired(double, length):
    assert double() == ("42", "")
    for file in double.cache.rglob("*.nb?"):
        os.truncate(file, length)
    output, warned = double()
    assert output == "42"
    assert "CacheWarning" in warned
    assert str(double.cache) in warned
    assert double() == ("42", ""), "the next process finds a sound cache"


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(double):
    assert double() == ("42", "")
    for file in double.cache.rglob("*.nb?"):
        folder = file.parent
        file.unlink()
        file.mkdir()
    output, warned = double()
    assert output == "42"
    assert "CacheWarning" in warned
    assert str(folder) in warned
