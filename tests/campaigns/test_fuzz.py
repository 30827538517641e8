"""The campaign of mutated inputs: every specimen is read whole, cases are the same every time, damage is counted."""

import sys

import pytest

from campaigns.fuzz import __main__ as fuzz
from campaigns.fuzz.readers import READERS, Reader, case_folder
from campaigns.fuzz.specimens import make_specimens
from campaigns.fuzz.worker import attempt, case_bytes
from campaigns.results import Results


@pytest.mark.parametrize("name", list(READERS))
def test_every_reader_reads_its_whole_specimen(specimens, tmp_path, name):
    content = (specimens / READERS[name].file).read_bytes()
    with case_folder(specimens, tmp_path / "case", READERS[name], content) as folder:
        READERS[name].read(folder)


def test_a_case_has_the_same_bytes_every_time(specimens):
    assert case_bytes(specimens, "cpe", 3, 7) == case_bytes(specimens, "cpe", 3, 7)
    assert len({case_bytes(specimens, "cpe", 3, number) for number in range(8)}) > 1


def test_an_exception_of_another_kind_is_counted(specimens, tmp_path, monkeypatch):
    def read(_folder):
        raise KeyError("mistake")

    monkeypatch.setitem(READERS, "cpe", Reader("cpe.json", read, text=True))
    outcome = attempt(specimens, tmp_path, "cpe", 0, 0)
    assert (outcome["outcome"], outcome["error"]) == ("foreign", "KeyError: 'mistake'")


def test_the_campaign_goes_on_where_it_ended(specimens, tmp_path, monkeypatch, capsys):
    (tmp_path / "specimens").symlink_to(specimens)
    for cases, expected in (("5", 5), ("8", 8)):
        arguments = ["fuzz", "--seed", "4", "--cases", cases, "--reader", "cpe", "--reader", "ranc"]
        monkeypatch.setattr(sys, "argv", [*arguments, "--out", str(tmp_path)])
        assert fuzz.main() == 0
        last = Results(tmp_path / "results.jsonl").of(seed=4)[-1]
        assert last["cases"] == expected == sum(last["counts"].values())
    assert "8 cases, seed 4" in capsys.readouterr().out


def test_specimens_are_the_same_every_time(specimens, tmp_path):
    make_specimens(tmp_path)
    for name in ("cpe.json", "bars.npz", "set.txt", "model.safetensors", "gtsrb/GTSRB_Final_Test_GT.zip"):
        assert (tmp_path / name).read_bytes() == (specimens / name).read_bytes(), name
