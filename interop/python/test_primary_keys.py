"""Primary-key tables through their HTTP interface, with nothing but requests and pyarrow."""

import datetime
import json

import pyarrow as pa
from conftest import ARROW, NDJSON, SSE, stream


def changes(store, table, **params):
    rows = store.ok("GET", table + "/changelog", params=params).json()["rows"]
    return [(row["_change_type"], {k: v for k, v in row.items() if not k.startswith("_")}) for row in rows]


def test_upsert_patch_delete_and_changelog(store, keyed):
    t = keyed("life", {"id": "INT", "name": "STRING", "n": "BIGINT"}, ["id"])
    answer = store.ok("POST", t + "/rows", json=[{"id": 1, "name": "a", "n": 1}, {"id": 2, "name": "b"}, {"id": 1, "name": "c", "n": 1}])
    assert answer.json()["rows"] == 3
    store.ok("PATCH", t + "/rows", json=[{"id": 1, "n": 7}, {"id": 3, "name": "new"}])
    store.ok("PATCH", t + "/rows", json={"id": 1, "n": 7})  # changes nothing
    store.ok("POST", t + "/rows:delete", json=[{"id": 2}, {"id": 99}])
    store.ok("DELETE", t + "/rows/3")
    assert store.ok("GET", t + "/rows/1").json() == {"id": 1, "name": "c", "n": 7}
    missing = store.get(t + "/rows/2")
    assert missing.status_code == 404 and missing.json()["code"] == "row-not-found"
    assert changes(store, t) == [
        ("insert", {"id": 1, "name": "a", "n": 1}),
        ("insert", {"id": 2, "name": "b", "n": None}),
        ("update_before", {"id": 1, "name": "a", "n": 1}),
        ("update_after", {"id": 1, "name": "c", "n": 1}),
        ("update_before", {"id": 1, "name": "c", "n": 1}),
        ("update_after", {"id": 1, "name": "c", "n": 7}),
        ("insert", {"id": 3, "name": "new", "n": None}),
        ("delete", {"id": 2, "name": "b", "n": None}),
        ("delete", {"id": 3, "name": "new", "n": None}),
    ]
    binlog = store.ok("GET", t + "/binlog").json()["rows"]
    assert [row["_change_type"] for row in binlog] == ["insert", "insert", "update", "update", "insert", "delete", "delete"]
    assert binlog[2]["before"] == {"id": 1, "name": "a", "n": 1} and binlog[2]["after"] == {"id": 1, "name": "c", "n": 1}
    assert binlog[0]["before"] is None and binlog[6]["after"] is None


def test_lookups_in_json_and_arrow(store, keyed):
    t = keyed("look", {"a": "STRING", "b": "INT", "text": "STRING"}, ["a", "b"], bucket_key=["a"], buckets=3)
    rows = [{"a": f"k{i % 10}", "b": i, "text": f"text {i}"} for i in range(100)]
    store.ok("POST", t + "/rows", data="\n".join(map(json.dumps, rows)), headers={"Content-Type": NDJSON})
    keys = [{"a": "k3", "b": 13}, {"a": "k4", "b": 13}, {"a": "k0", "b": 90}]
    found = store.ok("POST", t + "/rows:lookup", json={"keys": keys, "columns": ["b", "text"]}).json()["rows"]
    assert found == [{"b": 13, "text": "text 13"}, None, {"b": 90, "text": "text 90"}]
    asked = pa.table({"a": ["k3", "k4", "k0"], "b": pa.array([13, 13, 90], pa.int32())})
    answer = store.ok("POST", t + "/rows:lookup", data=stream(asked), headers={"Content-Type": ARROW, "Accept": ARROW})
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table["text"].to_pylist() == ["text 13", None, "text 90"]
    assert table["a"].to_pylist() == ["k3", None, "k0"]
    prefix = store.ok("POST", t + "/rows:prefix", json={"prefix": {"a": "k7"}, "columns": ["b"]}).json()["rows"]
    assert [row["b"] for row in prefix] == list(range(7, 100, 10))
    refused = store.post(t + "/rows:prefix", json={"prefix": {"b": 7}})
    assert refused.status_code == 400 and "a" in refused.json()["detail"]


def test_scan_is_one_state_and_the_changelog_goes_on_from_it(store, keyed):
    t = keyed("scan", {"id": "BIGINT", "v": "BIGINT"}, ["id"], buckets=2)
    ids = list(range(20_000))
    body = stream(pa.table({"id": pa.array(ids, pa.int64()), "v": pa.array(ids, pa.int64())}))
    store.ok("POST", t + "/rows", data=body, headers={"Content-Type": ARROW})
    answer = store.ok("GET", t + "/scan", headers={"Accept": ARROW}, params={"columns": "v", "where": "id >= 5000"})
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.column_names == ["v"] and sorted(table["v"].to_pylist()) == list(range(5_000, 20_000))
    cursor = store.ok("GET", t + "/scan", params={"limit": 1}).headers["Weir-Next"]
    store.ok("POST", t + "/rows", json={"id": 7, "v": -1})
    assert changes(store, t, **{"from": cursor}) == [("update_before", {"id": 7, "v": 7}), ("update_after", {"id": 7, "v": -1})]


def test_a_wide_table_with_two_writers_loses_nothing(store, keyed):
    columns = {"id": "INT", **{f"left{i}": "STRING" for i in range(20)}, **{f"right{i}": "BIGINT" for i in range(20)}}
    t = keyed("wide", columns, ["id"], buckets=2)
    import concurrent.futures

    def write(side, value):
        for turn in range(20):
            rows = [{"id": i, **{f"{side}{c}": value(i, c, turn) for c in range(20)}} for i in range(100)]
            store.ok("PATCH", t + "/rows", json=rows)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for future in [
            pool.submit(write, "left", lambda i, c, turn: f"{i}-{c}-{turn}"),
            pool.submit(write, "right", lambda i, c, turn: i * 10_000 + c * 100 + turn),
        ]:
            future.result()
    rows = store.ok("GET", t + "/scan").json()["rows"]
    assert len(rows) == 100
    for row in rows:
        i = row["id"]
        assert all(row[f"left{c}"] == f"{i}-{c}-19" for c in range(20))
        assert all(row[f"right{c}"] == i * 10_000 + c * 100 + 19 for c in range(20))


def test_partitions(store, keyed):
    t = keyed("parts", {"ds": "STRING", "id": "INT", "v": "INT"}, ["ds", "id"], partition_by=["ds"], buckets=2)
    rows = [{"ds": f"2026-11-{d:02}", "id": i, "v": d} for d in (1, 2, 3) for i in range(10)]
    answer = store.ok("POST", t + "/rows", json=rows).json()
    assert {bucket["partition"] for bucket in answer["buckets"]} == {"2026-11-01", "2026-11-02", "2026-11-03"}
    store.ok("POST", t + "/partitions", json={"name": "2026-11-04"})
    names = [p["name"] for p in store.ok("GET", t + "/partitions").json()["partitions"]]
    assert names == ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"]
    assert len(store.ok("GET", t + "/log", params={"partition": "2026-11-02"}).json()["rows"]) == 10
    [row] = store.ok("POST", t + "/aggregate", json={"aggregates": {"n": "count(*)"}, "where": "ds > '2026-11-01'"}).json()["rows"]
    assert row == {"n": 20}
    store.ok("DELETE", t + "/partitions/2026-11-02")
    assert len(store.ok("GET", t + "/scan").json()["rows"]) == 20
    for name in ("../x", "a/b", "", "a b", "\x00", "a" * 200):
        refused = store.post(t + "/rows", json={"ds": name, "id": 1})
        assert refused.status_code == 400, (name, refused.text)


def test_partial_failure_is_refused_whole(store, keyed):
    t = keyed("whole", {"id": "INT", "v": "INT"}, ["id"], buckets=4)
    rows = [{"id": i, "v": i} for i in range(50)] + [{"v": 1}]
    refused = store.post(t + "/rows", json=rows)
    assert refused.status_code == 400 and refused.json()["errors"][0]["row"] == 50
    assert store.ok("GET", t + "/scan").json()["rows"] == []


def test_every_change_reaches_a_follower(store, keyed):
    t = keyed("follow", {"id": "INT", "v": "INT"}, ["id"])
    store.ok("POST", t + "/rows", json=[{"id": 1, "v": 1}])
    with store.request("GET", t + "/changelog", params={"follow": "true"}, headers={"Accept": SSE}, stream=True) as tail:
        lines = (line for line in tail.iter_lines(decode_unicode=True) if line.startswith("data:"))
        assert json.loads(next(lines)[5:])["_change_type"] == "insert"
        store.ok("POST", t + "/rows", json=[{"id": 1, "v": 2}])
        assert json.loads(next(lines)[5:])["_change_type"] == "update_before"
        assert json.loads(next(lines)[5:])["_change_type"] == "update_after"


def test_times_and_decimals_as_keys(store, keyed):
    t = keyed("keys", {"d": "DATE", "m": "DECIMAL(10,2)", "v": "INT"}, ["d", "m"], bucket_key=["d"])
    store.ok("POST", t + "/rows", json=[{"d": "2026-11-23", "m": m, "v": i} for i, m in enumerate(["-1.50", "0", "10.25", "9.99"])])
    rows = store.ok("POST", t + "/rows:prefix", json={"prefix": {"d": str(datetime.date(2026, 11, 23))}}).json()["rows"]
    assert [row["m"] for row in rows] == ["-1.50", "0.00", "9.99", "10.25"]
