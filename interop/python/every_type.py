"""One column of every type with values at its edges: as the store declares it, in Arrow, and in JSON."""

import base64
import datetime
import re
from decimal import Decimal

import pyarrow as pa

PLACES = pa.struct([("x", pa.float64()), ("name", pa.string())])
NESTED = pa.list_(pa.struct([("k", pa.string()), ("v", pa.list_(pa.int64()))]))
MILLENNIUM = 946_684_800

# name -> (Weir type, Arrow type, three values as pyarrow takes them)
TYPES = {
    "c_boolean": ("BOOLEAN", pa.bool_(), [True, False, None]),
    "c_tinyint": ("TINYINT", pa.int8(), [-128, 127, None]),
    "c_smallint": ("SMALLINT", pa.int16(), [-32768, 32767, None]),
    "c_int": ("INT", pa.int32(), [-(2**31), 2**31 - 1, None]),
    "c_bigint": ("BIGINT", pa.int64(), [-(2**63), 2**63 - 1, None]),
    "c_float": ("FLOAT", pa.float32(), [0.5, -3.0, None]),
    "c_double": ("DOUBLE", pa.float64(), [0.1, -1e300, None]),
    "c_decimal": ("DECIMAL(10,2)", pa.decimal128(10, 2), [Decimal("12345678.90"), Decimal("-0.01"), None]),
    "c_decimal38": ("DECIMAL(38,0)", pa.decimal128(38, 0), [Decimal(10**38 - 1), Decimal(-(10**38) + 1), None]),
    "c_char": ("CHAR(5)", pa.string(), ["abcde", "žlu", None]),
    "c_string": ("STRING", pa.string(), ["日本語 🚀", "", None]),
    "c_binary": ("BINARY(4)", pa.binary(4), [b"\x00\x01\xfe\xff", b"abcd", None]),
    "c_bytes": ("BYTES", pa.binary(), [b"\x00\xff" * 9, b"", None]),
    "c_date": ("DATE", pa.date32(), [datetime.date(1969, 12, 31), datetime.date(9999, 12, 31), None]),
    "c_time0": ("TIME(0)", pa.time32("s"), [0, 86399, None]),
    "c_time3": ("TIME(3)", pa.time32("ms"), [1, 86399999, None]),
    "c_time6": ("TIME(6)", pa.time64("us"), [1, 86399999999, None]),
    "c_time9": ("TIME(9)", pa.time64("ns"), [1, 86399999999999, None]),
    "c_ts0": ("TIMESTAMP(0)", pa.timestamp("s"), [-1, MILLENNIUM, None]),
    "c_ts3": ("TIMESTAMP(3)", pa.timestamp("ms"), [-1, MILLENNIUM * 10**3 + 7, None]),
    "c_ts6": ("TIMESTAMP(6)", pa.timestamp("us"), [-1, MILLENNIUM * 10**6 + 7, None]),
    "c_ts9": ("TIMESTAMP(9)", pa.timestamp("ns"), [-1, MILLENNIUM * 10**9 + 7, None]),
    "c_ltz0": ("TIMESTAMP_LTZ(0)", pa.timestamp("s", "UTC"), [-1, MILLENNIUM, None]),
    "c_ltz3": ("TIMESTAMP_LTZ(3)", pa.timestamp("ms", "UTC"), [-1, MILLENNIUM * 10**3 + 7, None]),
    "c_ltz6": ("TIMESTAMP_LTZ(6)", pa.timestamp("us", "UTC"), [-1, MILLENNIUM * 10**6 + 7, None]),
    "c_ltz9": ("TIMESTAMP_LTZ(9)", pa.timestamp("ns", "UTC"), [-1, MILLENNIUM * 10**9 + 7, None]),
    "c_array": ("ARRAY<INT>", pa.list_(pa.int32()), [[1, None, 3], [], None]),
    "c_vector": ("ARRAY<FLOAT>(3)", pa.list_(pa.field("item", pa.float32(), False), 3), [[0.5, 1.5, -2.0], [0, 0, 0], None]),
    "c_map": ("MAP<STRING, BIGINT>", pa.map_(pa.string(), pa.int64()), [[("a", 1), ("b", None)], [], None]),
    "c_row": ("ROW<x DOUBLE, name STRING>", PLACES, [{"x": 1.5, "name": "here"}, {"x": None, "name": None}, None]),
    "c_nested": (
        "ARRAY<ROW<k STRING, v ARRAY<BIGINT>>>",
        NESTED,
        [[{"k": "a", "v": [1, None]}, {"k": None, "v": None}], [], None],
    ),
}

COLUMNS = [{"name": name, "type": weir_type} for name, (weir_type, _, _) in TYPES.items()]


def table():
    return pa.table({name: pa.array(values, arrow_type) for name, (_, arrow_type, values) in TYPES.items()})


def json_rows():
    """The same rows, as the contract writes them in JSON."""
    return [{name: to_json(t, pa.array(values, t)[i]) for name, (_, t, values) in TYPES.items()} for i in range(3)]


def to_json(arrow_type, scalar):
    if not scalar.is_valid:
        return None
    if pa.types.is_timestamp(arrow_type) or pa.types.is_time(arrow_type):
        zone = "Z" if pa.types.is_timestamp(arrow_type) and arrow_type.tz else ""
        return iso(arrow_type, count(scalar)) + zone
    value = scalar.as_py()
    if pa.types.is_decimal(arrow_type):
        return str(value)
    if pa.types.is_date(arrow_type):
        return value.isoformat()
    if pa.types.is_binary(arrow_type) or pa.types.is_fixed_size_binary(arrow_type):
        return base64.b64encode(value).decode()
    if pa.types.is_map(arrow_type):
        return dict(value)
    return value


def count(scalar):
    return scalar.cast(pa.int64() if scalar.type.bit_width == 64 else pa.int32()).as_py()


PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def iso(arrow_type, units):
    seconds, rest = divmod(units, PER_SECOND[arrow_type.unit])
    base = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    text = base.strftime("%H:%M:%S") if pa.types.is_time(arrow_type) else base.isoformat()
    digits = len(str(PER_SECOND[arrow_type.unit])) - 1
    return text + (f".{rest:0{digits}d}" if rest else "")


def canonical(value):
    """JSON values that mean the same become equal: 10:00 and 10:00:00.000, 1 and 1.0."""
    if isinstance(value, dict):
        return {k: canonical(v) for k, v in value.items()}
    if isinstance(value, list):
        return [canonical(v) for v in value]
    if isinstance(value, str) and (found := re.fullmatch(r"((?:\d+-\d\d-\d\dT)?\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|\+00:00)?", value)):
        minutes, seconds, fraction, zone = found.groups()
        return minutes + (seconds or ":00") + (fraction or ".0").rstrip("0") + ("Z" if zone else "")
    return value


def shape(arrow_type):
    """An Arrow type as text, without what writers name differently: the names of list and map children, and nullability."""
    if pa.types.is_map(arrow_type):
        return f"map<{shape(arrow_type.key_type)}, {shape(arrow_type.item_type)}>"
    if pa.types.is_fixed_size_list(arrow_type):
        return f"list<{shape(arrow_type.value_type)}>[{arrow_type.list_size}]"
    if pa.types.is_list(arrow_type):
        return f"list<{shape(arrow_type.value_type)}>"
    if pa.types.is_struct(arrow_type):
        return "struct<" + ", ".join(f"{f.name}: {shape(f.type)}" for f in arrow_type) + ">"
    return str(arrow_type)


def plain(column):
    """Values that compare: temporal ones as counts (Python has no nanoseconds), the rest as Python has them."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_temporal(array.type):
        return array.cast(pa.int64() if array.type.bit_width == 64 else pa.int32()).to_pylist()
    if pa.types.is_map(array.type):
        return [None if pairs is None else [tuple(p) for p in pairs] for pairs in array.to_pylist()]
    return array.to_pylist()


def assert_same(actual, expected):
    assert actual.column_names == expected.column_names
    for name in expected.column_names:
        assert shape(actual.schema.field(name).type) == shape(expected.schema.field(name).type), name
        assert plain(actual[name]) == plain(expected[name]), name
