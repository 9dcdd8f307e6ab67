"""What becomes of a row that is there already: each merge engine and each aggregation, patched and whole, in JSON and in Arrow."""

import pytest

ENGINE = {"merge-engine": "aggregation"}
AGGREGATIONS = {
    "sum": ("BIGINT", [5, None, -2], 3),
    "product": ("BIGINT", [5, None, -2], -10),
    "max": ("INT", [5, None, -2], 5),
    "min": ("INT", [5, None, -2], -2),
    "first_value": ("INT", [None, 5, -2], None),
    "first_value_ignore_nulls": ("INT", [None, 5, -2], 5),
    "last_value": ("INT", [5, -2, None], None),
    "last_value_ignore_nulls": ("INT", [5, -2, None], -2),
    "listagg": ("STRING", ["a", None, "b"], "a,b"),
    "bool_and": ("BOOLEAN", [True, None, False], False),
    "bool_or": ("BOOLEAN", [False, None, True], True),
}


@pytest.mark.parametrize("together", [True, False])
def test_every_aggregation(store, keyed, together):
    t = keyed(
        "every",
        {"id": "INT", **{name: kind for name, (kind, _, _) in AGGREGATIONS.items()}, "unnamed": "INT"},
        ["id"],
        properties={**ENGINE, **{f"fields.{name}.agg": name for name in AGGREGATIONS}},
    )
    rows = [{"id": 1, **{name: values[i] for name, (_, values, _) in AGGREGATIONS.items()}} for i in range(3)]
    rows[0]["unnamed"] = 9  # the last value that is not null
    for body in [rows] if together else rows:
        store.ok("POST", t + "/rows", json=body)
    expected = {"id": 1, **{name: result for name, (_, _, result) in AGGREGATIONS.items()}, "unnamed": 9}
    assert store.ok("GET", t + "/rows/1").json() == expected
    store.ok("PATCH", t + "/rows", json={"id": 1, "sum": 4})
    assert store.ok("GET", t + "/rows/1").json() == {**expected, "sum": 7}
    store.ok("DELETE", t + "/rows/1")
    store.ok("POST", t + "/rows", json=rows[2])
    assert store.ok("GET", t + "/rows/1").json()["sum"] == -2  # nothing stays of what was deleted


def test_a_delimiter_of_ones_own(store, keyed):
    t = keyed("list", {"id": "INT", "s": "STRING"}, ["id"], properties={**ENGINE, "fields.s.agg": "listagg", "fields.s.delimiter": " → "})
    store.ok("POST", t + "/rows", json=[{"id": 1, "s": s} for s in ("ž", "", "b")])
    assert store.ok("GET", t + "/rows/1").json()["s"] == "ž →  → b"


def test_first_row_stays(store, keyed):
    t = keyed("first", {"id": "INT", "v": "STRING"}, ["id"], properties={"merge-engine": "first-row"})
    store.ok("POST", t + "/rows", json=[{"id": 1, "v": "a"}, {"id": 1, "v": "b"}])
    store.ok("POST", t + "/rows", json={"id": 1, "v": "c"})
    assert store.ok("GET", t + "/rows/1").json()["v"] == "a"
    assert [row["_change_type"] for row in store.ok("GET", t + "/changelog").json()["rows"]] == ["insert"]


def test_the_higher_version_stays(store, keyed):
    t = keyed(
        "versions",
        {"id": "INT", "at": "TIMESTAMP_LTZ(3)", "v": "STRING"},
        ["id"],
        properties={"merge-engine": "versioned", "merge-engine.version-column": "at"},
    )
    for at, v in ((2, "a"), (1, "late"), (2, "same"), (None, "none"), (3, "new")):
        time = None if at is None else f"2026-11-23T00:00:0{at}Z"
        answer = store.post(t + "/rows", json={"id": 1, "at": time, "v": v})
        assert answer.status_code == 200, answer.text
    values = [row["v"] for row in store.ok("GET", t + "/changelog").json()["rows"] if row["_change_type"] != "update_before"]
    assert values == ["a", "same", "new"]


def test_an_image_of_only_what_is_after(store, keyed):
    t = keyed("after", {"id": "INT", "v": "INT"}, ["id"], properties={"changelog.image": "after"})
    store.ok("POST", t + "/rows", json=[{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"id": 1, "v": 2}])
    store.ok("POST", t + "/rows:delete", json={"id": 1})
    rows = store.ok("GET", t + "/changelog").json()["rows"]
    assert [(row["_change_type"], row["v"]) for row in rows] == [("insert", 1), ("update_after", 2), ("delete", 2)]
    update = store.ok("GET", t + "/binlog").json()["rows"][1]
    assert (update["_change_type"], update["before"], update["after"]) == ("update", None, {"id": 1, "v": 2})


@pytest.mark.parametrize(
    "properties, said",
    [
        ({"merge-engine": "lastrow"}, "last-row"),
        ({**ENGINE, "fields.n.agg": "sumup"}, "sum"),
        ({**ENGINE, "fields.nn.agg": "sum"}, "nn"),
        ({**ENGINE, "fields.s.agg": "sum"}, "s"),
        ({**ENGINE, "fields.id.agg": "sum"}, "id"),
        ({"merge-engine": "versioned"}, "merge-engine.version-column"),
        ({"merge-engine": "versioned", "merge-engine.version-column": "tags"}, "tags"),
        ({"merge-enigne": "last-row"}, "merge-engine"),
        ({"changelog.image": "before"}, "full"),
        ({"auto-increment.column": "s"}, "s"),
        ({"auto-increment.column": "id"}, "id"),
    ],
)
def test_properties_that_do_not_fit_are_refused(store, database, properties, said):
    columns = [{"name": "id", "type": "INT", "nullable": False}, {"name": "n", "type": "INT"}, {"name": "s", "type": "STRING"}]
    columns.append({"name": "tags", "type": "ARRAY<STRING>"})
    body = {"name": "refused", "columns": columns, "primary_key": ["id"], "properties": properties}
    answer = store.post(f"/v1/databases/{database}/tables", json=body)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["detail"]


def test_aggregates_that_do_not_exist_name_those_that_do(store, keyed):
    t = keyed("ask", {"id": "INT", "n": "INT", "s": "STRING"}, ["id"])
    store.ok("POST", t + "/rows", json={"id": 1, "n": 2, "s": "x"})
    for expression, said in (
        ("median(n)", ["median", "sum", "rb_cardinality"]),
        ("sum(s)", ["s"]),
        ("sum(m)", ["m"]),
        ("rb_cardinality(s)", ["s"]),
        ("sum(n", ["x"]),
        ("", ["x"]),
        ("rb_or(" * 500 + "s" + ")" * 500, ["x"]),
    ):
        answer = store.post(t + "/aggregate", json={"aggregates": {"x": expression}})
        assert answer.status_code == 400, (expression, answer.text)
        assert all(part in answer.text for part in said), (expression, answer.text)
    for body in ({}, {"aggregates": {}}, {"aggregates": {"n": 1}}, {"aggregates": {"n": "count(*)"}, "group_by": ["none"]}, []):
        answer = store.post(t + "/aggregate", json=body)
        assert answer.status_code == 400, (body, answer.text)
    [row] = store.ok(
        "POST", t + "/aggregate", json={"aggregates": {"n": "count(*)", "a": "avg(n)", "lo": "min(s)", "hi": "max(n)"}}
    ).json()["rows"]
    assert row == {"n": 1, "a": 2, "lo": "x", "hi": 2}
