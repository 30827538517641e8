"""Scenario documents: inheritance, profiles, overrides and places of keys."""

import os
import time
from pathlib import Path

import pytest

from neurosyn.errors import ScenarioError
from neurosyn.scenario.document import read_document


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_extends_merges_tables_and_remembers_where_each_key_stands(tmp_path):
    write(tmp_path, "base.toml", "seed = 1\n[chip]\nvoltage = 1.0\nfifo_depth = 4\n")
    path = write(tmp_path, "mine.toml", 'extends = "base.toml"\n[chip]\nvoltage = 0.8\n')
    document = read_document(path)
    assert document.values == {"seed": 1, "chip": {"voltage": 0.8, "fifo_depth": 4}}
    assert document.place(("chip", "voltage")) == f"{path}:3"
    assert document.place(("chip", "fifo_depth")) == f"{tmp_path / 'base.toml'}:4"


def test_another_kind_replaces_the_table_instead_of_inheriting_foreign_options(tmp_path):
    write(tmp_path, "base.toml", '[data]\nkind = "svhn"\nuse_extra = true\n[data.stand_in]\nkind = "x"\n')
    path = write(tmp_path, "mine.toml", 'extends = "base.toml"\n[data]\nkind = "archive"\nfile = "f"\n')
    assert read_document(path).values["data"] == {"kind": "archive", "file": "f"}


def test_profile_and_overrides_are_laid_over_in_this_order(tmp_path):
    path = write(tmp_path, "s.toml", "[chip]\nvoltage = 1.0\n[profiles.low.chip]\nvoltage = 0.7\nfifo_depth = 2\n")
    document = read_document(
        path, profile="low", changes={"chip.fifo_depth": 9, "name": "abc", "simulate.tick": "auto"}
    )
    assert document.values == {"chip": {"voltage": 0.7, "fifo_depth": 9}, "name": "abc", "simulate": {"tick": "auto"}}
    assert document.place(("chip", "voltage")) == f"{path}:4"
    assert document.place(("chip", "fifo_depth")) == "--set chip.fifo_depth"


def test_override_stands_where_the_tables_that_it_opens_stand(tmp_path):
    path = write(tmp_path, "s.toml", "[chip]\nvoltage = 1.0\n")
    document = read_document(path, changes={"place.kind": "row_major", "chip.fifo_depth": 2})
    assert document.place(("place",)) == "--set place.kind"
    assert document.place(("chip",)) == f"{path}:1"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("a = = 1\n", ":1: is not valid TOML"),
        ('extends = "missing.toml"\n', "cannot be read"),
        ('extends = "s.toml"\n', "extends itself"),
        ("extends = 3\n", "must be the path"),
        ("profiles = 3\n", "must hold tables"),
    ],
)
def test_unreadable_scenarios_are_refused_with_their_place(tmp_path, text, fragment):
    path = write(tmp_path, "s.toml", text)
    with pytest.raises(ScenarioError, match=r"s\.toml") as caught:
        read_document(path)
    assert fragment in str(caught.value)


def test_binary_and_huge_files_are_refused(tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="not UTF-8"):
        read_document(path)
    path.write_bytes(b"#" * (2 << 20))
    with pytest.raises(ScenarioError, match="is it the right file"):
        read_document(path)


def test_unknown_profile_and_malformed_override(tmp_path):
    path = write(tmp_path, "s.toml", "[profiles.smoke.chip]\nvoltage = 1.0\n[chip]\nvoltage = 1.0\n")
    with pytest.raises(ScenarioError, match="did you mean 'smoke'"):
        read_document(path, profile="smok")
    with pytest.raises(ScenarioError, match="not of the form"):
        read_document(path, changes={"chip..voltage": 1})
    with pytest.raises(ScenarioError, match="not a table"):
        read_document(path, changes={"chip.voltage.x": 1})


def test_plugin_and_model_files_are_relative_to_the_scenario_that_names_them(tmp_path):
    (tmp_path / "sub").mkdir()
    write(tmp_path, "base.toml", 'plugins = ["a.py"]\n[train]\nmodel = "m.safetensors"\n')
    path = write(tmp_path / "sub", "mine.toml", 'extends = "../base.toml"\n')
    values = read_document(path).values
    assert Path(values["plugins"][0]).resolve() == tmp_path / "a.py"
    assert Path(values["train"]["model"]).resolve() == tmp_path / "m.safetensors"
    for kept in ("", "shipped:x"):
        write(tmp_path, "base.toml", f'[train]\nmodel = "{kept}"\n')
        assert read_document(path).values["train"]["model"] == kept


def test_a_folder_that_begins_with_a_full_stop_is_beside_the_scenario(tmp_path):
    (tmp_path / "sub").mkdir()
    text = '[data]\nkind = "folder"\nfolder = "./a"\n[data.stand_in]\nkind = "folder"\nfolder = "../b"\n'
    write(tmp_path / "sub", "base.toml", text)
    found = read_document(write(tmp_path, "mine.toml", 'extends = "sub/base.toml"\n')).values["data"]
    assert found["folder"] == str(tmp_path / "sub" / "a")
    assert found["stand_in"]["folder"] == str(tmp_path / "b")
    for kept in ("a", "/data/a", "~/a"):
        path = write(tmp_path, "s.toml", f'[data]\nkind = "folder"\nfolder = "{kept}"\n')
        assert read_document(path).values["data"]["folder"] == kept


@pytest.mark.parametrize(
    ("table", "key"),
    [("data", "file"), ("data", "anything"), ("train", "start"), ("encoder", "table"), ("place", "file")],
)
def test_paths_of_any_plugin_that_begin_with_a_full_stop_are_beside_the_file(table, key, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "sub", "s.toml", f'[{table}]\n{key} = "./a"\nlist = [{{ x = "../b" }}]\nname = "."\n')
    values = read_document(path).values[table]
    assert values == {key: str(tmp_path / "sub" / "a"), "list": [{"x": str(tmp_path / "b")}], "name": "."}
    assert read_document(path, changes={f"{table}.{key}": "./c"}).values[table][key] == str(tmp_path / "c")


def test_a_full_stop_alone_is_a_folder_too(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "sub", "s.toml", '[data]\nfolder = "."\n[[probes]]\nfile = "./p"\n')
    values = read_document(path).values
    assert (values["data"]["folder"], values["probes"][0]["file"]) == (str(tmp_path / "sub"), str(tmp_path / "sub/p"))
    changed = read_document(path, changes={"data.folder": ".", "probes.0.file": "./q"}).values
    assert (changed["data"]["folder"], changed["probes"][0]["file"]) == (str(tmp_path), str(tmp_path / "q"))


def test_a_stand_ins_model_is_relative_to_its_scenario_and_what_is_laid_over_has_the_last_word(tmp_path):
    text = '[train]\nmodel = "a.st"\nepochs = 2\n[train.stand_in]\nmodel = "b.st"\nepochs = 3\n'
    path = write(tmp_path, "mine.toml", text)
    train = read_document(path).values["train"]
    assert (train["model"], train["stand_in"]["model"]) == (str(tmp_path / "a.st"), str(tmp_path / "b.st"))
    train = read_document(path, changes={"train.model": ""}).values["train"]
    assert train == {"model": "", "epochs": 2, "stand_in": {"epochs": 3}}
    child = write(tmp_path, "child.toml", 'extends = "mine.toml"\n[train]\nepochs = 5\n')
    assert read_document(child).values["train"]["stand_in"] == {"model": str(tmp_path / "b.st")}
    child = write(tmp_path, "child.toml", 'extends = "mine.toml"\n[train]\nepochs = 5\nstand_in.epochs = 6\n')
    assert read_document(child).values["train"]["stand_in"]["epochs"] == 6
    train = read_document(path, changes={"train.stand_in.epochs": 4}).values["train"]
    assert (train["epochs"], train["stand_in"]["epochs"]) == (2, 4)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (f"seed = {'9' * 5000}\n", "too many digits"),
        ('[train]\nmodel = "\\u0000"\n', "s.toml:2: 'train.model': has a NUL"),
        (f"a = {'[' * 5000}\n", "nested too deeply"),
    ],
)
def test_values_that_no_option_takes_are_refused(tmp_path, text, fragment):
    with pytest.raises(ScenarioError, match=fragment):
        read_document(write(tmp_path, "s.toml", text))


def test_byte_order_mark_is_skipped(tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xef\xbb\xbfseed = 4\n")
    assert read_document(path).values == {"seed": 4}


def test_pipes_and_files_beyond_the_limit_are_refused_before_they_are_read(tmp_path):
    pipe, large = tmp_path / "pipe.toml", tmp_path / "large.toml"
    os.mkfifo(pipe)
    large.touch()
    os.truncate(large, 1 << 31)
    with pytest.raises(ScenarioError, match="a pipe or a device"):
        read_document(pipe)
    with pytest.raises(ScenarioError, match="at most 1,048,576"):
        read_document(large)


def test_program_in_place_of_a_scenario_is_named_as_such(tmp_path):
    path = tmp_path / "raw.npz"
    path.write_bytes(b"PK")
    with pytest.raises(ScenarioError, match="use `neurosyn run`"):
        read_document(path)


def test_many_keys_are_merged_in_linear_time(tmp_path):
    keys = "".join(f"k{number} = 1\n" for number in range(40_000))
    write(tmp_path, "base.toml", keys)
    path = write(tmp_path, "s.toml", f'extends = "base.toml"\n{keys}')
    begun = time.process_time()
    assert len(read_document(path).values) == 40_000
    assert time.process_time() - begun < 20  # quadratic: minutes


def test_change_reaches_a_table_of_a_list_by_number_name_or_kind(tmp_path):
    text = '[[probes]]\nkind = "a"\n[[probes]]\nkind = "b"\nname = "second"\nx = 1\n'
    path = write(tmp_path, "s.toml", text)
    document = read_document(path, changes={"probes.a.x": 5, "probes.1.x": 2, "probes.second.y": 3})
    assert document.values["probes"] == [{"kind": "a", "x": 5}, {"kind": "b", "name": "second", "x": 2, "y": 3}]
    assert document.place(("probes", 1, "x")) == "--set probes.1.x"
    for key in ("probes.2.x", "probes.1", "probes.second"):
        with pytest.raises(ScenarioError, match=key):
            read_document(path, changes={key: 1})


def test_folders_in_changes_are_relative_to_the_working_folder_and_in_profiles_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    text = '[data]\nfolder = "./a"\n[profiles.other.data]\nfolder = "./c"\n'
    path = write(tmp_path, "below/s.toml", text)
    monkeypatch.chdir(tmp_path)
    assert read_document(path, changes={"data.folder": "./b"}).values["data"]["folder"] == str(tmp_path / "b")
    assert read_document(path, profile="other").values["data"]["folder"] == str(tmp_path / "below" / "c")
