"""Lets the made-up calls find something, and keeps them bounded: a tail that never ends proves nothing here (interop/python has those)."""

import itertools
import re

import schemathesis
from schemathesis.core import NOT_SET

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
KEYS = ["ada", "grace", "žluť", "none"]
DAYS = ["2026-11-22", "2026-11-23", "2026-11-24"]
PREDICATES = ["added > 7", "user IS NULL AND NOT added = 12", "user LIKE 'a%' OR added BETWEEN 1 AND 9", "added IN (7, 12.5)"]
ROWS = [{"user": "ada", "added": 12}, [{"user": None, "added": 7}, {"added": -1}], [{"user": "žluť", "added": None}]]
KEYED = [
    {"user": "ada", "added": 2, "uv": 7},
    [{"user": "grace", "uv": "OjAAAAEAAAAAAAIAEAAAAAEAAgADAA=="}, {"user": "žluť"}, {"user": "ada", "added": -1}],
    [{"user": "linus", "added": 9007199254740993}],
]
EXPRESSIONS = [
    {"uv": "rb_cardinality(rb_or(uv))", "n": "count(*)"},
    {"both": "rb_and(rb_or(uv) filter (where added > 3), rb_build(added) filter (where added > 0))"},
    {"low": "min(user)", "mean": "avg(added)", "sum": "sum(added) filter (where user LIKE 'a%')"},
]
TYPES = ["BIGINT", "decimal(38, 7)", "ROW<a INT, `b c` ARRAY<STRING NOT NULL>>", "MAP<STRING, BYTES>", "ARRAY<FLOAT>(3)", "TIME(9)"]
calls = itertools.count()


@schemathesis.hook
def before_call(ctx, case, kwargs):
    turn = next(calls)
    if case.method.upper() == "TRACE":
        # A client must not send content with it (RFC 9110, 9.3.8), and then nothing tells whether the method is refused.
        for body in ("json", "data"):
            kwargs.pop(body, None)
        case.body = NOT_SET
        case.media_type = None
    find_what_is_there(case, turn)
    if case.meta is not None and case.meta.generation.mode.is_positive and turn % 3:
        make_sense(case, turn)
    query = case.query or {}
    if str(query.get("follow")).lower() == "true":
        del query["follow"]
    if re.fullmatch(r"\d+(ms|s|m)?", str(query.get("wait", ""))):
        query["wait"] = "0"
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "accept" and "event-stream" in str(headers[name]):
            headers[name] = "application/json"


def table_for(case, turn):
    """Most calls are of tables of one kind alone; the rest is shared out."""
    path = case.operation.path.partition("{table}")[2]
    if path.startswith("/partitions"):
        return "parted"
    if path.startswith("/rows/{key}") or path == "/rows" and case.method.upper() == "PATCH":
        return "keyed"
    if path.startswith("/rows:") or path == "/aggregate":
        return ["keyed", "parted"][turn % 2]
    return ["rows", "keyed", "parted"][turn % 3]


def find_what_is_there(case, turn):
    """Three of four names become those of a table that exists, else nearly every answer would be 404; names that are none stay."""
    path = case.path_parameters or {}
    dropped = case.method.upper() == "DELETE" and case.operation.path.endswith(("{db}", "{table}"))
    known = {"db": "fuzz", "table": table_for(case, turn // 4)}
    for name in known:
        value = path.get(name)
        if isinstance(value, str) and NAME.fullmatch(value):
            if not dropped and turn % 4:
                path[name] = known[name]
            elif dropped and value in ("fuzz", "rows", "keyed", "parted"):
                path[name] = value + "-none"  # the other calls still need it
    if dropped and turn % 2 and "table" in path and all(NAME.fullmatch(str(value)) for value in path.values()):
        path["db"], path["table"] = "fuzz", f"drop{turn % 8}"


def make_sense(case, turn):
    """What the document can only call a string or an object becomes, in two of three valid calls, one that fits the table."""
    query = case.query or {}
    if "where" in query:
        query["where"] = PREDICATES[turn % len(PREDICATES)]
    if "columns" in query:
        query["columns"] = ["added,user", "user", "added"][turn % 3]
    if "from" in query:
        query["from"] = ["earliest", "latest", "1", "timestamp:1000", "timestamp:2015-09-12T00:00:00Z"][turn % 5]
    if "bucket" in query:
        query["bucket"] = 0
    query.pop("page_token", None)
    path = case.path_parameters or {}
    table = path.get("table")
    if "partition" in query:
        if table == "parted":
            query["partition"] = DAYS[turn % 2]
        else:
            del query["partition"]
    if "source" in query and turn % 5:
        query["source"] = ["union", "hot"][turn % 2]
    if "key" in path:
        path["key"] = KEYS[turn % len(KEYS)]
    if "name" in path:
        path["name"] = f"2027-01-{turn % 28 + 1:02}"
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "last-event-id":
            del headers[name]
        if name.lower() == "weir-writer-sequence":
            headers[name] = str(turn)
    if case.media_type == "application/json" and case.operation.path.count("{table}") + case.operation.path.endswith("/tables"):
        case.body = body_for(case, table, turn)


def body_for(case, table, turn):
    """What fits the table, and the call; of a table that is made only its parts are mended."""
    path, body = case.operation.path, case.body
    day = {"ds": DAYS[turn % len(DAYS)]} if table == "parted" else {}
    if path.endswith("/rows"):
        if table not in ("keyed", "parted"):
            return ROWS[turn % len(ROWS)] if case.method.upper() == "POST" else body
        rows = KEYED[turn % len(KEYED)]
        return [{**row, **day} for row in rows] if isinstance(rows, list) else {**rows, **day}
    keys = [{"user": KEYS[(turn + i) % len(KEYS)], **day} for i in range(turn % 4 + 1)]
    if path.endswith("/rows:delete"):
        return keys
    columns = [["user", "added"], ["uv"], ["added"]][turn % 3]
    if path.endswith("/rows:lookup"):
        return {**body, "keys": keys, **({"columns": columns} if body.get("columns") else {}), "insert_if_missing": False}
    if path.endswith("/rows:prefix"):
        body = {name: value for name, value in body.items() if name != "after"}
        return {**body, "prefix": keys[0], **({"columns": columns} if body.get("columns") else {})}
    if path.endswith("/aggregate"):
        asked = {"aggregates": EXPRESSIONS[turn % len(EXPRESSIONS)]}
        if body.get("where"):
            asked["where"] = PREDICATES[turn % len(PREDICATES)]
        if body.get("group_by"):
            asked["group_by"] = ["user"]
        return asked
    if path.endswith("/partitions"):
        day = f"2027-01-{turn % 28 + 1:02}"
        return {"name": day} if turn % 2 else {"values": {"ds": day}}
    if path.endswith("/tables"):
        body["name"] = f"made{turn}"
        for place, column in enumerate(body["columns"]):
            column.update(name=f"c{place}", type=TYPES[(turn + place) % len(TYPES)])
        for name in ("primary_key", "bucket_key", "partition_by"):
            if name in body:
                body[name] = ["c0"]
    return body


@schemathesis.serializer(
    "application/x-ndjson", "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"
)
def raw(ctx, value):
    """Any text or bytes as they are; what is neither is made to be no row in any format."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else "!" + repr(value)).encode(errors="surrogatepass")
