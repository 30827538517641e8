"""Damaged files are read as valid programs or refused with a DataError."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurosyn.chip.program import Program
from neurosyn.errors import DataError
from neurosyn.formats.ibm.reader import read_cpe
from neurosyn.formats.ranc.reader import read_ranc
from neurosyn.formats.spikes.files import read_outputs, read_spikes, write_outputs
from tests.formats.playing import play
from tests.formats.spikes.input_files import to_sfri

DATA = Path(__file__).parent / "data"
PROGRAM = read_cpe(DATA / "two_cores.json")
NASTY = [
    b"",
    b"-1",
    b"4294967296",
    b"9" * 5000,
    b"1e999",
    b"NaN",
    b"null",
    b"[",
    b"{",
    b"]",
    b"}",
    b'"',
    b"\\",
    b"/*",
    b"*/",
    b",",
    b":",
    b"\xff",
    b"\0",
    b"\n",
    b"x99999999999",
    b'"0:99999999999"',
    b"\xfe\xfc\xfe\xfc",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
]


@st.composite
def damages(draw):
    """A few edits, each with its place in thousandths of the file."""
    place = st.integers(0, 1000)
    return draw(
        st.lists(
            st.one_of(
                st.tuples(
                    st.just("replace"), place, st.integers(0, 40), st.sampled_from(NASTY) | st.binary(max_size=4)
                ),
                st.tuples(st.just("cut"), place, st.just(0), st.just(b"")),
                st.tuples(st.just("repeat"), place, st.integers(1, 400), st.integers(2, 3)),
                st.tuples(st.just("flip"), place, st.integers(0, 7), st.just(b"")),
                st.tuples(st.just("digit"), place, st.integers(0, 9), st.just(b"")),
            ),
            min_size=1,
            max_size=3,
        )
    )


def damaged(content, edits):
    for kind, thousandth, number, more in edits:
        at = thousandth * len(content) // 1000
        if kind == "replace":
            content = content[:at] + more + content[at + number :]
        elif kind == "cut":
            content = content[:at]
        elif kind == "repeat":
            content = content[:at] + content[at : at + number] * more + content[at + number :]
        elif kind == "flip" and at < len(content):
            content = content[:at] + bytes([content[at] ^ (1 << number)]) + content[at + 1 :]
        elif kind == "digit":
            digits = [i for i in range(at, min(at + 200, len(content))) if content[i : i + 1].isdigit()]
            if digits:
                content = content[: digits[0]] + str(number).encode() + content[digits[0] + 1 :]
    return content


def make(name, tmp_path):
    """A valid file of the format, and what reads it."""
    spikes = read_spikes(DATA / "two_cores.sfti", PROGRAM)
    path = tmp_path / f"valid{name}"
    if name == ".cpe":
        return (DATA / "two_cores.json").read_bytes(), lambda path: read_cpe(path)
    if name == ".ranc":
        return (DATA / "grid.json").read_bytes(), lambda path: read_ranc(path).program
    if name in (".sfti", ".sfri"):
        content = (DATA / "two_cores.sfti").read_bytes() if name == ".sfti" else to_sfri(spikes, PROGRAM)
        return content, lambda path: read_spikes(path, PROGRAM)
    write_outputs(path, play(PROGRAM, spikes, 6), PROGRAM, 6)
    return path.read_bytes(), lambda path: read_outputs(path, PROGRAM)


@pytest.mark.parametrize(
    ("name", "examples"),
    [(".cpe", 300), (".ranc", 200), (".sfti", 150), (".sfri", 100), (".sfro", 100), (".sfcp", 150)],
)
def test_any_damage_is_refused_or_harmless(tmp_path, name, examples):
    content, read = make(name, tmp_path)
    path = tmp_path / "damaged"
    outcomes = {"read": 0, "refused": 0}

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(edits=damages())
    def check(edits):
        path.write_bytes(damaged(content, edits))
        try:
            result = read(path)
        except DataError as error:
            outcomes["refused"] += 1
            said = str(error)
            assert said.startswith(str(path))
        else:
            outcomes["read"] += 1
            # A program checks itself when it is made; it must also be of a size that a few kilobytes can ask for.
            assert not isinstance(result, Program) or result.cores * result.neurons * result.axons < 2**20

    check()
    assert outcomes["refused"] > examples // 10
