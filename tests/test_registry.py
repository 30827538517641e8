"""Plugins by entry point and by file: names, warnings and culprits."""

import os

import pytest

from neurosyn.data.encoder import Encoder
from neurosyn.errors import PluginError, ScenarioError
from neurosyn.options import OptionsError
from neurosyn.registry import GROUPS, Plugin, PluginWarning, Registry, UnknownPluginError, blame


def test_shipped_plugins_come_through_entry_points():
    registry = Registry()
    assert "conv2d" in registry.names("layers")
    assert registry.find("layers", "conv2d").origin == "neurosyn"
    assert registry.get("layers", "conv2d").__name__ == "Conv2d"


def test_unknown_plugin_names_the_nearest_and_what_there_is():
    with pytest.raises(PluginError, match="did you mean 'conv2d'"):
        Registry().get("layers", "conv2")


def test_plugin_file_registers_its_classes_and_is_not_run_twice(tmp_path, monkeypatch):
    registry = Registry()
    monkeypatch.setattr("neurosyn.registry.registry", registry)
    path = tmp_path / "mine.py"
    path.write_text(
        'from neurosyn.registry import plugin\n@plugin("placers", "mine")\nclass Mine:\n    """Mine."""\n',
        encoding="utf-8",
    )
    first = registry.load_file(path)
    assert [found.name for found in first] == ["mine"]
    assert registry.get("placers", "mine").__doc__ == "Mine."
    assert registry.load_file(path) is first
    assert registry.find("placers", "mine").origin == str(path)


def test_broken_plugin_file_is_a_warning_with_name_and_cause(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import nothing_of_this_name\n", encoding="utf-8")
    with pytest.warns(PluginWarning, match=r"broken\.py.*nothing_of_this_name"):
        assert Registry().load_file(path) == []


def test_missing_plugin_file_is_refused(tmp_path):
    with pytest.raises(PluginError, match="cannot be read"):
        Registry().load_file(tmp_path / "none.py")


def test_unknown_group_is_refused():
    with pytest.raises(PluginError, match="did you mean 'layers'"):
        Registry().register("layer", "x", object, "here")


def test_iteration_covers_every_group_in_order():
    groups = [found.group for found in Registry()]
    assert groups == sorted(groups, key=GROUPS.index)


def test_a_pipe_is_no_plugin_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(PluginError, match=r"pipe\.py: is a folder, a pipe or a device"):
        Registry().load_file(tmp_path / "pipe.py")


def test_plugin_file_that_ends_the_program_is_broken_too(tmp_path):
    registry = Registry()
    path = tmp_path / "leaves.py"
    path.write_text("raise SystemExit(7)\n", encoding="utf-8")
    with pytest.warns(PluginWarning, match=r"leaves\.py: SystemExit: 7"):
        assert registry.load_file(path) == []
    with pytest.raises(PluginError, match=r"no plugin named 'mine'.*leaves\.py could not be imported: SystemExit: 7"):
        registry.get("layers", "mine")
    path.write_text("", encoding="utf-8")
    registry.load_file(path)
    assert not registry.broken


@pytest.mark.parametrize(
    ("table", "messages"),
    [
        ({}, ["here: has no `kind`; one of: "]),
        ({"kind": 3}, ["here: kind: must be the name of a plugin; one of: "]),
        ({"kind": "eedn", "epohs": 3}, ["here: epohs: unknown key; did you mean 'epochs'?"]),
        ({"kind": "eedn", "rate": -1}, ["here: rate: should be greater than 0, not -1; see `neurosyn plugins show "]),
        ({"kind": "eedn", "epochs": "3", "batch": 0}, ["here: epochs: should be a valid integer", "here: batch: "]),
    ],
)
def test_every_mistake_of_a_table_has_a_line(table, messages):
    with pytest.raises(OptionsError) as caught:
        Registry().build("trainers", table, "here")
    lines = str(caught.value).splitlines()
    assert len(lines) == len(messages)
    for line, message in zip(lines, messages, strict=True):
        assert line.startswith(message)


def test_a_plugin_is_built_with_its_options_if_it_keeps_its_contract():
    assert Registry().build("trainers", {"kind": "eedn", "epochs": 3}, "here").epochs == 3
    with pytest.raises(PluginError, match="does not derive from Encoder"):
        Registry().build("trainers", {"kind": "eedn"}, "here", Encoder)
    with pytest.raises(UnknownPluginError, match="did you mean 'eedn'"):
        Registry().build("trainers", {"kind": "eeden"}, "here")


def test_what_goes_wrong_in_a_plugin_is_blamed_on_it_and_what_is_meant_for_people_is_not():
    said = r"plugin layers/mine: ZeroDivisionError in connect\(\): division by zero"
    with pytest.raises(PluginError, match=said), blame("layers", "mine", "connect"):
        raise ZeroDivisionError("division by zero")
    for error in (ScenarioError("as written"), PermissionError(), MemoryError(), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, blame("layers", "mine", "connect"):
            raise error
        assert caught.value is error


def test_entry_points_of_the_backport_are_imported_too(monkeypatch):
    # Where `importlib_metadata` has been imported, as by Dask, the standard library hands out its entry points.
    backport = pytest.importorskip("importlib_metadata")
    entry = backport.EntryPoint("unit", "neurosyn_plugins.encoders.unit:Unit", "neurosyn.encoders")
    assert issubclass(Plugin("encoders", "unit", "neurosyn", entry).load(), Encoder)
