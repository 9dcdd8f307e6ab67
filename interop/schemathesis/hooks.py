"""Keeps the made-up calls bounded: a tail that never ends proves nothing here (interop/python reads those)."""

import re

import schemathesis
from schemathesis.core import NOT_SET


@schemathesis.hook
def before_call(ctx, case, kwargs):
    if case.method.upper() == "TRACE":
        # A client must not send content with it (RFC 9110, 9.3.8), and then nothing tells whether the method is refused.
        for body in ("json", "data"):
            kwargs.pop(body, None)
        case.body = NOT_SET
        case.media_type = None
    query = case.query or {}
    if str(query.get("follow")).lower() == "true":
        del query["follow"]
    if re.fullmatch(r"\d+(ms|s|m)?", str(query.get("wait", ""))):
        query["wait"] = "0"
    if case.method.upper() == "DELETE" and (case.path_parameters or {}).get("db") == "fuzz":
        case.path_parameters["db"] = "fuzz-none"  # the other calls still need it
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "accept" and "event-stream" in str(headers[name]):
            headers[name] = "application/json"


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    """Half of the valid-looking names become those of a table that exists, else every answer would be 404."""
    for name, known in (("db", "fuzz"), ("table", "rows")):
        value = (path_parameters or {}).get(name)
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}", value) and len(value) % 2:
            path_parameters[name] = known
    return path_parameters


@schemathesis.serializer(
    "application/x-ndjson", "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"
)
def raw(ctx, value):
    """Any text or bytes as they are; what is neither is made to be no row in any format."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else "!" + repr(value)).encode(errors="surrogatepass")
