"""Members of ZIP archives, and archives that are refused."""

import stat
import zipfile

import pytest
from neurosyn_plugins.datasets.readers import zip_files
from neurosyn_plugins.datasets.readers.zip_files import ZipFiles

from neurosyn.errors import DataError
from tests.plugins.datasets.archives import pack_zip


def test_members_by_name_and_folders_left_out(tmp_path):
    with ZipFiles(pack_zip(tmp_path / "a.zip", [("f/", b""), ("f/a", b"1"), ("b", b"22")])) as archive:
        assert archive.names() == ["f/a", "b"]
        assert "f/a" in archive
        assert "f/" not in archive
        assert archive.read("b", 2) == b"22"
        with pytest.raises(DataError, match="has 2 bytes, the limit is 1"):
            archive.read("b", 1)
        with pytest.raises(DataError, match="no member 'c'"):
            archive.read("c", 10)


@pytest.mark.parametrize("name", ["../a", "/a", "f/../../a", "c:/a", "f\\a"])
def test_names_that_lead_out_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="leads out of the archive"):
        ZipFiles(pack_zip(tmp_path / "a.zip", [(name, b"1")]))


def test_links_doubles_and_crowds_are_refused(tmp_path, monkeypatch):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DataError, match="is a link"):
        ZipFiles(pack_zip(tmp_path / "a.zip", [(link, b"/etc/passwd")]))
    with pytest.warns(UserWarning, match="Duplicate name"):
        pack_zip(tmp_path / "b.zip", [("a", b"1"), ("a", b"2")])
    with pytest.raises(DataError, match="two members 'a'"):
        ZipFiles(tmp_path / "b.zip")
    monkeypatch.setattr(zip_files, "MAX_MEMBERS", 1)
    with pytest.raises(DataError, match="has 2 members"):
        ZipFiles(pack_zip(tmp_path / "c.zip", [("a", b"1"), ("b", b"2")]))
    monkeypatch.setattr(zip_files, "MAX_BYTES", 1)
    with pytest.raises(DataError, match="declares 2 bytes"):
        ZipFiles(pack_zip(tmp_path / "d.zip", [("a", b"12")]))


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    path = pack_zip(tmp_path / "a.zip", [("a", bytes(1000))])
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with ZipFiles(path) as archive, pytest.raises(DataError, match="'a'"):
        archive.read("a", 100)


@pytest.mark.parametrize("content", [b"", b"PK", b"garbage" * 100])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="not a readable ZIP archive"):
        ZipFiles(tmp_path / "a.zip")
    with pytest.raises(DataError, match=r"absent\.zip: cannot be read"):
        ZipFiles(tmp_path / "absent.zip")
