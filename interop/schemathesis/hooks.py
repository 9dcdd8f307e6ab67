"""Keeps the made-up calls bounded: a tail that never ends proves nothing here (interop/python reads those)."""

import re

import schemathesis


@schemathesis.hook
def before_call(ctx, case, kwargs):
    query = case.query or {}
    if str(query.get("follow")).lower() == "true":
        del query["follow"]
    if re.fullmatch(r"\d+(ms|s|m)?", str(query.get("wait", ""))):
        query["wait"] = "0"
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
