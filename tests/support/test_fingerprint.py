from neurosyn.support.fingerprint import named_paths, path_digests


def test_texts_that_name_nothing_are_passed_over(tmp_path):
    values = {"a": "", "b": "x" * 5_000, "c": "a\0b", "d": "~nobody-of-this-name/x", "e": 3, "f": None, "kind": "data"}
    (tmp_path / "data").mkdir()
    assert path_digests(values, tmp_path) == []


def test_paths_are_found_at_any_depth(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for file in ("data/a.txt", "here/b.txt", "c.txt"):
        (tmp_path / file).write_text(file, encoding="utf-8")
    values = {"x": [{"y": "a.txt"}], "z": ("b.txt", str(tmp_path / "c.txt"))}
    found = dict(named_paths(values, tmp_path / "data"))
    assert list(found.values()) == [tmp_path / "data" / "a.txt", tmp_path / "here" / "b.txt", tmp_path / "c.txt"]


def test_folder_counts_with_names_and_contents(tmp_path):
    (tmp_path / "f" / "g").mkdir(parents=True)
    file = tmp_path / "f" / "g" / "a.txt"
    digests = []
    for text in ("one", "other"):
        file.write_text(text, encoding="utf-8")
        digests.append(path_digests(["f"], tmp_path))
    file.rename(file.with_name("b.txt"))
    digests.append(path_digests(["f"], tmp_path))
    assert len({digest for [(_, digest)] in digests}) == 3
    assert path_digests(["f"], tmp_path, folders=False) == []
