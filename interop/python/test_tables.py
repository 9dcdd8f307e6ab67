"""Databases, tables, schema change by metadata, and idempotent writers."""

import pytest


def patch(table, **change):
    return table.store.ok("PATCH", table.path, json=change).json()


def test_lists_are_paged(store, database, new_table):
    names = {new_table([{"name": "a", "type": "INT"}]).name for _ in range(5)}
    seen, token = set(), None
    while True:
        params = {"page_size": 2, **({"page_token": token} if token else {})}
        page = store.ok("GET", f"/v1/databases/{database}/tables", params=params).json()
        assert len(page["tables"]) <= 2
        seen |= {t["name"] if isinstance(t, dict) else t for t in page["tables"]}
        token = page.get("next_page_token")
        if not token:
            break
    assert names <= seen


def test_database_life(store):
    assert store.post("/v1/databases", json={"name": "short_lived"}).status_code == 201
    assert store.post("/v1/databases", json={"name": "short_lived"}).status_code == 409
    table = {"name": "t", "columns": [{"name": "a", "type": "INT"}]}
    assert store.post("/v1/databases/short_lived/tables", json=table).status_code == 201
    assert store.post("/v1/databases/short_lived/tables", json=table).status_code == 409
    assert store.delete("/v1/databases/short_lived").status_code == 409
    assert store.delete("/v1/databases/short_lived", params={"cascade": "true"}).status_code < 300
    assert store.get("/v1/databases/short_lived").status_code == 404


def test_dropped_table_comes_back_empty(store, database, new_table):
    table = new_table([{"name": "a", "type": "INT"}])
    table.write_json([{"a": 1}])
    store.ok("DELETE", table.path)
    assert store.get(table.path + "/log").status_code == 404
    columns = [{"name": "a", "type": "STRING"}]
    assert store.post(f"/v1/databases/{database}/tables", json={"name": table.name, "columns": columns}).status_code == 201
    assert table.rows() == []


def test_added_column_is_null_in_old_rows(simple):
    patch(simple, add_columns=[{"name": "extra", "type": "ARRAY<STRING>"}])
    simple.write_json({"id": 10, "user": "u10", "extra": ["x"]})
    rows = simple.rows()
    assert [row["extra"] for row in rows] == [None] * 10 + [["x"]]
    assert simple.arrow(columns="extra,id")["extra"].to_pylist() == [None] * 10 + [["x"]]
    assert [r["id"] for r in simple.rows(where="extra IS NOT NULL")] == [10]


def test_renamed_column_keeps_its_values(simple):
    patch(simple, rename_columns={"user": "author"})
    assert simple.rows(where="author = 'u3'", columns="author") == [{"author": "u3"}]
    assert simple.arrow().column_names == ["id", "author"]
    assert simple.store.get(simple.path + "/log", params={"columns": "user"}).status_code == 400


def test_column_added_under_a_dropped_name_is_a_new_one(simple):
    patch(simple, drop_columns=["user"])
    assert simple.arrow().column_names == ["id"]
    patch(simple, add_columns=[{"name": "user", "type": "STRING"}])
    assert simple.arrow()["user"].to_pylist() == [None] * 10


def test_properties_are_set_and_unset(simple):
    patch(simple, set_properties={"log.ttl": "7d"})
    assert "log.ttl" in simple.store.ok("GET", simple.path).json()["properties"]
    patch(simple, unset_properties=["log.ttl"])
    assert simple.store.ok("GET", simple.path).json().get("properties", {}).get("log.ttl") != "7d"


def test_properties_may_be_numbers(new_table):
    table = new_table([{"name": "a", "type": "INT"}], properties={"log.segment-size": 67108864, "log.ttl": 0})
    properties = table.store.ok("GET", table.path).json()["properties"]
    assert [str(properties[name]) for name in ("log.segment-size", "log.ttl")] == ["67108864", "0"]


def test_refused_change_changes_nothing(simple):
    before = simple.store.ok("GET", simple.path).json()
    for change in (
        {"drop_columns": ["nothing"]},
        {"rename_columns": {"user": "id"}},
        {"add_columns": [{"name": "x", "type": "INT", "nullable": False}]},
        {"add_columns": [{"name": "user", "type": "INT"}]},
        {"set_properties": {"log.tt": "7d"}},
    ):
        answer = simple.store.patch(simple.path, json=change)
        assert 400 <= answer.status_code < 500, change
    assert simple.store.ok("GET", simple.path).json() == before


def writer(sequence, name="w"):
    return {"Weir-Writer-Id": name, "Weir-Writer-Sequence": str(sequence)}


def test_repeated_sequence_is_answered_again_and_stored_once(new_table):
    table = new_table([{"name": "id", "type": "INT"}], buckets=4)
    first = table.write('[{"id":1},{"id":2}]', "application/json", headers=writer(1))
    assert table.write('[{"id":1},{"id":2}]', "application/json", headers=writer(1)) == first
    table.write('[{"id":3}]', "application/json", headers=writer(2))
    table.write('[{"id":1},{"id":2}]', "application/json", headers=writer(1))
    table.write('[{"id":1}]', "application/json", headers=writer(1, "another"))
    assert sorted(row["id"] for row in table.rows()) == [1, 1, 2, 3]


def test_sequence_too_old_to_know_is_refused(new_table):
    table = new_table([{"name": "id", "type": "INT"}])
    for sequence in range(1, 260):
        table.write('{"id":1}', "application/json", headers=writer(sequence))
    answer = table.store.post(table.path + "/rows", json={"id": 1}, headers=writer(1))
    assert answer.status_code == 409 and answer.json()["code"]
    table.write('{"id":1}', "application/json", headers=writer(259))
    assert len(table.rows()) == 259


@pytest.mark.parametrize("headers", [{"Weir-Writer-Id": "w"}, {"Weir-Writer-Sequence": "1"}, writer("x"), writer(-1)])
def test_half_a_writer_is_refused(simple, headers):
    assert simple.store.post(simple.path + "/rows", json={"id": 1}, headers=headers).status_code == 400


def test_write_without_waiting(simple):
    answer = simple.store.post(simple.path + "/rows", params={"wait": "none"}, json={"id": 10})
    assert answer.status_code == 202
    rows = simple.rows(bucket=0, **{"from": "10", "wait": "10s"})
    assert [row["id"] for row in rows] == [10]
