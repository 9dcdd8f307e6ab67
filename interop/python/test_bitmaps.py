"""Bitmaps through pyroaring both ways, and the questions they are kept for: funnels and retention, on the Wikipedia edits."""

import base64
import collections
import json

import pyarrow as pa
import pyroaring
import pytest
from conftest import ARROW, NDJSON, stream
from test_visitors import edits

BIG = [0, 1, 2**32 - 1, 2**32, 2**40 + 7, 2**63 - 1]
KINDS = {"rbm32": (pyroaring.BitMap, [0, 1, 65_535, 65_536, 2**31, 2**32 - 1]), "rbm64": (pyroaring.BitMap64, BIG)}


def base64_of(bitmap):
    return base64.b64encode(bitmap.serialize()).decode()


def bitmap_table(keyed, kind):
    return keyed(
        kind,
        {"id": "STRING", "members": "BYTES"},
        ["id"],
        properties={"merge-engine": "aggregation", "fields.members.agg": kind},
    )


@pytest.mark.parametrize("kind", KINDS)
def test_bitmaps_go_both_ways(store, keyed, kind):
    bitmap, numbers = KINDS[kind]
    t = bitmap_table(keyed, kind)
    run = bitmap(range(1_000, 60_000))
    run.run_optimize()
    parts = [bitmap(numbers), run, bitmap(range(0, 300_000, 7)), bitmap()]
    expected = bitmap()
    for part in parts:
        store.ok("POST", t + "/rows", json={"id": "json", "members": base64_of(part)})
        expected |= part
    body = pa.table({"id": ["arrow"] * len(parts), "members": pa.array([part.serialize() for part in parts])})
    store.ok("POST", t + "/rows", data=stream(body), headers={"Content-Type": ARROW})
    store.ok("POST", t + "/rows", json=[{"id": "numbers", "members": n} for n in numbers + numbers[:2]])
    for id, members in (("json", expected), ("arrow", expected), ("numbers", bitmap(numbers))):
        row = store.ok("GET", f"{t}/rows/{id}").json()
        assert bitmap.deserialize(base64.b64decode(row["members"])) == members, id
    answer = store.ok("GET", t + "/scan", headers={"Accept": ARROW}, params={"where": "id = 'arrow'"})
    [stored] = pa.ipc.open_stream(answer.content).read_all()["members"].to_pylist()
    assert bitmap.deserialize(stored) == expected
    rows = store.ok(
        "POST",
        t + "/aggregate",
        json={"group_by": ["id"], "aggregates": {"n": "rb_cardinality(rb_or(members))", "all": "rb_or(members)"}},
    ).json()["rows"]
    assert {row["id"]: row["n"] for row in rows} == {"json": len(expected), "arrow": len(expected), "numbers": len(numbers)}
    assert all(len(bitmap.deserialize(base64.b64decode(row["all"]))) == row["n"] for row in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_union_that_adds_nothing_is_no_change(store, keyed, kind):
    bitmap, numbers = KINDS[kind]
    t = bitmap_table(keyed, kind)
    run = bitmap(range(100_000))
    run.run_optimize()
    for members in (base64_of(run), base64_of(bitmap(range(100_000))), 7):
        store.ok("POST", t + "/rows", json={"id": "a", "members": members})
    kinds = [row["_change_type"] for row in store.ok("GET", t + "/changelog").json()["rows"]]
    assert kinds == ["insert"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", ["!", "AAAA", "", -1, 1.5, True, [1], base64.b64encode(b"\xff" * 40).decode()])
def test_what_is_no_bitmap_is_refused(store, keyed, kind, bad):
    t = bitmap_table(keyed, kind)
    refused = store.post(t + "/rows", json=[{"id": "good", "members": 1}, {"id": "bad", "members": bad}])
    assert refused.status_code == 400, refused.text
    [error] = refused.json()["errors"]
    assert error["row"] == 1 and "members" in error["pointer"]
    assert store.ok("GET", t + "/scan").json()["rows"] == []


def test_half_a_bitmap_is_refused(store, keyed):
    for kind, (bitmap, numbers) in KINDS.items():
        t = bitmap_table(keyed, kind)
        whole = bitmap(numbers).serialize()
        for length in range(0, len(whole), 5):
            cut = base64.b64encode(whole[:length]).decode()
            refused = store.post(t + "/rows", json={"id": "cut", "members": cut})
            assert refused.status_code == 400, (kind, length, refused.text)


@pytest.fixture(scope="module")
def visits(store, database):
    """Users by namespace and day part, as bitmaps of numbers that are given here; answers the path, and the same as Python sets."""
    name = f"/v1/databases/{database}/tables"
    columns = [("namespace", "STRING"), ("hour", "INT")]
    store.ok(
        "POST",
        name,
        json={
            "name": "visits",
            "columns": [{"name": n, "type": t, "nullable": False} for n, t in columns] + [{"name": "uv", "type": "BYTES"}],
            "primary_key": ["namespace", "hour"],
            "bucket_key": ["namespace"],
            "buckets": 3,
            "properties": {"merge-engine": "aggregation", "fields.uv.agg": "rbm32"},
        },
    )
    numbers, sets, lines = {}, collections.defaultdict(set), []
    for edit in edits():
        uid = numbers.setdefault(edit["user"], len(numbers))
        key = edit["namespace"], int(edit["time"][11:13])
        sets[key].add(uid)
        lines.append(json.dumps({"namespace": key[0], "hour": key[1], "uv": uid}))
    for start in range(0, len(lines), 10_000):
        store.ok("POST", name + "/visits/rows", data="\n".join(lines[start : start + 10_000]), headers={"Content-Type": NDJSON})
    return name + "/visits", sets


def users(sets, condition):
    return set().union(*(members for key, members in sets.items() if condition(*key)))


def test_a_funnel_of_three_steps(store, visits):
    table, sets = visits
    steps = [
        ("namespace = 'Main'", users(sets, lambda namespace, hour: namespace == "Main")),
        ("namespace LIKE 'Talk%'", users(sets, lambda namespace, hour: namespace.startswith("Talk"))),
        ("namespace IN ('User', 'User talk') AND hour >= 12", users(sets, lambda n, h: n in ("User", "User talk") and h >= 12)),
    ]
    bitmaps = [f"rb_or(uv) filter (where {where})" for where, _ in steps]
    aggregates = {
        "one": f"rb_cardinality({bitmaps[0]})",
        "two": f"rb_cardinality(rb_and({bitmaps[0]}, {bitmaps[1]}))",
        "three": f"rb_cardinality(rb_and(rb_and({bitmaps[0]}, {bitmaps[1]}), {bitmaps[2]}))",
        "lost": f"rb_cardinality(rb_andnot({bitmaps[0]}, rb_or({bitmaps[1]}, {bitmaps[2]})))",
        "who": f"rb_and(rb_and({bitmaps[0]}, {bitmaps[1]}), {bitmaps[2]})",
    }
    [row] = store.ok("POST", table + "/aggregate", json={"aggregates": aggregates}).json()["rows"]
    one, two, three = (members for _, members in steps)
    assert len(one & two & three) > 10, "a funnel that shows nothing"
    assert set(pyroaring.BitMap.deserialize(base64.b64decode(row.pop("who")))) == one & two & three
    assert row == {"one": len(one), "two": len(one & two), "three": len(one & two & three), "lost": len(one - (two | three))}


def test_retention_by_hour(store, visits):
    table, sets = visits
    of_hour = {h: users(sets, lambda _, hour: hour == h) for h in range(24)}
    bitmap = lambda h: f"rb_or(uv) filter (where hour = {h})"
    back = {f"h{h}": f"rb_cardinality(rb_and({bitmap(8)}, {bitmap(h)}))" for h in range(9, 20)}
    [row] = store.ok("POST", table + "/aggregate", json={"aggregates": back}).json()["rows"]
    assert row == {f"h{h}": len(of_hour[8] & of_hour[h]) for h in range(9, 20)}
    by_namespace = store.ok(
        "POST",
        table + "/aggregate",
        json={"group_by": ["namespace"], "aggregates": {"back": f"rb_cardinality(rb_and({bitmap(8)}, {bitmap(9)}))"}},
    ).json()["rows"]
    namespaces = {namespace for namespace, _ in sets}
    expected = {n: len(sets.get((n, 8), set()) & sets.get((n, 9), set())) for n in namespaces}
    # Nobody in either hour is a null bitmap or an empty one.
    assert {row["namespace"]: row["back"] or 0 for row in by_namespace} == expected
