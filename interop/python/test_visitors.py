"""The visitor-counting pipeline of real systems: user names to numbers, numbers into bitmaps, bitmaps rolled up."""

import base64
import collections
import concurrent.futures
import gzip
import json
import pathlib
import random

import pyroaring
from conftest import NDJSON

DATA = pathlib.Path(__file__).parents[2] / "examples" / "wikipedia-edits.ndjson.gz"
WRITERS = 4
ROWS_PER_REQUEST = 500


def edits():
    return [json.loads(line) for line in gzip.decompress(DATA.read_bytes()).splitlines()]


def numbers_of(store, dictionary, users):
    """Each user's number from the dictionary table, which gives a new one to a user it does not know."""
    answer = store.ok(
        "POST", dictionary + "/rows:lookup", json={"keys": [{"user": user} for user in users], "insert_if_missing": True}
    )
    return [row["uid"] for row in answer.json()["rows"]]


def write_edits(store, dictionary, visitors, writer, rows):
    """One row an edit; every fifth request is sent twice, as after a lost answer."""
    chance = random.Random(writer)
    for sequence, start in enumerate(range(0, len(rows), ROWS_PER_REQUEST), start=1):
        part = rows[start : start + ROWS_PER_REQUEST]
        uids = numbers_of(store, dictionary, [edit["user"] for edit in part])
        body = "".join(
            json.dumps(
                {
                    "channel": edit["channel"],
                    "country": edit["countryIsoCode"] or "-",
                    "hour": edit["time"][:13],
                    "uv": uid,
                    "pv": 1,
                }
            )
            + "\n"
            for edit, uid in zip(part, uids)
        )
        headers = {"Content-Type": NDJSON, "Weir-Writer-Id": f"edits-{writer}", "Weir-Writer-Sequence": str(sequence)}
        first = store.ok("POST", visitors + "/rows", data=body, headers=headers).json()
        if chance.random() < 0.2:
            assert store.ok("POST", visitors + "/rows", data=body, headers=headers).json() == first


def aggregate(store, visitors, **query):
    return store.ok("POST", visitors + "/aggregate", json=query).json()["rows"]


def test_distinct_users_are_exact(store, database):
    tables = f"/v1/databases/{database}/tables"
    store.ok(
        "POST",
        tables,
        json={
            "name": "users",
            "columns": [
                {"name": "user", "type": "STRING", "nullable": False},
                {"name": "uid", "type": "BIGINT", "nullable": False},
            ],
            "primary_key": ["user"],
            "buckets": 3,
            "properties": {"auto-increment.column": "uid"},
        },
    )
    store.ok(
        "POST",
        tables,
        json={
            "name": "visitors",
            "columns": [
                {"name": "channel", "type": "STRING", "nullable": False},
                {"name": "country", "type": "STRING", "nullable": False},
                {"name": "hour", "type": "STRING", "nullable": False},
                {"name": "uv", "type": "BYTES"},
                {"name": "pv", "type": "BIGINT"},
            ],
            "primary_key": ["channel", "country", "hour"],
            "bucket_key": ["channel"],
            "buckets": 4,
            "properties": {"merge-engine": "aggregation", "fields.uv.agg": "rbm32", "fields.pv.agg": "sum"},
        },
    )
    all_edits = edits()
    # The dictionary's numbers stay small enough for a 32-bit bitmap, whichever writer asks first.
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as writers:
        running = [
            writers.submit(write_edits, store, tables + "/users", tables + "/visitors", w, all_edits[w::WRITERS])
            for w in range(WRITERS)
        ]
        for future in running:
            future.result()

    visitors = tables + "/visitors"
    aggregates = {"uv": "rb_cardinality(rb_or(uv))", "pv": "sum(pv)"}
    assert aggregate(store, visitors, aggregates=aggregates) == [{"uv": 10_531, "pv": 39_244}]

    for column, key in (("channel", lambda e: e["channel"]), ("hour", lambda e: e["time"][:13])):
        users, edits_of = collections.defaultdict(set), collections.Counter()
        for edit in all_edits:
            users[key(edit)].add(edit["user"])
            edits_of[key(edit)] += 1
        rows = aggregate(store, visitors, group_by=[column], aggregates=aggregates)
        assert {row[column]: row["uv"] for row in rows} == {name: len(names) for name, names in users.items()}
        assert {row[column]: row["pv"] for row in rows} == dict(edits_of)
        if column == "channel":
            by_channel = {row["channel"]: row["uv"] for row in rows}
            assert (by_channel["#en.wikipedia"], by_channel["#de.wikipedia"], by_channel["#fr.wikipedia"]) == (4_343, 895, 787)

    # Retention: who came in the first hour and again in the last one; then who came in the first and did not again.
    first, last = (pick(edit["time"][:13] for edit in all_edits) for pick in (min, max))
    in_hour = lambda hour: {edit["user"] for edit in all_edits if edit["time"][:13] == hour}
    of_hour = lambda hour: f"rb_or(uv) filter (where hour = '{hour}')"
    [row] = aggregate(
        store,
        visitors,
        aggregates={
            "back": f"rb_cardinality(rb_and({of_hour(first)}, {of_hour(last)}))",
            "gone": f"rb_cardinality(rb_andnot({of_hour(first)}, {of_hour(last)}))",
        },
    )
    assert row == {"back": len(in_hour(first) & in_hour(last)), "gone": len(in_hour(first) - in_hour(last))}

    # The bitmaps are everybody's: another library reads them, and its own are taken.
    rows = store.ok("POST", visitors + "/rows:prefix", json={"prefix": {"channel": "#fr.wikipedia"}}).json()["rows"]
    members = pyroaring.BitMap()
    for row in rows:
        members |= pyroaring.BitMap.deserialize(base64.b64decode(row["uv"]))
    assert len(members) == 787
    # A number a user, each once, and no user without one.
    uids = [row["uid"] for row in store.ok("GET", tables + "/users/scan", headers={"Accept": "application/json"}).json()["rows"]]
    assert len(uids) == len(set(uids)) == 10_531

    more = pyroaring.BitMap(range(5_000_000, 5_000_100))
    extra = {"channel": "#fr.wikipedia", "country": "-", "hour": first, "uv": base64.b64encode(more.serialize()).decode(), "pv": 0}
    store.ok("POST", visitors + "/rows", json=extra)
    [row] = aggregate(store, visitors, aggregates=aggregates, where="channel = '#fr.wikipedia'")
    assert row["uv"] == 887
