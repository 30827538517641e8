"""Reading a trace: frames, filters, damaged files."""

import csv
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neurosyn.errors import DataError
from neurosyn.testing.made_up_runs import random_run
from neurosyn.trace.options import TraceOptions
from neurosyn.trace.reader import Trace
from neurosyn.trace.row_filter import RowFilter
from neurosyn.trace.schema import MANIFEST, TABLES


@pytest.fixture
def trace(record):
    return record()


def _rewrite_manifest(folder, change):
    path = folder / MANIFEST
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_columns_carry_their_meaning_and_unit(trace):
    for name in trace.rows:
        table = trace.arrow(name)
        assert table.schema.metadata[b"neurosyn.table"] == name.encode()
        for field in table.schema:
            assert len(field.metadata[b"description"]) > 5, field.name
            for suffix in ("ps", "pj"):
                if field.name.endswith(f"_{suffix}"):
                    assert field.metadata[b"unit"].decode().lower() == suffix


def test_the_documented_columns_are_the_recorded_ones(trace):
    for name, table in TABLES.items():
        assert trace.frame(name).columns.tolist() == [column.name for column in table.columns]
        assert pq.read_schema(trace.folder / table.file).equals(table.schema)


def test_columns_can_be_chosen(trace):
    assert trace.packets(["hops", "tick"]).columns.tolist() == ["hops", "tick"]
    assert trace.arrow("spikes", ["core"]).column_names == ["core"]


def test_layers_are_categories_in_the_order_of_the_program(trace):
    assert trace.spikes()["layer"].cat.categories.tolist() == list(trace.layers) == ["1 layer", "2 layer", "3 layer"]


def test_a_run_folder_will_do(trace):
    assert trace.folder.name == "trace"
    assert Trace(trace.folder.parent).ticks().equals(trace.ticks())


def test_batches_make_up_the_table(trace):
    batches = list(trace.batches("packets", rows=50))
    assert max(batch.num_rows for batch in batches) <= 50
    assert len(batches) > 2
    assert pa.Table.from_batches(batches).equals(trace.arrow("packets"))


@pytest.mark.parametrize("n", [0, 1, 3, 10_000])
def test_head(trace, n):
    head = trace.head("packets", n)
    assert len(head) == min(n, trace.rows["packets"])
    pd.testing.assert_frame_equal(head, trace.packets().head(n))


def test_the_repr_says_what_there_is(trace):
    text = repr(trace)
    assert "9 cores in 3 layers" in text
    assert "6 ticks (4 timed)" in text
    assert f"packets {trace.rows['packets']:,}" in text


def test_export_to_csv(trace, tmp_path):
    trace.export("packets", tmp_path / "packets.csv")
    with (tmp_path / "packets.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["arrival_ps"]) for row in rows] == trace.packets()["arrival_ps"].tolist()
    trace.export("spikes", tmp_path / "spikes.CSV")
    assert (tmp_path / "spikes.CSV").read_text().splitlines()[1].split(",")[2] == '"1 layer"'


def test_export_to_json_keeps_what_is_missing(trace, tmp_path):
    trace.export("ticks", tmp_path / "ticks.json")
    records = json.loads((tmp_path / "ticks.json").read_text())
    assert [record["start_ps"] is None for record in records] == [False] * 4 + [True] * 2
    assert [record["spikes"] for record in records] == trace.ticks()["spikes"].tolist()


def test_export_of_an_empty_table(record, tmp_path):
    trace = record(random_run(ticks=1, timed=1, rate=0))
    for ending in ("json", "csv", "parquet"):
        trace.export("spikes", tmp_path / f"spikes.{ending}")
    assert json.loads((tmp_path / "spikes.json").read_text()) == []
    assert (tmp_path / "spikes.csv").read_text() == '"tick","core","layer","neuron"\n'


def test_export_to_parquet(trace, tmp_path):
    trace.export("energy", tmp_path / "out" / "energy.parquet")
    assert pq.read_table(tmp_path / "out" / "energy.parquet").equals(trace.arrow("energy"))


def test_export_refuses_other_endings(trace, tmp_path):
    with pytest.raises(DataError, match=r"cannot export to '\.xlsx'.*\.csv, \.json, \.parquet"):
        trace.export("ticks", tmp_path / "ticks.xlsx")


def test_a_failed_export_leaves_nothing(trace, tmp_path):
    _flip_a_byte(trace.folder / "packets.parquet")
    for ending in ("csv", "json"):
        with pytest.raises(DataError, match=r"packets\.parquet"):
            trace.export("packets", tmp_path / f"out.{ending}")
    assert not list(tmp_path.glob("*out*"))


def _flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x55
    path.write_bytes(bytes(data))


def test_what_was_not_recorded_says_how_to_get_it(record):
    trace = record(options=TraceOptions(level="tick"))
    with pytest.raises(DataError, match=r"packets were not recorded \(trace level 'tick'.*trace\.level"):
        trace.packets()


@pytest.mark.parametrize("call", [Trace.frame, Trace.head, Trace.arrow])
def test_unknown_tables_and_columns_are_named(trace, call):
    with pytest.raises(DataError, match=r"no table 'packet'; did you mean 'packets'\?"):
        call(trace, "packet")
    with pytest.raises(DataError, match=r"have no column 'hop'.*hops"):
        trace.frame("packets", ["hop"])


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_a_trace(tmp_path, folder):
    with pytest.raises(DataError, match="no whole trace"):
        Trace(tmp_path / folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("[1]", "is not the list of a trace"),
        ("{}", "is not the list of a trace"),
        ('{"format": 99}', "trace format 99, this neurosyn reads 1"),
        ('{"format": 1}', "is damaged"),
        ("\x00\xff", "is not UTF-8 text"),
        ("[" * 100_000, "nested too deeply"),
        ('{"format": 1, "cores": 1e999}', "too large for a number"),
    ],
)
def test_a_damaged_list_of_tables(trace, text, message):
    (trace.folder / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=message):
        Trace(trace.folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(tables=[]),
        lambda manifest: manifest.update(cores=-1),
        lambda manifest: manifest.update(axons=1e30),
        lambda manifest: manifest["ticks"].update(timed=2.5),
        lambda manifest: manifest["tables"].update(ticks=7),
        lambda manifest: manifest["mesh"].pop("side"),
        lambda manifest: manifest.update(cores="many"),
    ],
)
def test_a_list_of_tables_with_wrong_values(trace, change):
    _rewrite_manifest(trace.folder, change)
    with pytest.raises(DataError, match="is damaged"):
        Trace(trace.folder)


def test_a_missing_table(trace):
    (trace.folder / "ticks.parquet").unlink()
    with pytest.raises(DataError, match=r"ticks\.parquet: is missing"):
        trace.ticks()
    assert len(trace.cores()) == 9


@pytest.mark.parametrize("keep", [0, 10, -1])
def test_a_cut_table(trace, keep):
    path = trace.folder / "packets.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="cut or replaced"):
        trace.packets()


def test_damaged_contents(trace):
    _flip_a_byte(trace.folder / "packets.parquet")
    with pytest.raises(DataError, match=r"packets\.parquet: cannot be read"):
        trace.packets()


def _replace(trace, name, write):
    """Put another file in a table's place and let the list of tables believe it."""
    path = trace.folder / f"{name}.parquet"
    write(path)

    def believe(manifest):
        manifest["tables"][name]["bytes"] = path.stat().st_size

    _rewrite_manifest(trace.folder, believe)
    return Trace(trace.folder)


def test_a_foreign_parquet_file(trace):
    foreign = _replace(trace, "ticks", lambda path: pq.write_table(pa.table({"tick": [1, 2]}), path))
    with pytest.raises(DataError, match="was not written by neurosyn"):
        foreign.ticks()


def test_no_parquet_at_all(trace):
    foreign = _replace(trace, "ticks", lambda path: path.write_bytes(b"PAR1 but not really" * 9))
    with pytest.raises(DataError, match="cannot be read"):
        foreign.ticks()


def test_names_of_columns_that_are_not_utf8(trace):
    path = trace.folder / "ticks.parquet"
    path.write_bytes(path.read_bytes().replace(b"makespan_ps", b"makespan\xffps"))
    with pytest.raises(DataError, match=r"ticks\.parquet: cannot be read"):
        trace.ticks()


def test_text_that_is_not_utf8(trace):
    def write(path):
        table = pq.read_table(path)
        layers = pa.array([b"\xff"] * table.num_rows).cast(pa.binary()).view(pa.string())
        column = table.schema.names.index("layer")
        field = table.schema.field(column)
        pq.write_table(table.set_column(column, field.with_type(pa.string()), layers), path)

    with pytest.raises(DataError, match=r"cores\.parquet"):
        _replace(trace, "cores", write).cores()


def test_a_table_in_the_place_of_another(trace):
    swapped = _replace(trace, "spikes", lambda path: path.write_bytes((trace.folder / "ticks.parquet").read_bytes()))
    with pytest.raises(DataError, match="was not written by neurosyn"):
        swapped.spikes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop_columns(["neuron"]), "lacks the column 'neuron'"),
        (lambda table: table.set_column(1, "core", table["core"].cast(pa.int64())), "core as int64, not int32"),
        (lambda table: table.slice(1), "rows where"),
        (
            lambda table: table.replace_schema_metadata({"neurosyn.table": "spikes", "neurosyn.format": "7"}),
            "has trace format 7",
        ),
    ],
)
def test_a_table_that_is_not_as_documented(trace, change, message):
    table = trace.arrow("spikes")
    changed = _replace(trace, "spikes", lambda path: pq.write_table(change(table), path))
    with pytest.raises(DataError, match=message):
        changed.spikes()


def test_new_columns_at_the_end_are_welcome(trace):
    table = trace.arrow("spikes")
    grown = _replace(
        trace, "spikes", lambda path: pq.write_table(table.append_column("potential", pa.nulls(len(table))), path)
    )
    assert len(grown.spikes()) == len(table)


# Some of the rows.


def test_rows_of_some_ticks_and_cores(trace):
    packets, spikes = trace.packets(), trace.spikes()
    some = packets[packets["tick"].between(1, 2)].reset_index(drop=True)
    assert trace.packets(ticks=(1, 2)).equals(some)
    assert trace.spikes(ticks=2).equals(spikes[spikes["tick"] == 2].reset_index(drop=True))
    ends = packets[["source_core", "dest_core"]].isin([1, 4]).any(axis=1)
    assert trace.packets(cores=[1, 4]).equals(packets[ends].reset_index(drop=True))
    both = trace.packets(["hops"], ticks=(1, 2), cores=[1])
    assert both["hops"].tolist() == some["hops"][some[["source_core", "dest_core"]].isin([1]).any(axis=1)].tolist()
    assert both.columns.tolist() == ["hops"]
    assert trace.head("spikes", 3, ticks=2).equals(trace.spikes(ticks=2).head(3))
    assert trace.packets(ticks=99).empty
    assert trace.packets(ticks=99).columns.tolist() == packets.columns.tolist()


def test_only_the_parts_of_a_file_with_the_ticks_are_read(record):
    run = random_run(layers=(8, 8), neurons=64, mesh=None, ticks=20, timed=20, rate=0.5)
    trace = record(run, TraceOptions(row_group=1024))
    metadata = pq.ParquetFile(trace.file("spikes")).metadata
    groups = RowFilter(ticks=(3, 4)).groups(metadata)
    assert 0 < len(groups) < metadata.num_row_groups / 2
    spikes = trace.spikes()
    assert trace.spikes(ticks=(3, 4)).equals(spikes[spikes["tick"].isin([3, 4])].reset_index(drop=True))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda trace: trace.frame("cores", ticks=1), "cores are of all ticks together"),
        (lambda trace: trace.frame("ticks", cores=[1]), "ticks are of all cores together"),
        (lambda trace: trace.cores_of(["1 layr"]), "did you mean '1 layer'"),
    ],
)
def test_rows_that_cannot_be_chosen_so(trace, call, message):
    with pytest.raises(DataError, match=message):
        call(trace)


def test_cores_of_layers(trace):
    assert trace.cores_of(["1 layer", "3 layer"]) == [0, 1, 2, 7, 8]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_export_of_some_rows(trace, tmp_path, ending):
    path = tmp_path / f"some.{ending}"
    trace.export("spikes", path, ticks=(1, 2), cores=[0, 3])
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[ending](path)
    assert read[["tick", "core", "neuron"]].to_numpy().tolist() == (
        trace.spikes(ticks=(1, 2), cores=[0, 3])[["tick", "core", "neuron"]].to_numpy().tolist()
    )


def test_notebooks_show_the_tables(trace):
    shown = trace._repr_html_()
    assert all(f"<th>{name}</th><td>{rows:,}</td>" in shown for name, rows in trace.rows.items())


def test_files_explain_themselves_without_neurosyn(trace):
    """What DuckDB, polars or pandas see: plain Parquet with zstd, plain types, and columns with meaning and unit."""
    for path in trace.folder.glob("*.parquet"):
        file = pq.ParquetFile(path)
        assert file.read().num_rows == trace.rows[path.stem]
        codecs = {
            file.metadata.row_group(group).column(column).compression
            for group in range(file.metadata.num_row_groups)
            for column in range(file.metadata.num_columns)
        }
        assert codecs <= {"ZSTD"}
        for field in file.schema_arrow:
            plain = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            assert any(
                check(plain)
                for check in (pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_boolean)
            )
            assert field.metadata[b"description"]
