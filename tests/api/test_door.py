"""``import neurosyn``: light, and all that it names is there."""

import subprocess
import sys

import pytest

import neurosyn


def test_the_door_imports_nothing():
    heavy = "'numpy', 'numba', 'pandas', 'matplotlib', 'sklearn', 'scipy', 'pyarrow', 'simpy', 'pydantic', 'rich'"
    code = f"import sys, neurosyn; dir(neurosyn); print({{{heavy}}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_all_names_are_there():
    for name in neurosyn.__all__:
        assert getattr(neurosyn, name) is not None
    assert set(neurosyn.__all__) <= set(dir(neurosyn))


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="No neurosyn attribute simulat"):
        _ = neurosyn.simulat
