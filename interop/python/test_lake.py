"""The Wikipedia edits flow into the lake, and engines that are not ours read them there: pyiceberg through the catalog, DuckDB the files."""

import gzip
import json
import os
import pathlib
import time

import duckdb
import pyarrow as pa
import pyarrow.compute
from conftest import NDJSON
from pyiceberg.catalog.sql import SqlCatalog
from test_wikipedia import DATA, ROWS, SUMS

KEYS = 35_278
LAKE_COLUMNS = ["__bucket", "__offset", "__timestamp"]


def lake_table(path):
    """From the store's own catalog, a SQLite file beside its data, which is there from the first round on."""
    lake = pathlib.Path(os.environ["WEIR_LAKE"])
    catalog = SqlCatalog("weir", uri=f"sqlite:///{lake / 'catalog.db'}", warehouse=f"file://{lake / 'warehouse'}")
    _, _, _, database, _, name = path.split("/")
    return catalog.load_table((database, name))


def edits():
    return gzip.decompress(DATA.read_bytes()).splitlines(keepends=True)


def write_all(store, path, **params):
    lines = edits()
    for start in range(0, len(lines), 10_000):
        store.ok(
            "POST",
            f"{path}/rows",
            data=b"".join(lines[start : start + 10_000]),
            params=params,
            headers={"Content-Type": NDJSON},
        )


def tier(store, path):
    """Waits until all that is in the table now is in the lake."""
    answer = store.ok("POST", f"{path}/tiering:trigger", params={"wait": "60s"}, timeout=70)
    assert answer.status_code == 200, answer.text
    return answer.json()


def scan(store, path, source, **params):
    answer = store.ok(
        "GET", f"{path}/scan", params={"source": source, **params}, headers={"Accept": "application/vnd.apache.arrow.stream"}
    )
    with pa.ipc.open_stream(answer.content) as reader:
        return reader.read_all()


def test_the_edits_reach_the_lake_within_their_freshness(store, new_table):
    table = new_table()
    write_all(store, table.path, create="infer")
    store.ok(
        "PATCH", table.path, json={"set_properties": {"datalake.enabled": "true", "datalake.freshness": "1s"}}
    )
    until = time.monotonic() + 60
    while scan(store, table.path, "lake", columns="added").num_rows < ROWS:
        assert time.monotonic() < until, store.get("/v1/tiering").text
        time.sleep(0.2)

    rows = lake_table(table.path).scan().to_arrow()
    assert rows.num_rows == ROWS
    assert sorted(set(rows.column_names) & set(LAKE_COLUMNS)) == LAKE_COLUMNS
    assert len(rows.column_names) == 23
    assert {name: pa.compute.sum(rows[name]).as_py() for name in SUMS} == SUMS
    assert len(rows["user"].unique()) == 10_531
    english = rows.filter(pa.compute.equal(rows["channel"], "#en.wikipedia"))
    assert len(english["user"].unique()) == 4_343
    # Each offset of the one bucket once: exactly once, in numbers.
    assert sorted(rows["__offset"].to_pylist()) == list(range(ROWS))

    files = [task.file.file_path.removeprefix("file://") for task in lake_table(table.path).scan().plan_files()]
    added, deleted, users = duckdb.sql(
        f"select sum(added), sum(deleted), count(distinct user) from read_parquet({files})"
    ).fetchall()[0]
    assert (added, deleted, users) == (SUMS["added"], SUMS["deleted"], 10_531)

    # New rows follow by themselves.
    store.ok("POST", f"{table.path}/rows", data=edits()[0], headers={"Content-Type": NDJSON})
    while lake_table(table.path).scan(selected_fields=("added",)).to_arrow().num_rows < ROWS + 1:
        assert time.monotonic() < until, store.get("/v1/tiering").text
        time.sleep(0.2)


def test_a_keyed_table_in_the_lake_has_its_deletes_applied(store, keyed):
    columns = {
        "channel": "STRING",
        "page": "STRING",
        "user": "STRING",
        "added": "BIGINT",
        "time": "TIMESTAMP_LTZ(3)",
    }
    path = keyed(
        "pages",
        columns,
        ["channel", "page"],
        bucket_key=["channel"],
        buckets=4,
        properties={
            "datalake.enabled": "true",
            "datalake.freshness": "30d",
            "datalake.maintenance": "1s",
            "datalake.compact-files": "2",
        },
    )
    rows = [{name: edit[name] for name in columns} for edit in map(json.loads, edits())]
    for start in range(0, len(rows), 10_000):
        store.ok("POST", f"{path}/rows", json=rows[start : start + 10_000])
    tier(store, path)
    first = lake_table(path).scan().to_arrow()
    assert first.num_rows == KEYS
    last = {(row["channel"], row["page"]): row["added"] for row in rows}
    assert pa.compute.sum(first["added"]).as_py() == sum(last.values())

    # Deletes and updates of what the lake has: equality deletes there, until compaction folds them in, which pyiceberg waits for.
    gone = [{"channel": c, "page": p} for c, p in last if c == "#de.wikipedia"]
    store.ok("POST", f"{path}/rows:delete", json=gone)
    tier(store, path)
    more = [{**row, "added": 1_000_000} for row in rows if row["channel"] == "#fr.wikipedia"]
    store.ok("POST", f"{path}/rows", json=more)
    tier(store, path)
    expected = {key: added for key, added in last.items() if key[0] != "#de.wikipedia"}
    expected.update({(row["channel"], row["page"]): 1_000_000 for row in more})

    def as_map(table):
        found = dict(
            zip(zip(table["channel"].to_pylist(), table["page"].to_pylist()), table["added"].to_pylist())
        )
        assert len(found) == table.num_rows, "a key is there twice"
        return found

    assert as_map(scan(store, path, "hot")) == expected
    assert as_map(scan(store, path, "lake")) == expected
    assert as_map(scan(store, path, "union")) == expected
    until = time.monotonic() + 60
    while True:
        try:
            assert as_map(lake_table(path).scan().to_arrow()) == expected
            break
        except ValueError as e:
            assert "equality deletes" in str(e)
            assert time.monotonic() < until, store.get("/v1/tiering").text
            tier(store, path)
            time.sleep(0.5)


def test_union_is_lake_and_log(store, new_table):
    table = new_table(
        [{"name": "id", "type": "INT", "nullable": False}, {"name": "text", "type": "STRING"}],
        buckets=3,
        properties={"datalake.enabled": "true", "datalake.freshness": "30d"},
    )
    for start in range(0, 3000, 100):
        table.write_json([{"id": i, "text": f"t{i % 7}"} for i in range(start, start + 100)])
        if start in (500, 1700):
            tier(store, table.path)
    in_lake = scan(store, table.path, "lake", columns="id")["id"].to_pylist()
    assert sorted(in_lake) == list(range(1800))
    union = scan(store, table.path, "union", columns="id")["id"].to_pylist()
    assert sorted(union) == list(range(3000))
    some = scan(store, table.path, "union", columns="id", where="text = 't3' AND id >= 1500")["id"].to_pylist()
    assert sorted(some) == [i for i in range(1500, 3000) if i % 7 == 3]


def test_what_goes_wrong_says_what_to_do(store, new_table):
    table = new_table([{"name": "id", "type": "INT"}])
    answer = store.post(f"{table.path}/tiering:trigger")
    assert 400 <= answer.status_code < 500
    assert "datalake.enabled" in answer.json()["detail"]
    answer = store.patch(f"{table.path}", json={"add_columns": [{"name": "t", "type": "TIMESTAMP(9)"}]})
    assert answer.status_code == 200
    answer = store.patch(f"{table.path}", json={"set_properties": {"datalake.enabled": "true"}})
    assert answer.status_code == 422
    assert "TIMESTAMP(9)" in answer.json()["detail"]
