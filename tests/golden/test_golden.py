"""Results are, byte for byte, the ones that golden.json keeps."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).with_name("golden.py")
_SPEC = importlib.util.spec_from_file_location("golden", _PATH)
golden = importlib.util.module_from_spec(_SPEC)
sys.modules["golden"] = golden
_SPEC.loader.exec_module(golden)

QUICK = [name for name in golden.CASES if name.startswith(("grid", "two_cores"))]
LONG = [name for name in golden.CASES if name not in QUICK]


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_results_are_the_kept_ones(name: str) -> None:
    assert golden.measure(name) == json.loads(golden.KEPT.read_text())[name]
