"""The example package is installed as a stranger's is, and passes its own tests."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "plugins" / "examples" / "neurosyn-retina"


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="without a network pip needs hatchling here")
@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="there is no pip to install it with")
def test_example_package_installs_and_passes_its_tests(tmp_path):
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *options, "--target", tmp_path / "site", EXAMPLE]
    subprocess.run(pip, check=True, cwd=tmp_path, capture_output=True)
    # A copy of the tests, so that nothing but the installed package can be imported.
    tests = tmp_path / "test_retina.py"
    tests.write_bytes((EXAMPLE / "tests" / "test_retina.py").read_bytes())
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", tests],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout
    assert "6 passed" in outcome.stdout
