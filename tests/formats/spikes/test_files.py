"""Spike files of IBM's tools, byte by byte."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.chip.program import NEURON_TYPE
from neurosyn.chip.spikes import InputSpikes
from neurosyn.errors import DataError, ScenarioError
from neurosyn.formats.spikes import raw_words as spike_raw
from neurosyn.formats.spikes import text as spike_text
from neurosyn.formats.spikes.files import OUTPUT_COLUMNS, read_outputs, read_spikes, write_outputs
from neurosyn.testing.programs import random_program
from tests.formats.playing import play, rows
from tests.formats.spikes.input_files import to_sfri, to_sfti

TEXT = (
    b'{"class":"SpikeWriter","encoding":"TEXT","nscsVersion":"1.4.0"}\n'
    b'{"version":"sfti1.0","defaultDestinationDelay":1}\n'
)
RAW = b'{"class":"SpikeWriter","encoding":"RAWI3","nscsVersion":"1.4.0","defaultDestinationDelay":1}\xff'
RAW_OUT = RAW.replace(b"RAWI3", b"RAWO6")
PINS = (
    b'{"class":"SpikeWriter","encoding":"CONNPIN","nscsVersion":"1.4.0"}\n'
    b'{ "defaultDestinationDelay" : 1,\n "connectors" : [ { "ID" : 0, "csize" : 3, "bpp" : 8 } ] }\xff'
)
MARK = b"\xfe\xfc\xfe\xfc"
END = MARK + b"\xff" * 4 + bytes(8)


def tick(number, pins=(), delays=()):
    spikes = struct.pack(">I", len(pins)) + bytes(pins) + bytes(delays) if pins else b""
    return MARK + struct.pack(">I", number) + bytes(8) + spikes


def line(time, core, axon):
    return b'{"spike":{"srcTime":%d,"destCore":%d,"destAxon":%d}}\n' % (time, core, axon)


def columns(spikes):
    return [getattr(spikes, name).tolist() for name in ("tick", "core", "axon")]


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "spikes"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        TEXT + line(0, 7, 5) + line(2, 3, 0) + line(2, 7, 7),
        TEXT.replace(b"\n", b"\r\n") + (line(0, 7, 5) + line(2, 3, 0) + line(2, 7, 7)).replace(b"\n", b"\r\n"),
        TEXT + (line(0, 7, 5) + line(2, 3, 0) + line(2, 7, 7)).rstrip(),
        TEXT
        + b'\n {"spike" : {"destAxon": 5, "srcTime": 0, "destCore": 7, "more": []}}\n'
        + line(2, 3, 0)
        + line(2, 7, 7),
        TEXT.replace(b'Delay":1', b'Delay":2')
        + b'{"spike":{"srcTime":0,"destCore":7,"destAxon":5,"destDelay":1}}\n'
        + line(1, 3, 0)
        + line(1, 7, 7),
        RAW + struct.pack(">9I", 0, 7, 5, 2, 3, 0, 2, 7, 7),
        RAW_OUT + struct.pack(">18i", 0, 9, 9, 7, 5, 1, 0, 1, 2, 3, 0, 3, 2, 0, 0, 7, 7, 1),
    ],
    ids=["text", "crlf", "no last line end", "other order", "delays", "RAWI3", "RAWO6"],
)
def test_the_same_spikes_in_every_format(two_cores, write, content):
    # Stamps are ticks of sending at a delay of 1; cores are numbered in the program's order (3, 7).
    assert columns(read_spikes(write(content), two_cores)) == [[0, 2, 2], [1, 0, 1], [5, 0, 7]]


def test_pins_are_input_lines(tmp_path, two_cores):
    program = random_program(np.random.default_rng(0), np.zeros(1, NEURON_TYPE), cores=2, axons=9, neurons=8, lines=3)
    path = tmp_path / "in.sfcp"
    path.write_bytes(PINS + tick(0, [2, 0], [1, 4]) + tick(1) + tick(1, [1], [1]) + END)
    spikes = read_spikes(path, program)
    assert spikes.line.tolist() == [2, 0, 1]
    assert columns(spikes) == [
        [0, 3, 1],
        program.input_core[[2, 0, 1]].tolist(),
        program.input_axon[[2, 0, 1]].tolist(),
    ]
    with pytest.raises(DataError, match="spike 0 is for pin 2; the program has 0 input lines"):
        read_spikes(path, two_cores)


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b"", "does not begin with a header"),
        (b"\x00\xff\xff", "the header is not JSON"),
        (b'{"encoding":"MP3"}\n', "does not begin with a header"),
        (b'{"encoding":["TEXT"]}\n', "does not begin with a header"),
        (b"[" * 100_000, "the header is not JSON"),
        (TEXT[:70], ":1: the header has not its two lines"),
        (TEXT.replace(b'Delay":1', b'Delay":0'), "defaultDestinationDelay is 0"),
        (TEXT + line(3, 7, 0) + line(2, 7, 0), ":4: its tick is 2; the spike before it is later"),
        (TEXT + line(0, 4, 0), ":3: it goes to core 4; the program has no such core"),
        (TEXT + line(0, 7, 0) + line(0, 7, 8), ":4: it goes to axon 8; the range is 0…7"),
        (TEXT + line(2**31, 7, 0), ":3: its tick is 2147483648"),
        (TEXT + b"\n" + line(-1, 7, 0), ":4: its tick is -1"),
        (TEXT + line(0, 7, 0) + line(1, 7, 0)[:-9], ":4: is not a JSON object"),
        (TEXT + b'{"spike":{"srcTime":0,"destCore":7}}', ":3: the spike lacks 'destAxon'"),
        (TEXT + b'{"spike":{"srcTime":0.0,"destCore":7,"destAxon":1}}', "srcTime is 0.0, not an integer"),
        (TEXT + b'{"spike":{"srcTime":0,"destCore":7,"destAxon":1,"destDelay":16}}', "destDelay is 16"),
        (TEXT + b'{"spike":{"srcTime":0,"srcTime":3,"destCore":7,"destAxon":1}}', "the key 'srcTime' is given twice"),
        (TEXT.replace(b'Delay":1', b'Delay":1,"defaultDestinationDelay":2'), "the header is not JSON"),
        (TEXT + b'{"spike":[]}', ":3: the spike is a list, not an object"),
        (TEXT + b"7", ":3: the line is 7, not an object"),
        (TEXT + b"[" * 60_000, ":3: is not a JSON object"),
        (TEXT + b'{"spike":{"srcTime":' + b"1" * 5_000 + b"}}", ":3: Exceeds the limit"),
        (RAW[:-1], "not ended by a byte 0xFF"),
        (RAW + b"\0" * 13, "ends in the middle of a spike (13 bytes are no multiple of 12)"),
        (RAW + struct.pack(">6I", 5, 7, 0, 4, 7, 0), ": spike 1: its tick is 4"),
        (RAW + struct.pack(">3I", 0, 2**32 - 1, 0), ": spike 0: it goes to core 4294967295"),
        (RAW + struct.pack(">3I", 2**32 - 1, 7, 0), ": spike 0: its tick is 4294967295"),
        (RAW_OUT + struct.pack(">6i", 0, 7, 0, -32, 0, 1), ": spike 0: it goes to core -32"),
        (RAW_OUT + struct.pack(">6i", 0, 7, 0, 7, 0, 0), ": spike 0: its delay is 0"),
        (PINS + tick(0), "the file ends in the middle"),
        (PINS + tick(0) + END + b"\0", "something follows after the last tick"),
        (PINS + tick(1) + tick(0) + END, "tick 0 comes after tick 1"),
        (PINS + tick(0)[:-1] + b"\1" + END, "8 bytes after a tick are not zero"),
        (PINS + tick(0) + b"\0\0\0\0" + END, "tick 0 has 0 spikes"),
        (PINS + tick(0) + b"\xff\xff\xff\x00" + END, "has 4,294,967,040 spikes, which cannot be"),
        (PINS + tick(0) + b"\x00\xff\xff\xff" + END, "the file ends in the middle"),
        (PINS + tick(0, [0], [0]) + END, "tick 0 has a delay beyond 1…15"),
        (PINS + b"\xfe\xfc\xfe\xfd", "a tick does not begin with FE FC FE FC"),
        (PINS.replace(b'"bpp" : 8', b'"bpp" : 7') + END, "one connector with bpp"),
        (PINS.replace(b"connectors", b"connector") + END, "one connector with bpp"),
        (PINS + tick(2**31) + END, "tick 2147483648 is beyond"),
    ],
)
def test_damage_is_refused_with_its_place(two_cores, write, content, fragment):
    with pytest.raises(DataError) as caught:
        read_spikes(write(content), two_cores)
    assert fragment in str(caught.value)


def test_pieces_of_any_size_give_the_same_spikes(monkeypatch, two_cores, write):
    times = np.sort(np.random.default_rng(0).integers(0, 99, 50)).tolist()
    text = write(TEXT + b"".join(line(time, 7, time % 8) for time in times))
    whole = columns(read_spikes(text, two_cores))
    assert whole == [times, [1] * 50, [time % 8 for time in times]]
    monkeypatch.setattr(spike_text, "_CHUNK", 150)
    assert columns(read_spikes(text, two_cores)) == whole
    raw = write(RAW + b"".join(struct.pack(">III", time, 7, time % 8) for time in times))
    monkeypatch.setattr(spike_raw, "_ROWS", 7)
    assert columns(read_spikes(raw, two_cores)) == whole


def test_a_line_without_an_end_is_refused_before_memory_is_gone(monkeypatch, two_cores, write):
    monkeypatch.setattr(spike_text, "_CHUNK", 1000)
    with pytest.raises(DataError, match="a line has more than"):
        read_spikes(write(TEXT + b" " * 100_000), two_cores)


@settings(max_examples=30, deadline=None)
@given(
    events=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 1), st.integers(0, 7)), max_size=20),
    encode=st.sampled_from([to_sfti, to_sfri]),
)
def test_input_spikes_come_back(two_cores, tmp_path_factory, events, encode):
    path = tmp_path_factory.mktemp("spikes") / "in"
    tick, core, axon = np.array(events, np.int64).reshape(-1, 3).T
    spikes = InputSpikes.to_axons(tick, core.astype(np.int32), axon.astype(np.int32))
    path.write_bytes(encode(spikes, two_cores))
    ordered = sorted(events)
    assert (
        columns(read_spikes(path, two_cores)) == [list(column) for column in zip(*ordered, strict=True)] or not events
    )


@pytest.fixture(scope="module")
def played(two_cores, data):
    return play(two_cores, read_spikes(data / "two_cores.sfti", two_cores), 6)


EXPECTED = [(2, 3, 3, -33, 255, 511), (3, 3, 0, -32, 0, 0), (3, 3, 1, -32, 1, 1), (4, 3, 1, -32, 1, 1)]


def test_tables_have_a_row_for_each_output_spike(two_cores, played, tmp_path):
    import pyarrow.parquet

    write_outputs(tmp_path / "out.csv", played, two_cores, 6)
    lines = (tmp_path / "out.csv").read_text(encoding="ascii").splitlines()
    assert lines == [",".join(OUTPUT_COLUMNS), *(",".join(map(str, row)) for row in EXPECTED)]
    write_outputs(tmp_path / "out.parquet", played, two_cores, 6)
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert [tuple(row.values()) for row in table.to_pylist()] == EXPECTED


def test_raw_output_is_as_ibm_writes_it(two_cores, played, tmp_path):
    path = tmp_path / "out.sfro"
    write_outputs(path, played, two_cores, 6)
    head, words = path.read_bytes().split(b"\xff", 1)
    assert json.loads(head)["encoding"] == "RAWO6"
    delays = {3: 15, 0: 1, 1: 1}
    assert struct.unpack(">24i", words) == tuple(
        word
        for time, core, neuron, target, axon, _ in EXPECTED
        for word in (time, core, neuron, target, axon, delays[neuron])
    )
    assert rows(read_outputs(path, two_cores)) == rows(played)


def test_pin_output_is_as_ibm_writes_it(two_cores, played, tmp_path):
    path = tmp_path / "out.sfcp"
    write_outputs(path, played, two_cores, 6)
    head, blocks = path.read_bytes().split(b"\xff", 1)
    # 512 pins need two bytes each.
    two = struct.pack(">IH", 1, 511) + b"\x0f"
    three = struct.pack(">IHH", 2, 0, 1) + b"\1\1"
    four = struct.pack(">IH", 1, 1) + b"\1"
    assert blocks == tick(0) + tick(1) + tick(2) + two + tick(3) + three + tick(4) + four + tick(5) + END
    assert json.loads(head.split(b"\n", 1)[1])["connectors"][0]["bpp"] == 16
    again = read_outputs(path, two_cores)
    assert (again.tick.tolist(), again.dest_axon.tolist()) == ([2, 3, 3, 4], [511, 0, 1, 1])


def test_a_byte_order_mark_is_passed_over(two_cores, write):
    text = TEXT + line(0, 7, 0) + line(4, 7, 1)
    marked, plain = read_spikes(write(b"\xef\xbb\xbf" + text), two_cores), read_spikes(write(text), two_cores)
    assert columns(marked) == columns(plain)


@pytest.mark.parametrize("pin", [512, 2**31, 2**32 - 2])
def test_recorded_pins_beyond_the_program_are_refused(two_cores, write, pin):
    spike = struct.pack(">II", 1, pin) + b"\x01"
    path = write(PINS.replace(b'"bpp" : 8', b'"bpp" : 32') + tick(0) + spike + END)
    with pytest.raises(DataError, match=f"spike 0 is of pin {pin}; the program has 512 pins"):
        read_outputs(path, two_cores)


def test_recorded_spikes_of_another_program_are_refused(two_cores, write):
    path = write(RAW_OUT + struct.pack(">12i", 0, 7, 0, 3, 0, 1, 0, 3, 8, -32, 0, 1))
    with pytest.raises(DataError, match="spike 1 is from core 3, neuron 8 to connector -32"):
        read_outputs(path, two_cores)


def test_no_spikes_make_files_all_the_same(two_cores, tmp_path):
    for ending in (".csv", ".parquet", ".sfro", ".sfcp"):
        write_outputs(tmp_path / f"out{ending}", play(two_cores, None, 1), two_cores, 1)
        if ending in (".sfro", ".sfcp"):
            assert rows(read_outputs(tmp_path / f"out{ending}", two_cores)) == []


def test_other_endings_are_refused(two_cores, played, tmp_path):
    with pytest.raises(ScenarioError, match=r"did you mean '\.parquet'"):
        write_outputs(tmp_path / "out.parquett", played, two_cores, 6)
    (tmp_path / "in.sfti").write_bytes(TEXT)
    with pytest.raises(DataError, match="has input spikes"):
        read_outputs(tmp_path / "in.sfti", two_cores)
