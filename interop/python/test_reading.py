"""The parameters of GET T/log, cursors, and reads that do not end."""

import contextlib
import json
import threading
import time

import pytest
from conftest import ARROW, NDJSON, SSE


def ids(rows):
    return [row["id"] for row in rows]


def test_projection_keeps_the_wanted_order(simple):
    assert list(simple.rows(columns="user,id")[0]) == ["user", "id"]
    assert simple.arrow(columns="user,id").column_names == ["user", "id"]
    assert simple.arrow(columns="id").column_names == ["id"]


@pytest.mark.parametrize(
    "where, expected",
    [
        ("id = 3", [3]),
        ("id <> 3 AND id < 5", [0, 1, 2, 4]),
        ("id > 7.5", [8, 9]),
        ("id IN (1, 8, 100)", [1, 8]),
        ("id NOT IN (0,1,2,3,4,5,6)", [7, 8, 9]),
        ("id BETWEEN 2 AND 4", [2, 3, 4]),
        ("user = 'u4'", [4]),
        ("user IS NULL", [7]),
        ("NOT user IS NULL AND id > 6", [8, 9]),
        ("user LIKE 'u%' AND (id = 1 OR id = 7)", [1]),
        ("NOT (user = 'u1')", [0, 2, 3, 4, 5, 6, 8, 9]),
        ("user = NULL", []),
        ('"id" >= 9', [9]),
    ],
)
def test_where(simple, where, expected):
    assert ids(simple.rows(where=where)) == expected
    assert simple.arrow(where=where)["id"].to_pylist() == expected


def test_where_reads_a_column_that_is_not_projected(simple):
    assert simple.rows(columns="user", where="id = 2") == [{"user": "u2"}]


def test_limit_and_cursor_walk_through_everything_once(simple):
    seen, cursor = [], None
    for _ in range(20):
        answer = simple.log("application/json", limit=3, **({"from": cursor} if cursor else {})).json()
        assert len(answer["rows"]) <= 3
        if not answer["rows"]:
            break
        seen += ids(answer["rows"])
        cursor = answer["next"]
    assert seen == list(range(10))


def test_cursor_of_the_header_equals_the_one_of_json_and_finds_only_new_rows(simple):
    answer = simple.log("application/json")
    cursor = answer.json()["next"]
    assert answer.headers.get("Weir-Next", cursor) == cursor
    assert simple.rows(**{"from": cursor}) == []
    simple.write_json({"id": 10, "user": "new"})
    assert ids(simple.rows(**{"from": cursor})) == [10]


def test_cursor_goes_on_over_all_buckets(new_table):
    table = new_table([{"name": "id", "type": "INT"}], buckets=4, bucket_key=["id"])
    table.write_json([{"id": i} for i in range(100)])
    first = table.log("application/json", limit=30).json()
    rest = table.log("application/json", **{"from": first["next"]}).json()
    assert sorted(ids(first["rows"]) + ids(rest["rows"])) == list(range(100))
    assert len(table.store.ok("GET", table.path + "/buckets").json()["buckets"]) == 4


def test_from_offset_latest_and_timestamp(simple):
    assert ids(simple.rows(bucket=0, **{"from": "7"})) == [7, 8, 9]
    assert simple.rows(**{"from": "latest"}) == []
    assert ids(simple.rows(**{"from": "earliest"})) == list(range(10))
    assert ids(simple.rows(**{"from": "timestamp:2001-01-01T00:00:00Z"})) == list(range(10))
    assert simple.rows(**{"from": "timestamp:4102444800000"}) == []


def test_metadata_adds_columns(simple):
    rows = simple.rows(metadata="true")
    assert [row["_offset"] for row in rows] == list(range(10))
    assert {row["_bucket"] for row in rows} == {0}
    assert {row["_change_type"] for row in rows} == {"insert"}
    assert all(row["_timestamp"].endswith("Z") for row in rows)
    table = simple.arrow(metadata="true")
    assert table["_offset"].to_pylist() == list(range(10))
    assert {"_bucket", "_offset", "_timestamp", "_change_type", "id", "user"} <= set(table.column_names)


def test_empty_read_is_a_whole_answer(simple):
    assert simple.arrow(where="id > 100").num_rows == 0
    assert simple.log(NDJSON, where="id > 100").content == b""
    assert simple.rows(where="id > 100") == []


def test_max_bytes_stops_and_the_cursor_goes_on(new_table):
    table = new_table([{"name": "id", "type": "INT"}, {"name": "text", "type": "STRING"}])
    for part in range(4):
        table.write_json([{"id": part * 100 + i, "text": "x" * 100} for i in range(100)])
    answer = table.log("application/json", max_bytes=1000).json()
    assert 0 < len(answer["rows"]) < 400
    rest = table.rows(**{"from": answer["next"]})
    assert ids(answer["rows"]) + ids(rest) == list(range(400))


def test_long_poll_waits_for_a_row_and_no_longer_than_asked(simple):
    start = time.monotonic()
    assert simple.rows(**{"from": "latest", "wait": "1s"}) == []
    assert 0.8 < time.monotonic() - start < 8
    timer = threading.Timer(0.5, lambda: simple.write_json({"id": 77}))
    timer.start()
    start = time.monotonic()
    assert ids(simple.rows(**{"from": "latest", "wait": "15s"})) == [77]
    assert time.monotonic() - start < 10
    timer.join()


@contextlib.contextmanager
def tail(table, accept, headers=None, **params):
    """A read that does not end; the connection is closed with the block."""
    answer = table.store.request(
        "GET", table.path + "/log", params={"follow": "true", **params}, stream=True, timeout=(5, 15),
        headers={"Accept": accept, "Accept-Encoding": "identity", **(headers or {})},
    )
    try:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith(accept)
        yield answer
    finally:
        answer.close()


def events(answer):
    """(id, data) of each server-sent event; comments and keep-alives are not events."""
    cursor, data = None, []
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("id:"):
            cursor = line[3:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].strip())
        elif line == "" and data:
            yield cursor, json.loads("\n".join(data))
            data = []


def take(iterator, count):
    return [next(iterator) for _ in range(count)]


def test_server_sent_events_resume_at_the_last_event_id(simple):
    with tail(simple, SSE, **{"from": "earliest"}) as answer:
        seen = take(events(answer), 4)
    assert [row["id"] for _, row in seen] == [0, 1, 2, 3]
    with tail(simple, SSE, headers={"Last-Event-ID": seen[-1][0]}, **{"from": "earliest"}) as answer:
        reading = events(answer)
        assert [row["id"] for _, row in take(reading, 6)] == [4, 5, 6, 7, 8, 9]
        simple.write_json({"id": 10})
        assert next(reading)[1]["id"] == 10


def test_every_event_id_is_a_place_to_go_on_from(simple):
    with tail(simple, SSE, **{"from": "earliest"}) as answer:
        seen = take(events(answer), 10)
    for cursor, row in seen:
        assert ids(simple.rows(**{"from": cursor})) == list(range(row["id"] + 1, 10))


def test_ndjson_follows(simple):
    with tail(simple, NDJSON, **{"from": "latest", "where": "id >= 50"}) as answer:
        lines = answer.iter_lines(chunk_size=1)
        time.sleep(0.5)  # "latest" is where the log ends when the request arrives, not when its answer is read
        simple.write_json([{"id": 49}, {"id": 50}])
        simple.write_json([{"id": 51}])
        assert [json.loads(line)["id"] for line in take((l for l in lines if l), 2)] == [50, 51]


def test_arrow_follows(simple):
    import pyarrow

    with tail(simple, ARROW, **{"from": "earliest"}) as answer:
        with pyarrow.ipc.open_stream(answer.raw) as reader:
            seen = []
            while len(seen) < 10:
                seen += reader.read_next_batch()["id"].to_pylist()
            simple.write_json({"id": 10})
            seen += reader.read_next_batch()["id"].to_pylist()
    assert seen == list(range(11))
