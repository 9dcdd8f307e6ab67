"""Every type, written and read in every format by pyarrow and polars."""

import io
import json

import every_type
import polars
import pyarrow as pa
import pytest
from conftest import ARROW, ARROW_FILE, NDJSON


def stream(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def file(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def ndjson(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


WRITERS = {
    "arrow_stream": lambda: (stream(every_type.table()), ARROW),
    "arrow_stream_zstd": lambda: (stream(every_type.table(), compression="zstd"), ARROW),
    "arrow_stream_lz4": lambda: (stream(every_type.table(), compression="lz4"), ARROW),
    "arrow_file": lambda: (file(every_type.table()), ARROW_FILE),
    "json": lambda: (json.dumps(every_type.json_rows()).encode(), "application/json"),
    "ndjson": lambda: (ndjson(every_type.json_rows()), NDJSON),
}


@pytest.fixture(params=["zstd", "lz4", "none"])
def table_of_every_type(request, new_table):
    return new_table(every_type.COLUMNS, properties={"log.compression": request.param})


@pytest.mark.parametrize("writer", WRITERS)
def test_every_type_comes_back_as_it_was_written(new_table, writer):
    table = new_table(every_type.COLUMNS)
    answer = table.write(*WRITERS[writer]())
    assert answer["rows"] == 3
    assert answer["durability"] == "local"
    assert answer["buckets"][0]["base_offset"] == 0 and answer["buckets"][0]["next_offset"] == 3

    every_type.assert_same(table.arrow(), every_type.table())
    expected = every_type.canonical(every_type.json_rows())
    assert every_type.canonical(table.rows()) == expected
    lines = table.log(NDJSON).content.decode().splitlines()
    assert every_type.canonical([json.loads(line) for line in lines]) == expected


def test_polars_reads_every_type_under_every_compression(table_of_every_type):
    table_of_every_type.write(stream(every_type.table()), ARROW)
    # Polars has no times in seconds and the like, so its values are compared after pyarrow has read the same bytes.
    content = table_of_every_type.log(ARROW).content
    with pa.ipc.open_stream(content) as reader:
        mine = polars.from_arrow(reader.read_all())
    read = polars.read_ipc_stream(io.BytesIO(content))
    assert read.columns == list(every_type.TYPES)
    assert read.height == 3
    assert read.equals(mine, null_equal=True)


@pytest.mark.parametrize("name", every_type.TYPES)
def test_each_type_alone_is_described_and_projected(new_table, name):
    weir_type, _, _ = every_type.TYPES[name]
    table = new_table(every_type.COLUMNS)
    table.write(stream(every_type.table()), ARROW)
    described = {c["name"]: c for c in table.store.ok("GET", table.path).json()["columns"]}
    assert described[name]["type"] == weir_type
    every_type.assert_same(table.arrow(columns=name), every_type.table().select([name]))


def test_strings_of_every_arrow_encoding_are_taken(new_table):
    table = new_table([{"name": "s", "type": "STRING"}])
    values = ["a", None, "žluťoučký kůň, longer than a view holds inline", ""]
    encodings = [
        pa.array(values),
        pa.array(values).dictionary_encode(),
        pa.array(values, pa.large_string()),
        pa.array(values, pa.string_view()),
    ]
    for array in encodings:
        table.write(stream(pa.table({"s": array})), ARROW)
    assert table.arrow()["s"].to_pylist() == values * len(encodings)


def test_binary_and_list_of_other_arrow_encodings_are_taken(new_table):
    table = new_table([{"name": "b", "type": "BYTES"}, {"name": "l", "type": "ARRAY<INT>"}])
    numbers = [[1, 2], None, []]
    for binary, lists in ((pa.large_binary(), pa.large_list(pa.int32())), (pa.binary_view(), pa.list_(pa.int32()))):
        body = pa.table({"b": pa.array([b"x", None, b""], binary), "l": pa.array(numbers, lists)})
        table.write(stream(body), ARROW)
    assert table.arrow()["b"].to_pylist() == [b"x", None, b""] * 2
    assert table.arrow()["l"].to_pylist() == numbers * 2


def test_polars_writes_string_views(new_table):
    table = new_table([{"name": "s", "type": "STRING"}, {"name": "n", "type": "BIGINT"}])
    frame = polars.DataFrame({"s": ["short", None, "a string longer than twelve bytes"], "n": [1, 2, None]})
    for compression in ("uncompressed", "zstd", "lz4"):
        sink = io.BytesIO()
        frame.write_ipc_stream(sink, compression=compression)
        table.write(sink.getvalue(), ARROW)
    assert table.arrow().to_pydict() == {name: values * 3 for name, values in frame.to_dict(as_series=False).items()}


def test_several_batches_and_column_order_and_absent_columns(new_table):
    table = new_table([{"name": n, "type": "INT"} for n in ("a", "b", "c")])
    body = pa.table({"c": pa.array(range(1000), pa.int32()), "a": pa.array(range(1000), pa.int32())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, body.schema) as writer:
        writer.write_table(body, max_chunksize=100)
    assert table.write(sink.getvalue().to_pybytes(), ARROW)["rows"] == 1000
    back = table.arrow()
    assert back.column_names == ["a", "b", "c"]
    assert back["a"].to_pylist() == back["c"].to_pylist() == list(range(1000))
    assert back["b"].null_count == 1000


def test_not_a_number_and_infinity(new_table):
    table = new_table([{"name": "d", "type": "DOUBLE"}, {"name": "f", "type": "FLOAT"}])
    odd = ["NaN", "Infinity", "-Infinity"]
    table.write_json([{"d": v, "f": v} for v in odd])
    numbers = [float(v) for v in odd]
    table.write(stream(pa.table({"d": pa.array(numbers), "f": pa.array(numbers, pa.float32())})), ARROW)
    assert table.rows() == [{"d": v, "f": v} for v in odd] * 2
    assert [str(v) for v in table.arrow()["d"].to_pylist()] == [str(v) for v in numbers] * 2


def test_inferred_table_takes_the_types_of_arrow(new_table):
    table = new_table()
    body = every_type.table()
    table.write(stream(body), ARROW, create="infer")
    every_type.assert_same(table.arrow(), body)


def test_timestamps_as_milliseconds_in_json(new_table):
    table = new_table([{"name": "t", "type": "TIMESTAMP_LTZ(3)"}])
    table.write_json([{"t": 1442018818771}, {"t": "2015-09-12T02:46:58.771+02:00"}])
    assert [every_type.canonical(r["t"]) for r in table.rows()] == ["2015-09-12T00:46:58.771Z"] * 2


def test_gzip_where_the_client_takes_it(simple):
    for accept in ("application/json", NDJSON):
        zipped = simple.log(accept, headers={"Accept-Encoding": "gzip"})
        assert zipped.headers.get("Content-Encoding") == "gzip"
        unzipped = simple.log(accept, headers={"Accept-Encoding": "identity"})
        assert unzipped.headers.get("Content-Encoding", "identity") == "identity"
        # A cursor names the end of both reads; the rows must be the same.
        assert zipped.text.split('"next"')[0] == unzipped.text.split('"next"')[0]
