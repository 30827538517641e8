"""Doors of the package: complete, consistent, documented, light."""

import importlib
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import neurosyn
import neurosyn.plugins
import neurosyn.testing

HELPERS = {"files", "gpu", "inference", "jit", "wiring"}
"""Submodules whose names are not at the door itself."""

SUBMODULES = {
    entry.name: importlib.import_module(f"neurosyn.plugins.{entry.name}")
    for entry in pkgutil.iter_modules(neurosyn.plugins.__path__)
}


@pytest.mark.parametrize("door", [neurosyn, neurosyn.plugins, neurosyn.testing], ids=lambda door: door.__name__)
def test_every_name_opens_and_is_listed(door):
    assert dir(door) == sorted(door.__all__)
    for name in door.__all__:
        assert getattr(door, name) is not None


def test_each_name_has_one_submodule():
    names = [name for submodule in SUBMODULES.values() for name in submodule.__all__]
    assert sorted(names) == sorted(set(names))


def test_door_offers_all_contracts():
    contracts = {name: home for key, home in SUBMODULES.items() if key not in HELPERS for name in home.__all__}
    assert set(neurosyn.plugins.__all__) == set(contracts)
    for name, home in contracts.items():
        assert getattr(neurosyn.plugins, name) is getattr(home, name)


def test_reference_lists_every_name():
    text = (Path(__file__).parents[1] / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    for key, submodule in SUBMODULES.items():
        section = text.split(f"### `neurosyn.plugins.{key}`")[1].split("\n### ")[0]
        assert all(f"`{name}`" in section for name in submodule.__all__)


def _loaded(imports: str, *candidates: str) -> list[str]:
    code = f"import sys; {imports}; print(*[m for m in {candidates} if m in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("door", ["neurosyn", "neurosyn.plugins", "neurosyn.testing"])
def test_opening_a_door_imports_nothing(door):
    assert _loaded(f"import {door}", "numpy", "pydantic", "neurosyn.chip") == []


def test_contract_of_an_encoder_brings_no_engine():
    imports = "from neurosyn.plugins import Encoder, Layer, Topology"
    assert _loaded(imports, "simpy", "numba", "pandas", "scipy", "pyarrow") == []


def test_data_sets_bring_no_network():
    imports = "from neurosyn.plugins import Dataset, DataError; from neurosyn.plugins.files import read_npz"
    assert _loaded(imports, "simpy", "numba", "pandas", "scipy", "neurosyn.network", "neurosyn.chip") == []


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"neurosyn\.plugins attribute Lair"):
        _ = neurosyn.plugins.Lair


def test_objects_of_the_front_door_can_be_pickled():
    classifier = neurosyn.SpikingClassifier(validation_fraction=0.1)
    assert pickle.loads(pickle.dumps(classifier)).get_params() == classifier.get_params()
