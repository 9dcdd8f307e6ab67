"""Requests that are sent again, as a client does that lost the answer: nothing is applied twice, whatever others wrote in between."""

import concurrent.futures
import json
import random

import pyarrow as pa
import pytest
from conftest import ARROW, NDJSON, stream

REMEMBERED = 256


def headers(writer, sequence, media_type="application/json"):
    return {"Content-Type": media_type, "Weir-Writer-Id": writer, "Weir-Writer-Sequence": str(sequence)}


@pytest.fixture
def counters(keyed):
    return keyed(
        "counters",
        {"id": "INT", "n": "BIGINT", "last": "STRING"},
        ["id"],
        buckets=3,
        properties={"merge-engine": "aggregation", "fields.n.agg": "sum", "fields.last.agg": "last_value"},
    )


def state(store, table):
    return {row["id"]: (row["n"], row["last"]) for row in store.ok("GET", table + "/scan").json()["rows"]}


def changes(store, table):
    return store.ok("GET", table + "/changelog").json()["rows"]


def test_every_kind_of_write_is_answered_as_the_first_time(store, counters):
    rows = [{"id": i, "n": i, "last": "a"} for i in range(20)]
    table = pa.table({"id": pa.array(range(20), pa.int32()), "n": pa.array(range(20), pa.int64()), "last": ["b"] * 20})
    patch = pa.table({"id": pa.array([3, 4], pa.int32()), "n": pa.array([100, 100], pa.int64())})
    requests = [
        ("POST", "/rows", json.dumps(rows), "application/json"),
        ("POST", "/rows", "\n".join(map(json.dumps, rows)), NDJSON),
        ("POST", "/rows", stream(table), ARROW),
        ("PATCH", "/rows", '[{"id":1,"n":50},{"id":2,"last":"p"}]', "application/json"),
        ("PATCH", "/rows", stream(patch), ARROW),
        ("POST", "/rows:delete", '[{"id":0},{"id":1000}]', "application/json"),
        ("POST", "/rows:delete", stream(table.select(["id"]).slice(18)), ARROW),
        ("DELETE", "/rows/5", None, None),
    ]
    expected = {i: [3 * i, "b"] for i in range(20)}
    expected[1][0] += 50
    expected[2][1] = "p"
    expected[3][0] += 100
    expected[4][0] += 100
    for key in (0, 5, 18, 19):
        del expected[key]
    first = []
    for sequence, (method, path, body, media_type) in enumerate(requests):
        first.append(store.ok(method, counters + path, data=body, headers=headers("kinds", sequence, media_type)).json())
        store.ok("POST", counters + "/rows", json={"id": 7, "n": 1, "last": f"other {sequence}"})  # someone else, without an id
    expected[7] = [21 + len(requests), f"other {len(requests) - 1}"]
    expected = {key: tuple(value) for key, value in expected.items()}
    assert state(store, counters) == expected
    log = changes(store, counters)
    order = list(enumerate(requests)) * 2
    random.Random(7).shuffle(order)
    for sequence, (method, path, body, media_type) in order:
        again = store.ok(method, counters + path, data=body, headers=headers("kinds", sequence, media_type)).json()
        assert again == first[sequence], (sequence, method, path)
    assert state(store, counters) == expected
    assert changes(store, counters) == log


def test_a_request_that_changed_nothing_is_remembered(store, counters):
    none = store.ok("POST", counters + "/rows:delete", data='{"id":1}', headers=headers("nothing", 1)).json()
    assert all(bucket["base_offset"] == bucket["next_offset"] for bucket in none["buckets"])
    store.ok("POST", counters + "/rows", json={"id": 1, "n": 1})
    again = store.ok("POST", counters + "/rows:delete", data='{"id":1}', headers=headers("nothing", 1)).json()
    assert again == none
    assert state(store, counters) == {1: (1, None)}


def test_a_refused_request_uses_up_no_sequence(store, counters):
    refused = store.post(counters + "/rows", data='[{"id":1,"n":1},{"id":2,"n":"many"}]', headers=headers("mended", 1))
    assert refused.status_code == 400 and refused.json()["errors"][0]["row"] == 1
    store.ok("POST", counters + "/rows", data='[{"id":1,"n":1},{"id":2,"n":2}]', headers=headers("mended", 1))
    assert state(store, counters) == {1: (1, None), 2: (2, None)}


def test_sequences_are_remembered_to_a_bound_and_older_ones_refused(store, keyed):
    table = keyed(
        "bound", {"id": "INT", "n": "BIGINT"}, ["id"], buckets=1, properties={"merge-engine": "aggregation", "fields.n.agg": "sum"}
    )
    write = lambda writer, sequence: store.post(table + "/rows", data='{"id":1,"n":1}', headers=headers(writer, sequence))
    answers = {}
    for sequence in range(10, 10 + REMEMBERED + 40):
        answers[sequence] = write("long", sequence)
        assert answers[sequence].status_code == 200, answers[sequence].text
        if sequence % 16 == 0:
            assert write(f"other-{sequence}", 1).status_code == 200
    total = store.ok("GET", table + "/rows/1").json()["n"]
    last = max(answers)
    for sequence in (last, last - 100, last - REMEMBERED + 1):
        assert write("long", sequence).json() == answers[sequence].json()
    for sequence in (10, 10 + 39, 0):
        old = write("long", sequence)
        assert old.status_code == 409, (sequence, old.text)
        problem = old.json()
        assert problem["code"] == "sequence-too-old" and not problem["retryable"] and "long" in problem["detail"]
    assert store.ok("GET", table + "/rows/1").json()["n"] == total == REMEMBERED + 40 + len(range(16, 10 + REMEMBERED + 40, 16))


def test_writers_that_repeat_each_other_at_once(store, counters):
    """Each request goes out three times, some at the same moment; each counts once."""

    def write(task):
        writer, sequence = task
        body = json.dumps([{"id": i, "n": 1, "last": "x"} for i in range(10)])
        return task, store.ok("POST", counters + "/rows", data=body, headers=headers(f"w{writer}", sequence)).json()

    tasks = [(writer, sequence) for sequence in range(30) for writer in range(3) for _ in range(3)]
    answers = {}
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for task, answer in pool.map(write, tasks):
            assert answers.setdefault(task, answer) == answer, task
    assert state(store, counters) == {i: (90, "x") for i in range(10)}


@pytest.mark.parametrize(
    "given",
    [
        {"Weir-Writer-Id": "half"},
        {"Weir-Writer-Sequence": "1"},
        {"Weir-Writer-Id": "w", "Weir-Writer-Sequence": "-1"},
        {"Weir-Writer-Id": "w", "Weir-Writer-Sequence": "one"},
        {"Weir-Writer-Id": "w", "Weir-Writer-Sequence": "9223372036854775808"},
        {"Weir-Writer-Id": "w" * 10_000, "Weir-Writer-Sequence": "1"},
    ],
)
def test_half_an_identity_is_refused(store, counters, given):
    answer = store.post(counters + "/rows", json={"id": 1, "n": 1}, headers=given)
    assert answer.status_code == 400 and answer.json()["detail"]
    assert state(store, counters) == {}
