"""Every type, written and read in every format by pyarrow and polars."""

import io
import json

import every_type
import polars
import pyarrow as pa
import pyarrow.compute as pc
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


@pytest.fixture(scope="module")
def large():
    """Columns whose buffers are far larger than the 64 KB blocks of LZ4 frames, and refer back across them."""
    count = 40_000
    words = [f"word {i * 2654435761 % 2**32} " * (1 + i % 7) for i in range(3_000)]
    return pa.table(
        {
            "id": pa.array(range(count), pa.int64()),
            "s": pa.array([None if i % 11 == 0 else words[i * i % len(words)] for i in range(count)]),
            "b": pa.array([bytes([i % 256]) * (i % 50) for i in range(count)]),
            "l": pa.array([[i, None, i + 1][: i % 4] for i in range(count)], pa.list_(pa.int32())),
        }
    )


@pytest.mark.parametrize("compression", ["lz4", "zstd", None])
def test_large_buffers_under_every_compression(new_table, large, compression):
    table = new_table()
    table.write(stream(large.slice(17), compression=compression), ARROW, create="infer")
    large = large.slice(17)
    every_type.assert_same(table.arrow(), large)
    # These two are decoded by the store, the projection and the whole are not.
    some = large.filter(pc.equal(pc.field("id"), 31_234))
    every_type.assert_same(table.arrow(where="id = 31234"), some)
    assert [(r["id"], r["s"], r["l"]) for r in table.rows(where="id = 31234")] == [
        (r["id"], r["s"], r["l"]) for r in some.to_pylist()
    ]
    every_type.assert_same(table.arrow(columns="l,s"), large.select(["l", "s"]))
    frame = polars.read_ipc_stream(io.BytesIO(table.log(ARROW).content))
    assert frame.equals(polars.from_arrow(large), null_equal=True)


@pytest.mark.parametrize("compression", ["lz4", "zstd", "none"])
def test_large_batches_that_the_store_made(new_table, large, compression):
    columns = [{"name": "id", "type": "BIGINT"}, {"name": "s", "type": "STRING"}]
    table = new_table(columns, bucket_key=["id"], buckets=2, properties={"log.compression": compression})
    body = large.select(["id", "s"])
    table.write(ndjson(body.to_pylist()), NDJSON)
    back = table.arrow()
    assert back.num_rows == body.num_rows
    every_type.assert_same(back.sort_by("id"), body)
    frame = polars.read_ipc_stream(io.BytesIO(table.log(ARROW).content)).sort("id")
    assert frame.equals(polars.from_arrow(body), null_equal=True)


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_polars_round_trip(new_table, large, compression):
    frame = polars.from_arrow(large)
    sink = io.BytesIO()
    frame.write_ipc_stream(sink, compression=compression)
    table = new_table()
    table.write(sink.getvalue(), ARROW, create="infer")
    assert polars.read_ipc_stream(io.BytesIO(table.log(ARROW).content)).equals(frame, null_equal=True)


def test_dictionaries_of_every_kind_of_value(new_table):
    values = {
        "s": pa.array(["a", None, "b", "a"]),
        "n": pa.array([2**40, None, -1, 7]),
        "b": pa.array([b"x", None, b"", b"x"]),
        "d": pa.array([0, None, -1, 0], pa.date32()),
        "t": pa.array([0, None, 1, 0], pa.timestamp("us", "UTC")),
    }
    table = new_table()
    encoded = pa.table({name: array.dictionary_encode() for name, array in values.items()})
    table.write(stream(encoded, compression="lz4"), ARROW, create="infer")
    every_type.assert_same(table.arrow(), pa.table(values))


def test_dictionaries_that_grow_and_are_replaced_within_a_stream(new_table):
    table = new_table([{"name": "s", "type": "STRING"}])
    schema = pa.schema([("s", pa.dictionary(pa.int32(), pa.string()))])
    batches = [([0, 1], ["a", "b"]), ([2, 1], ["a", "b", "c"]), ([0, 1], ["x", "y"])]
    for deltas in (True, False):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)) as writer:
            for keys, words in batches:
                array = pa.DictionaryArray.from_arrays(pa.array(keys, pa.int32()), words)
                writer.write_batch(pa.record_batch([array], schema=schema))
        table.write(sink.getvalue().to_pybytes(), ARROW)
    assert table.arrow()["s"].to_pylist() == ["a", "b", "c", "b", "x", "y"] * 2


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
