"""One door for plugin authors: complete, consistent, light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import neurosyn.plugins as door


def test_every_name_opens_and_is_the_object_of_its_home():
    assert sorted(door._HOME) == sorted(door.__all__)
    for name in door.__all__:
        home = __import__(door._HOME[name], fromlist=[name])
        assert getattr(door, name) is getattr(home, name)


def test_type_checkers_see_the_names_that_open():
    tree = ast.parse(Path(door.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {(alias.name, line.module) for line in block.body for alias in line.names}
    assert seen == set(door._HOME.items())


def test_opening_the_door_imports_nothing():
    code = (
        "import sys, neurosyn.plugins; print([m for m in ('numpy', 'pydantic', 'neurosyn.chip') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_contract_of_an_encoder_brings_no_engine():
    code = (
        "import sys; from neurosyn.plugins import Encoder, Layer, Topology; "
        "print([m for m in ('simpy', 'numba', 'pandas', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Lair'"):
        _ = door.Lair
