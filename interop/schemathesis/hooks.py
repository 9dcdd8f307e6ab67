"""Lets the made-up calls find something, and keeps them bounded: a tail that never ends proves nothing here (interop/python has those)."""

import itertools
import re

import schemathesis
from schemathesis.core import NOT_SET

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
PREDICATES = ["added > 7", "user IS NULL AND NOT added = 12", "user LIKE 'a%' OR added BETWEEN 1 AND 9", "added IN (7, 12.5)"]
ROWS = [{"user": "ada", "added": 12}, [{"user": None, "added": 7}, {"added": -1}], [{"user": "žluť", "added": None}]]
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


def find_what_is_there(case, turn):
    """Three of four names become those of a table that exists, else nearly every answer would be 404; names that are none stay."""
    path = case.path_parameters or {}
    dropped = case.method.upper() == "DELETE"
    for name, known in (("db", "fuzz"), ("table", "rows")):
        value = path.get(name)
        if isinstance(value, str) and NAME.fullmatch(value):
            if not dropped and turn % 4:
                path[name] = known
            elif dropped and value == known:
                path[name] = known + "-none"  # the other calls still need it
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
    for name in ("partition", "page_token"):
        query.pop(name, None)
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "last-event-id":
            del headers[name]
    if case.method.upper() == "POST" and case.media_type == "application/json":
        if case.operation.path.endswith("/rows"):
            case.body = ROWS[turn % len(ROWS)]
        if case.operation.path.endswith("/tables"):
            case.body["name"] = f"made{turn}"
            for place, column in enumerate(case.body["columns"]):
                column.update(name=f"c{place}", type=TYPES[(turn + place) % len(TYPES)])
            if "bucket_key" in case.body:
                case.body["bucket_key"] = ["c0"]


@schemathesis.serializer(
    "application/x-ndjson", "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"
)
def raw(ctx, value):
    """Any text or bytes as they are; what is neither is made to be no row in any format."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else "!" + repr(value)).encode(errors="surrogatepass")
