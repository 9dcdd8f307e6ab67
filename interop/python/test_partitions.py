"""Partitioned tables: made by hand, by a write and by the rule of time; read, looked up and dropped."""

import datetime
import io

import polars
import pyarrow as pa
import pytest
from conftest import ARROW, stream

UNITS = {
    "year": lambda now, ahead: f"{now.year + ahead}",
    "month": lambda now, ahead: f"{now.year + (now.month - 1 + ahead) // 12}-{(now.month - 1 + ahead) % 12 + 1:02}",
    "day": lambda now, ahead: f"{now + datetime.timedelta(days=ahead):%Y-%m-%d}",
    "hour": lambda now, ahead: f"{now + datetime.timedelta(hours=ahead):%Y-%m-%d-%H}",
}


def names(store, table):
    return [partition["name"] for partition in store.ok("GET", table + "/partitions").json()["partitions"]]


@pytest.mark.parametrize("key", [["ds", "id"], None])
@pytest.mark.parametrize("unit", UNITS)
def test_the_rule_makes_the_current_partition_and_those_ahead(store, database, unit, key):
    # The store made them after `before` and they were listed before `after`: where the unit changed meanwhile, either will do.
    before = datetime.datetime.now(datetime.timezone.utc)
    name = f"auto_{unit}" + ("_keyed" if key else "")
    body = {
        "name": name,
        "columns": [{"name": "ds", "type": "STRING", "nullable": False}, {"name": "id", "type": "INT", "nullable": False}],
        "partition_by": ["ds"],
        "buckets": 1,
        "properties": {
            "partition.auto.enabled": "true",
            "partition.auto.unit": unit,
            "partition.auto.pre-create": "3",
            "partition.auto.retention": "2",
        },
    }
    if key:
        body["primary_key"] = key
    store.ok("POST", f"/v1/databases/{database}/tables", json=body)
    t = f"/v1/databases/{database}/tables/{name}"
    listed = names(store, t)
    after = datetime.datetime.now(datetime.timezone.utc)
    text = UNITS[unit]
    assert listed in ([text(now, ahead) for ahead in range(4)] for now in (before, after))
    answer = store.ok("POST", t + "/rows", json=[{"ds": listed[0], "id": 1}, {"ds": listed[3], "id": 2}]).json()
    assert {bucket["partition"] for bucket in answer["buckets"]} == {listed[0], listed[3]}
    for value in (text(before, -4), "yesterday"):
        refused = store.post(t + "/rows", json={"ds": value, "id": 1})
        assert refused.status_code == 400, (value, refused.text)
    assert names(store, t) == listed


@pytest.fixture
def days(store, keyed):
    t = keyed("days", {"ds": "DATE", "id": "BIGINT", "v": "DOUBLE"}, ["ds", "id"], partition_by=["ds"], buckets=2)
    dates = [datetime.date(2026, 11, 1 + i % 5) for i in range(5_000)]
    body = pa.table({"ds": pa.array(dates, pa.date32()), "id": range(5_000), "v": [i / 2 for i in range(5_000)]})
    store.ok("POST", t + "/rows", data=stream(body), headers={"Content-Type": ARROW})
    return t, body


def test_polars_scans_them(store, days):
    t, body = days
    read = lambda **params: polars.read_ipc_stream(
        io.BytesIO(store.ok("GET", t + "/scan", params=params, headers={"Accept": ARROW}).content)
    )
    mine = polars.from_arrow(body)
    assert read().sort("id").equals(mine)
    third = datetime.date(2026, 11, 3)
    assert read(where="ds = '2026-11-03'").sort("id").equals(mine.filter(polars.col("ds") == third))
    assert read(partition="2026-11-03", columns="v,id").sort("id").equals(mine.filter(polars.col("ds") == third).select("v", "id"))
    assert read(where="ds > '2026-11-02' AND v < 100", columns="id").height == mine.filter(
        (polars.col("ds") > datetime.date(2026, 11, 2)) & (polars.col("v") < 100)
    ).height
    assert read(where="ds > '2027-01-01'").height == 0


def test_a_dropped_partition_is_gone_from_every_kind_of_read(store, days):
    t, _ = days
    key = {"ds": "2026-11-02", "id": 1}
    look = lambda: store.ok("POST", t + "/rows:lookup", json={"keys": [key, {"ds": "2026-11-03", "id": 2}]}).json()["rows"]
    assert [row["id"] for row in look()] == [1, 2]
    store.ok("DELETE", t + "/partitions/2026-11-02")
    assert [row and row["id"] for row in look()] == [None, 2]
    for path, params in (("/scan", {}), ("/changelog", {}), ("/log", {})):
        rows = store.ok("GET", t + path, params=params).json()["rows"]
        assert len(rows) == 4_000 and all(row["ds"] != "2026-11-02" for row in rows), path
    assert store.get(t + "/scan", params={"partition": "2026-11-02"}).status_code == 404
    assert store.delete(t + "/partitions/2026-11-02").status_code == 404
    store.ok("POST", t + "/rows", json={**key, "v": 1})  # comes back empty but for this
    assert len(store.ok("GET", t + "/scan", params={"partition": "2026-11-02"}).json()["rows"]) == 1


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "%2e%2e", "", " ", ".hidden", "a" * 129, "a$b", "\u0000"])
def test_names_that_are_no_names_are_refused(store, keyed, name):
    t = keyed("named", {"p": "STRING", "id": "INT"}, ["p", "id"], partition_by=["p"])
    for body in ({"name": name}, {"values": {"p": name}}):
        refused = store.post(t + "/partitions", json=body)
        assert refused.status_code == 400, (body, refused.text)
    refused = store.post(t + "/rows", json={"p": name, "id": 1})
    assert refused.status_code == 400, refused.text
    assert names(store, t) == []


def test_two_partition_columns(store, keyed):
    t = keyed("two", {"c": "STRING", "n": "INT", "id": "INT"}, ["c", "n", "id"], partition_by=["c", "n"])
    store.ok("POST", t + "/rows", json=[{"c": c, "n": n, "id": i} for c in "ab" for n in (1, -2) for i in range(3)])
    assert sorted(names(store, t)) == ["a$-2", "a$1", "b$-2", "b$1"]
    assert store.ok("POST", t + "/partitions", json={"values": {"c": "c", "n": 3}}).json()["name"] == "c$3"
    assert store.post(t + "/partitions", json={"name": "c$3"}).status_code == 409
    rows = store.ok("GET", t + "/scan", params={"partition": "b$-2"}).json()["rows"]
    assert sorted(row["id"] for row in rows) == [0, 1, 2] and {(row["c"], row["n"]) for row in rows} == {("b", -2)}
    [row] = store.ok("POST", t + "/aggregate", json={"where": "n = 1", "aggregates": {"n": "count(*)"}}).json()["rows"]
    assert row == {"n": 6}
