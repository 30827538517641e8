"""Generated packages: they keep the contract, pass their tests and have an entry point."""

import json
import sys
import tomllib

import pytest

from neurosyn.errors import PluginError, ScenarioError
from neurosyn.registry import GROUPS, registry
from neurosyn.scaffold.package import KINDS, write_package


@pytest.mark.parametrize("kind", KINDS)
def test_written_package_passes_its_own_tests(tmp_path, monkeypatch, capsys, kind):
    folder = write_package(kind, f"own_{kind}", tmp_path / "package")
    monkeypatch.syspath_prepend(str(folder))
    arguments = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error"]
    try:
        outcome = pytest.main([*arguments, "-c", str(folder / "pyproject.toml"), f"--rootdir={folder}", str(folder)])
    finally:
        sys.modules.pop(f"neurosyn_own_{kind}", None)
    assert outcome == 0, capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_entry_point_names_the_class_that_is_there(tmp_path, kind):
    folder = write_package(kind, "some_thing", tmp_path / "package")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == {f"neurosyn.{KINDS[kind]}": {"some_thing": "neurosyn_some_thing:SomeThing"}}
    assert "class SomeThing(" in (folder / "neurosyn_some_thing.py").read_text(encoding="utf-8")
    assert KINDS[kind] in GROUPS
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()]
    assert len(texts) == 4
    assert not any("$" in text for text in texts)
    assert max(len(line) for text in texts for line in text.splitlines()) <= 120


def test_layer_is_as_short_as_promised(tmp_path):
    folder = write_package("layer", "short", tmp_path / "package")
    assert len((folder / "neurosyn_short.py").read_text(encoding="utf-8").splitlines()) < 40


def test_group_serves_for_kind(tmp_path):
    assert (write_package("encoders", "own", tmp_path / "own") / "neurosyn_own.py").is_file()


@pytest.mark.parametrize(
    ("kind", "name", "error", "said"),
    [
        ("layr", "own", PluginError, "layr: is no kind of plugin; did you mean 'layer'?"),
        ("layer", "Own", ScenarioError, "Own: cannot be the name of a plugin; use at most 40 lower-case letters"),
        ("layer", "a-b", ScenarioError, "a-b: cannot be the name"),
        ("layer", "conv2d", PluginError, "layers/conv2d: exists already, from neurosyn; choose another name"),
    ],
)
def test_what_cannot_be_begun(tmp_path, kind, name, error, said):
    with pytest.raises(error, match=said):
        write_package(kind, name, tmp_path / "package")
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ScenarioError, match="exists already; choose another folder with --out"):
            write_package("layer", "own", folder)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_commands_begin_and_check(neurosyn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = neurosyn("plugins", "new", "probe", "own_probe")
    assert outcome.code == 0
    assert "pip install -e 'neurosyn-own-probe[test]'" in outcome.out
    again = neurosyn("plugins", "new", "probe", "own_probe")
    assert again.code == 2
    assert "neurosyn-own-probe: exists already" in again.err
    written = json.loads(neurosyn("plugins", "new", "probe", "other", "--json").out)
    assert written["files"] == ["README.md", "neurosyn_other.py", "pyproject.toml", "tests/test_other.py"]


def test_check_says_what_conforms_and_what_does_not(neurosyn, tmp_path):
    fine = neurosyn("plugins", "check", "readout")
    assert (fine.code, fine.out) == (0, "layers/readout: conforms\n")
    file = tmp_path / "bad.py"
    file.write_text(
        "from neurosyn.plugins import Encoder, plugin\n\n"
        '@plugin("encoders", "bad")\nclass Bad(Encoder):\n    def encode(self, images):\n        return images\n',
        encoding="utf-8",
    )
    bad = neurosyn("plugins", "check", "bad", "--file", file)
    assert bad.code == 3
    assert bad.out.startswith("encoders/bad: does not conform\n  encoders/Bad: class: has no docstring")
    assert "encoders/Bad: encode() of 12×12×3 images: returns uint8 (8, 12, 12, 3); return float32" in bad.out
    rows = json.loads(neurosyn("plugins", "check", "encoders/bad", "-f", file, "--json").out)
    assert [(row["name"], row["conforms"], len(row["problems"])) for row in rows] == [("bad", False, 3)]


def test_check_with_options_and_without_a_plugin(neurosyn):
    assert neurosyn("plugins", "check", "layers/conv2d", "--set", "features=12", "--set", "kernel=3").code == 0
    refused = neurosyn("plugins", "check", "layers/conv2d", "--set", "features=none")
    assert refused.code == 3
    assert "option features: should be a valid integer, not 'none'" in refused.out
    unknown = neurosyn("plugins", "check", "conv")
    assert unknown.code == 3
    assert "conv: there is no plugin of this name; did you mean 'conv2d'?" in unknown.err


def test_plugin_file_is_checked_as_a_package_is(neurosyn, tmp_path):
    file = write_package("placer", "winding", tmp_path / "package") / "neurosyn_winding.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text + '\n\nfrom neurosyn.plugins import plugin\n\nplugin("placers", "winding")(Winding)\n', "utf-8"
    )
    assert neurosyn("plugins", "check", "winding", "--file", file).out == "placers/winding: conforms\n"
    assert registry.find("placers", "winding").origin == str(file)
