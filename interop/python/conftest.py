"""A store to talk to, and a table of one's own for each test."""

import os
import re
import uuid

import pyarrow as pa
import pytest
import requests

ARROW = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"


def stream(table):
    """The table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


class Store(requests.Session):
    """Paths are below the store's address; no call waits for ever."""

    def __init__(self, url):
        super().__init__()
        self.url = url.rstrip("/")

    def request(self, method, path, **kwargs):
        kwargs.setdefault("timeout", 20)
        return super().request(method, self.url + path, **kwargs)

    def ok(self, method, path, **kwargs):
        answer = self.request(method, path, **kwargs)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer


class Table:
    def __init__(self, store, database, name):
        self.store = store
        self.name = name
        self.path = f"/v1/databases/{database}/tables/{name}"

    def write(self, body, media_type, headers=None, **params):
        return self.store.ok(
            "POST", self.path + "/rows", data=body, params=params, headers={"Content-Type": media_type, **(headers or {})}
        ).json()

    def write_json(self, rows, **params):
        return self.store.ok("POST", self.path + "/rows", json=rows, params=params).json()

    def log(self, accept, headers=None, **params):
        return self.store.ok("GET", self.path + "/log", params=params, headers={"Accept": accept, **(headers or {})})

    def rows(self, **params):
        return self.log("application/json", **params).json()["rows"]

    def arrow(self, **params):
        answer = self.log(ARROW, **params)
        assert answer.headers["Content-Type"].startswith(ARROW)
        with pa.ipc.open_stream(answer.content) as reader:
            table = reader.read_all()
        table.validate(full=True)
        # What ends without its marker was cut off; eight bytes: continuation, length 0.
        assert answer.content.endswith(b"\xff\xff\xff\xff\x00\x00\x00\x00")
        return table


@pytest.fixture(scope="session")
def store():
    return Store(os.environ["WEIR_URL"])


@pytest.fixture(scope="session")
def database(store):
    name = "py_" + uuid.uuid4().hex[:10]
    answer = store.post("/v1/databases", json={"name": name})
    assert answer.status_code == 201, answer.text
    return name


@pytest.fixture
def new_table(store, database, request):
    def make(columns=None, **definition):
        name = re.sub(r"[^A-Za-z0-9_]", "_", request.node.name)[:100].lstrip("-") + "_" + uuid.uuid4().hex[:6]
        table = Table(store, database, name)
        if columns is not None:
            body = {"name": name, "buckets": 1, "columns": columns, **definition}
            answer = store.post(f"/v1/databases/{database}/tables", json=body)
            assert answer.status_code == 201, answer.text
        return table

    return make


@pytest.fixture
def simple(new_table):
    """id INT, user STRING; ten rows in two requests."""
    table = new_table([{"name": "id", "type": "INT", "nullable": False}, {"name": "user", "type": "STRING"}])
    table.write_json([{"id": i, "user": f"u{i}"} for i in range(5)])
    table.write_json([{"id": i, "user": None if i == 7 else f"u{i}"} for i in range(5, 10)])
    return table


@pytest.fixture
def keyed(store, database):
    """Makes primary-key tables, whose key columns are NOT NULL, and answers their path."""

    def make(name, columns, key, **more):
        name += "_" + uuid.uuid4().hex[:6]
        body = {
            "name": name,
            "columns": [{"name": n, "type": t, "nullable": n not in key} for n, t in columns.items()],
            "primary_key": key,
            **more,
        }
        store.ok("POST", f"/v1/databases/{database}/tables", json=body)
        return f"/v1/databases/{database}/tables/{name}"

    return make
