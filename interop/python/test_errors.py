"""Every refusal is a problem of RFC 9457 that says what to do, and changes nothing."""

import http.client
import json
import urllib.parse

import pytest
from conftest import ARROW, NDJSON


def check(answer, status):
    assert answer.status_code in ([status] if isinstance(status, int) else status), answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == "/problems/" + problem["code"]
    assert problem["title"] and problem["detail"] and problem["request_id"]
    assert isinstance(problem["retryable"], bool)
    return problem


BAD_BODIES = [
    ("application/json", b"", 400),
    ("application/json", b"{", 400),
    ("application/json", b"[1]", 400),
    ("application/json", b'[{"id":1},{"id":"x"}]', 400),
    ("application/json", b'{"id":1.5}', 400),
    ("application/json", b'{"id":3000000000}', 400),
    ("application/json", b'{"id":null}', 400),
    ("application/json", b'{"user":"no id"}', 400),
    ("application/json", b'{"id":1,"nothing":2}', 400),
    ("application/json", b'{"id":1,"user":"\xff"}', 400),
    ("application/json", b"[" * 100_000, 400),
    (NDJSON, b'{"id":1}\n{"id":\n', 400),
    (ARROW, b"not arrow", 400),
    (ARROW, b"\xff\xff\xff\xff\xff\xff\xff\x7f" + b"\x00" * 64, 400),
    (ARROW, b"", 400),
    ("text/plain", b"id=1", 415),
    ("application/xml", b"<id/>", 415),
]


@pytest.mark.parametrize("media_type, body, status", BAD_BODIES)
def test_bad_rows_are_refused_whole(simple, media_type, body, status):
    answer = simple.store.post(simple.path + "/rows", data=body, headers={"Content-Type": media_type})
    check(answer, status)
    assert len(simple.rows()) == 10


def test_row_errors_name_row_and_column(simple):
    problem = check(simple.store.post(simple.path + "/rows", json=[{"id": 1}, {"id": "x"}, {"id": 2}]), 400)
    assert problem["errors"][0]["row"] == 1
    assert problem["errors"][0]["pointer"] == "/id"
    assert problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    "params, status",
    [
        ({"where": "id ="}, 400),
        ({"where": "id = 'x'"}, 400),
        ({"where": "nothing = 1"}, 400),
        ({"where": "(" * 5000}, 400),
        ({"columns": "nothing"}, 400),
        ({"columns": "id,id"}, 400),
        ({"limit": "-1"}, 400),
        ({"limit": "many"}, 400),
        ({"max_bytes": "-5"}, 400),
        ({"wait": "61s"}, 400),
        ({"wait": "soon"}, 400),
        ({"follow": "perhaps"}, 400),
        ({"metadata": "perhaps"}, 400),
        ({"bucket": "x"}, 400),
        ({"bucket": "7"}, 404),
        ({"from": "nonsense"}, 400),
        ({"from": "timestamp:yesterday"}, 400),
    ],
)
def test_bad_parameters_of_a_read(simple, params, status):
    check(simple.store.get(simple.path + "/log", params=params), status)


def test_offset_without_its_bucket_is_refused(new_table):
    table = new_table([{"name": "id", "type": "INT"}], buckets=2)
    check(table.store.get(table.path + "/log", params={"from": "7"}), 400)


def test_predicate_error_says_where(simple):
    problem = check(simple.store.get(simple.path + "/log", params={"where": "id = 1 AND usr = 'x'"}), 400)
    assert "12" in problem["detail"] and "user" in problem["detail"]


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"name": "x"},
        {"name": "x", "columns": []},
        {"name": "-x", "columns": [{"name": "a", "type": "INT"}]},
        {"name": "a$b", "columns": [{"name": "a", "type": "INT"}]},
        {"name": "x" * 129, "columns": [{"name": "a", "type": "INT"}]},
        {"name": "x", "columns": [{"name": "a", "type": "INTEGR"}]},
        {"name": "x", "columns": [{"name": "a", "type": "DECIMAL(39,0)"}]},
        {"name": "x", "columns": [{"name": "a", "type": "ARRAY<" * 40 + "INT" + ">" * 40}]},
        {"name": "x", "columns": [{"name": "a", "type": "INT"}, {"name": "a", "type": "INT"}]},
        {"name": "x", "columns": [{"name": "a", "type": "INT"}], "buckets": 0},
        {"name": "x", "columns": [{"name": "a", "type": "INT"}], "bucket_key": ["b"]},
        {"name": "x", "columns": [{"name": "a", "type": "INT"}], "propertys": {}},
        {"name": "x", "columns": [{"name": "a", "type": "INT"}], "properties": {"log.compression": "zip"}},
    ],
)
def test_bad_definitions(store, database, definition):
    check(store.post(f"/v1/databases/{database}/tables", json=definition), 400)
    assert store.get(f"/v1/databases/{database}/tables/x").status_code == 404


def test_unknown_property_is_answered_with_the_nearest(store, database):
    definition = {"name": "x", "columns": [{"name": "a", "type": "INT"}], "properties": {"log.tl": "7d"}}
    problem = check(store.post(f"/v1/databases/{database}/tables", json=definition), 400)
    assert "log.tl" in problem["detail"] and "log.ttl" in problem["detail"]


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/databases/nothing", 404),
        ("GET", "/v1/databases/nothing/tables/t/log", 404),
        ("POST", "/v1/databases/nothing/tables/t/rows", 404),
        ("DELETE", "/v1/databases/nothing", 404),
        ("PUT", "/v1/databases", 405),
        ("GET", "/v1/databases/a%2Fb", (400, 404)),
        ("GET", "/v1/databases/%00", (400, 404)),
    ],
)
def test_routes_that_are_not_there(store, method, path, status):
    check(store.request(method, path, json={"a": 1} if method in ("POST", "PUT") else None), status)


def test_unacceptable_type(simple):
    check(simple.store.get(simple.path + "/log", headers={"Accept": "image/png"}), 406)


def test_request_id_is_echoed_or_made(store):
    given = store.get("/v1/nothing", headers={"x-request-id": "my-id-1"})
    assert given.headers["x-request-id"] == check(given, 404)["request_id"] == "my-id-1"
    made = store.get("/v1/databases")
    assert made.headers["x-request-id"]


def test_body_that_says_it_is_huge_is_refused_before_it_is_sent(simple):
    address = urllib.parse.urlsplit(simple.store.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=15)
    try:
        connection.putrequest("POST", simple.path + "/rows")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["status"] == 413
    finally:
        connection.close()
    assert len(simple.rows()) == 10


def test_service_pages(store):
    assert store.get("/health/live").status_code == 200
    assert store.get("/health/ready").status_code == 200
    assert "# TYPE" in store.ok("GET", "/metrics").text
    document = store.ok("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/v1/databases/{db}/tables/{table}/rows" in document["paths"]
    assert "members" in store.ok("GET", "/v1/cluster").json()
